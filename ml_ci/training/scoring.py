"""A command that scores rows, in any language: its tokens filled in, its scores found."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.placeholders import SCORING
from ml_ci.training.command import refuse
from ml_ci.training.values import PredictRequest

FILES = ("scores.csv", "scores.parquet")


def argv(request: PredictRequest, command: str | tuple[str, ...]) -> tuple[str, ...]:
    """Give the arguments to start: the shell for a string, the list itself for a list; tokens filled in.

    Only `{model}`, `{rows}` and `{out}` are tokens. In a string the values are quoted for the shell.
    """
    tokens = _tokens(request)
    if isinstance(command, str):
        return "/bin/sh", "-c", SCORING.sub(lambda found: shlex.quote(tokens[found[1]]), command)
    return tuple(SCORING.sub(lambda found: tokens[found[1]], part) for part in command)


def tell(request: PredictRequest) -> Mapping[str, str]:
    """Give the variables that stand for the tokens: ML_CI_MODEL, ML_CI_ROWS, ML_CI_OUT."""
    return {f"ML_CI_{name.upper()}": value for name, value in _tokens(request).items()}


def _tokens(request: PredictRequest) -> Mapping[str, str]:
    return {"model": str(request.artifact), "rows": request.rows.path, "out": str(request.work / "out")}


def scores(request: PredictRequest) -> Path:
    """Move the scores that the command left out of its folder; StageFailed `no-output` where there are none."""
    out = request.work / "out"
    for name in FILES:
        at = out / name
        refuse(at, f"{{out}}/{name}")
        if at.is_file() and at.stat().st_size:
            target = request.work / f"predictions{at.suffix}"
            (shutil.copyfile if at.is_symlink() else shutil.move)(at, target)
            return target
    near = ", ".join(sorted(path.name for path in out.iterdir())[:8]) if out.is_dir() else ""
    message = f"the command that scores rows ended well and left no {{out}}/{FILES[0]}"
    hint = f"It is a table with a column `score` or `prediction`, one line a row. {{out}} holds: {near or 'nothing'}."
    raise StageFailed(Failure("evaluation", "no-output", message, hint))

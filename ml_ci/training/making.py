"""What a job leaves that is no model: the files that it declares, for whatever is made of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.values import name_output
from ml_ci.training.command import locate, refuse
from ml_ci.training.ending import Ending
from ml_ci.training.values import TrainRequest

FOLDER = "outputs"


def outputs(request: TrainRequest, ending: Ending, started: float) -> Mapping[str, Path]:
    """Move what the job declares to leave into one folder, by the paths that others find it by.

    StageFailed `no-output` where it left nothing at a path, and `output-kind` for what is neither file nor folder.
    Before the job there was nothing: see `inputs.place`. An empty file is something.
    """
    folder = request.work / FOLDER
    for declared in request.job.outputs.values():
        at = locate(declared, request)
        refuse(at, f"`outputs`: {declared}")
        if not _is_there(at):
            raise StageFailed(Failure("training", "no-output", _say_missing(declared), _look_around(at, request)))
        _move(at, folder / name_output(declared))
    return {FOLDER: folder} if request.job.outputs else {}


def _is_there(at: Path) -> bool:
    return at.is_file() or (at.is_dir() and any(path.is_file() for path in at.rglob("*")))


def _move(at: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if at.is_symlink():
        (shutil.copytree if at.is_dir() else shutil.copyfile)(at, target)
    else:
        shutil.move(at, target)


def _say_missing(declared: str) -> str:
    return f"`outputs`: the job ended well and left nothing at {declared}"


def _look_around(at: Path, request: TrainRequest) -> str:
    """Say what lies beside it, or that nothing does: most often the path is another."""
    base = request.folder if at.is_relative_to(request.folder) else request.work / "out"
    near = sorted(path.name for path in at.parent.iterdir())[:8] if at.parent.is_dir() else []
    inside = at.parent.relative_to(base).as_posix()
    shown = "{out}" if base != request.folder else "The folder of ml-ci.yaml" if inside == "." else f"`{inside}/`"
    beside = f"{shown} holds: {', '.join(near)}." if near else f"{shown} does not exist or is empty."
    return f"Paths there are relative to the folder of ml-ci.yaml, or begin with {{out}}/. {beside}"

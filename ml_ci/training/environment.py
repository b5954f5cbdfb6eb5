"""The environment variables of a job."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from ml_ci.training.process import CHILD
from ml_ci.training.values import Interpreter

_SEEDS = CHILD.with_name("seeds.py")

# With these a job could write the workflow's outputs or act with its token; with git's, it would write to the user's
# index when ml-ci runs inside a git hook; the Python ones describe ml-ci's interpreter and not the job's.
_GITHUB = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")
_TOKENS = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
)
_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_PYTHON = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__")
_WITHHELD = frozenset((*_GITHUB, *_TOKENS, *_GIT, *_PYTHON))


def variable(name: str) -> str:
    """Give the variable that names a data entry: upper case, `_` for anything but letters and digits."""
    return "ML_CI_DATA_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what a job may have of ml-ci's environment."""
    return {name: value for name, value in environment.items() if name not in _WITHHELD}


def seeded(environment: Mapping[str, str], seed: int, work: Path, interpreter: Interpreter) -> dict[str, str]:
    """Give the environment that every job starts from: what it may not have is gone, and every Python in it is seeded.

    A copy of the child program's `seeds` in `work` seeds, as `sitecustomize`, the Python programs that the job starts;
    `python` and `python3` mean the job's interpreter.
    """
    kept = allowed(environment)
    path = [str(_programs(work, interpreter)), str(interpreter.path.parent), kept.get("PATH", os.defpath)]
    modules = [str(_seeds(work)), *filter(None, [kept.get("PYTHONPATH", "")])]
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": os.pathsep.join(modules),
        "PYTHONHASHSEED": str(seed % 2**32),
        "PYTHONUNBUFFERED": kept.get("PYTHONUNBUFFERED", "1"),
        "ML_CI_SEED": str(seed),
    }


def _seeds(work: Path) -> Path:
    folder = work / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_SEEDS, folder / "sitecustomize.py")
    return folder


def _programs(work: Path, interpreter: Interpreter) -> Path:
    # Scripts and not links: a link outside its virtual environment does not know of the environment.
    folder = work / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(interpreter.path))} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return folder

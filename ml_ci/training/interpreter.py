"""The Python that a job runs under."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.values import Interpreter
from ml_ci.variables.given import Env, give
from ml_ci.variables.own import read_environment

OLDEST = (3, 8)
_VERSION = "import sys; print('%d %d %d' % sys.version_info[:3])"
_HINT = (
    "`python:` is a path, relative to the folder of ml-ci.yaml or absolute, or a name on PATH. Where it lies elsewhere "
    "on each machine, leave it out and give --python."
)


def find(python: str | None, project: Path, path: str | None = None) -> Interpreter:
    """Find the interpreter that `python:` names, and its version; ml-ci's own for None.

    `project` is the project folder in the user's tree, `path` the PATH to search (None: the process's own). StageFailed
    `interpreter` when there is none, when it does not answer, or when it is older than 3.8.
    """
    if python is None:
        return Interpreter(Path(sys.executable), sys.version_info[:3])
    found = _locate(python, project, path)
    version = _version(str(found))
    if isinstance(version, str):
        raise _fail(f"`python: {python}`: {found} does not answer: {version}", _HINT)
    if version[:2] < OLDEST:
        shown = ".".join(map(str, version))
        raise _fail(f"`python: {python}` is Python {shown}", "A job's interpreter has to be Python 3.8 or later.")
    return Interpreter(found, version)


def _locate(python: str, project: Path, path: str | None) -> Path:
    beside = project / Path(python).expanduser()
    # Not resolved: what a virtual environment's link points to does not know of the environment.
    if beside.is_file():
        return beside.absolute()
    named = shutil.which(python, path=path) if "/" not in python else None
    if named is None:
        looked = str(beside) if "/" in python else "the project folder and PATH"
        raise _fail(f"`python: {python}` was not found (looked in {looked})", _HINT)
    return Path(named).absolute()


@lru_cache(maxsize=32)
def _version(python: str) -> tuple[int, int, int] | str:
    """Ask an interpreter for its version; a sentence when it does not give one."""
    try:
        answer = subprocess.run(
            (python, "-I", "-S", "-c", _VERSION),
            env=give(read_environment(), Env()),  # it may be any program of the change
            capture_output=True,
            text=True,
            timeout=20,
            stdin=subprocess.DEVNULL,
        )
        major, minor, micro = map(int, answer.stdout.split())
    except subprocess.TimeoutExpired:
        return "no answer in 20 s"
    except OSError as error:
        return str(error.strerror)
    except ValueError:
        return (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1][:200]
    return major, minor, micro


def _fail(message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("training", "interpreter", message, hint))

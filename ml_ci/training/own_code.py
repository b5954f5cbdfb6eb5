"""Each side runs its own code: what the job's Pythons need to know for it, and whether they did.

`child/startup` has the names that the repository's packaging installs come from the side's copy, and tells of each file
that ran. A file of a checkout of the user's, or one that was installed from there, is the same for every side: a job
that ran one is not believed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.training import left
from ml_ci.training.packaging import Project, projects
from ml_ci.training.told import TOLD, Line, read
from ml_ci.training.values import Checkout, PredictRequest, Request, TrainRequest

CODE = "foreign-code"
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_WORD = re.compile(r"[\w./+-]+")


def describe(
    at: Checkout, cwd: Path, work: Path, built: Path | None = None, models: Iterable[Path] = ()
) -> Mapping[str, object]:
    """Give what every Python of a job is told of it, which starts in `cwd` and keeps its own in `work`.

    `models` are the stored ones that it is handed: what code they hold is their own, wherever the store keeps them.
    """
    copy = Path(os.path.realpath(at.copy))
    folder = Path(os.path.realpath(cwd))
    found = sorted(projects(copy), key=lambda one: _distance(one, folder))
    return {
        "told": str(work / TOLD),
        "copy": str(copy),
        "work": os.path.realpath(work),
        "built": os.path.realpath(built) if built is not None else "",
        "models": [os.path.realpath(model) for model in models],
        "tops": [os.path.realpath(top) for top in at.tops],
        "projects": [_tell(one, own=_is_own(one, folder)) for one in found],
        "packages": {name: str(place) for one in reversed(found) for name, place in one.packages.items()},
        "distributions": sorted({one.distribution for one in found} - {""}),
    }


def _tell(project: Project, *, own: bool) -> Mapping[str, object]:
    names = {name: [str(folder) for folder in folders] for name, folders in project.names.items()}
    return {"distribution": project.distribution, "own": own, "folder": str(project.folder), "names": names}


def _is_own(project: Project, folder: Path) -> bool:
    return folder.is_relative_to(project.folder) or project.folder.is_relative_to(folder)


def _distance(project: Project, folder: Path) -> int:
    """Count the steps from a job's folder to a project's: the nearest project is the job's own first."""
    shared = len(Path(os.path.commonpath((project.folder, folder))).parts)
    return len(project.folder.parts) + len(folder.parts) - 2 * shared


def verify(request: Request) -> None:
    """Refuse what a job made of another side's code: StageFailed `foreign-code` names both files."""
    lines = list(read(request.work / TOLD))
    for line in lines:
        if line.kind == "trouble":
            hint = "Please report it, with the Python that the job runs under."
            raise _fail(f"ml-ci could not see which code the job ran: {' '.join(line.fields)[:300]}", hint)
    for path, how in dict.fromkeys(_foreign(lines)):
        raise _tell_of(request, path, how)


def require(request: Request, environment: Mapping[str, str]) -> None:
    """Refuse a job that ended well and whose Python told nothing, where the project is installed in that Python."""
    if any(line.kind == "python" for line in read(request.work / TOLD)):
        return
    for python in pythons(request, environment):
        if is_installed(python, request, environment):
            message = f"the job ran under {python} in a way that keeps ml-ci from seeing whose code it ran"
            hint = "This repository is installed there, for both sides alike. Start it by `python`, without `-I`."
            raise _fail(message, hint)


def pythons(request: Request, environment: Mapping[str, str]) -> list[Path]:
    """Give the Pythons that a job's command starts, as far as its words and their first lines tell; [] for none."""
    text = _command(request)
    if not text:
        return [request.interpreter.path]
    folder = request.folder / request.cwd
    found = []
    for word in dict.fromkeys(_WORD.findall(text)):
        at = folder / word if "/" in word else Path(shutil.which(word, path=environment.get("PATH")) or folder / word)
        if _PYTHON.fullmatch(at.name):
            found.append(at)
        elif named := _shebang(at):
            found.append(Path(named))
        elif at.suffix in (".py", ".ipynb"):
            found.append(request.interpreter.path)
    return [at for at in dict.fromkeys(found) if at.is_file()]


def _command(request: Request) -> str:
    if isinstance(request, PredictRequest):
        command = request.command or ""
        return command if isinstance(command, str) else " ".join(command)
    return request.job.text if isinstance(request, TrainRequest) else ""


def _shebang(at: Path) -> str | None:
    stream = left.open_left(at, follow=True)
    if stream is None:
        return None
    with stream:
        first = stream.readline(300).decode("utf-8", "replace")
    words = first[2:].split() if first.startswith("#!") else []
    named = [word for word in words if _PYTHON.fullmatch(Path(word).name)]
    return shutil.which(named[0]) if named else None


def is_installed(python: Path, request: Request, environment: Mapping[str, str]) -> bool:
    """Say whether this repository is installed in a Python; one that does not answer counts as if it were."""
    folder = request.work / "startup"
    ask = f"import sys; sys.path.insert(0, {str(folder)!r}); from ml_ci_startup import finder, start; start()"
    ask += "; print(finder.is_installed())"
    try:
        done = subprocess.run(
            (python, "-c", ask), env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return True
    return done.stdout.split()[-1:] != ["False"]


def _foreign(lines: list[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.kind == "module" and len(line.fields) > 1:
            yield line.fields[0], line.fields[1]


def _tell_of(request: Request, path: str, how: str) -> StageFailed:
    at = checkout(request)
    own = _own(at, path)
    instead = f"not {own} of its own side" if own else "which its own side does not have"
    message = f"the job ran {path}, {instead}"
    if how == "installed":
        hint = "It was installed from this repository, and is the same for both sides: import it by its package's name."
    else:
        hint = (
            "It is the same for both sides: import it by its name, or by a path that is relative to the job's folder."
        )
    return _fail(message, hint)


def _own(at: Checkout, path: str) -> str | None:
    """Give the file of the copy that stands for one from elsewhere, relative to its top; None when there is none."""
    copy = Path(os.path.realpath(at.copy))
    for top in map(os.path.realpath, at.tops):
        inside = os.path.relpath(path, top)
        if not inside.startswith("..") and (copy / inside).is_file():
            return inside
    parts = Path(path).parts
    for project in projects(copy):
        for root in {folder for folders in project.names.values() for folder in folders}:
            for count in range(1, len(parts)):
                if parts[-count] in project.names and root.joinpath(*parts[-count:]).is_file():
                    return str(root.joinpath(*parts[-count:]).relative_to(copy))
    return None


def checkout(request: Request) -> Checkout:
    """Give the checkouts and the copy of a request; a request that names none runs in its own project folder."""
    return request.checkout or Checkout((request.folder,), request.folder)


def _fail(message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("training", CODE, message, hint))

"""Each side runs its own code: what the job's Pythons need to know for it, and whether they did.

`child/startup` has the names that the repository's packaging installs come from the side's copy, and tells of each file
that ran. A file of a checkout of the user's, or one that was installed from there, is the same for every side: a job
that ran one is not believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.packaging import Project, projects
from ml_ci.training.told import TOLD, Line, read
from ml_ci.training.values import Checkout, Request

CODE = "foreign-code"


def describe(request: Request) -> Mapping[str, object]:
    """Give what every Python of a job is told of it: builtin types alone."""
    checkout = _checkout(request)
    copy = Path(os.path.realpath(checkout.copy))
    folder = Path(os.path.realpath(request.folder / request.cwd))
    found = sorted(projects(copy), key=lambda one: _distance(one, folder))
    return {
        "told": str(request.work / TOLD),
        "copy": str(copy),
        "work": os.path.realpath(request.work),
        "tops": [os.path.realpath(top) for top in checkout.tops],
        "projects": [_told(one, own=_is_own(one, folder)) for one in found],
        "packages": {name: str(at) for one in reversed(found) for name, at in one.packages.items()},
        "distributions": sorted({one.distribution for one in found} - {""}),
    }


def _told(project: Project, *, own: bool) -> Mapping[str, object]:
    names = {name: [str(at) for at in folders] for name, folders in project.names.items()}
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
            raise _failed(f"ml-ci could not see which code the job ran: {' '.join(line.fields)[:300]}", hint)
    for path, how in dict.fromkeys(_foreign(lines)):
        raise _told_of(request, path, how)


def _foreign(lines: list[Line]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.kind == "module" and len(line.fields) > 1:
            yield line.fields[0], line.fields[1]


def _told_of(request: Request, path: str, how: str) -> StageFailed:
    checkout = _checkout(request)
    own = _own(checkout, path)
    instead = f"not {own} of its own side" if own else "which its own side does not have"
    message = f"the job ran {path}, {instead}"
    if how == "installed":
        hint = "It was installed from this repository, and is the same for both sides: import it by its package's name."
    else:
        hint = (
            "It is the same for both sides: import it by its name, or by a path that is relative to the job's folder."
        )
    return _failed(message, hint)


def _own(checkout: Checkout, path: str) -> str | None:
    """Give the file of the copy that stands for one from elsewhere, relative to its top; None when there is none."""
    copy = Path(os.path.realpath(checkout.copy))
    for top in map(os.path.realpath, checkout.tops):
        inside = os.path.relpath(path, top)
        if not inside.startswith("..") and (copy / inside).is_file():
            return inside
    parts = Path(path).parts
    for project in projects(copy):
        for root in {at for folders in project.names.values() for at in folders}:
            for count in range(1, len(parts)):
                if parts[-count] in project.names and root.joinpath(*parts[-count:]).is_file():
                    return str(root.joinpath(*parts[-count:]).relative_to(copy))
    return None


def _checkout(request: Request) -> Checkout:
    return request.checkout or Checkout((request.folder,), request.folder)


def _failed(message: str, hint: str) -> StageFailed:
    return StageFailed(Failure("training", CODE, message, hint))

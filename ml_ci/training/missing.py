"""What to do about a module that a job did not find, where the repository itself has it."""

from __future__ import annotations

import os
from pathlib import Path

_DEPTH = 6


def advise(module: str, top: Path) -> str | None:
    """Say where a repository has a module that was not found; None where it does not, and it has to be installed."""
    package, _, inside = module.partition(".")
    folder = _holder(package, top)
    if folder is None:
        return None
    shown = "the top" if folder == "." else f"`{folder}/`"
    if inside and _holds(top / folder, module.replace(".", "/")) is False:
        return f"`{package}` is in {shown} of this repository and has no `{inside}` there: is the file in git?"
    how = f"let a pyproject.toml install it, or set `PYTHONPATH={folder}` in `run:`"
    return f"`{package}` is in {shown} of this repository, which is not on the job's path: {how}."


def _holder(name: str, top: Path) -> str | None:
    """Give the folder that holds a top-level module, relative to the top; the least deep one."""
    found = []
    for at, folders, _ in os.walk(top):
        folder = Path(at).relative_to(top)
        if _holds(Path(at), name):
            found.append(folder.as_posix())
        deep = len(folder.parts) >= _DEPTH
        folders[:] = [] if deep else sorted(one for one in folders if not one.startswith(".") and one != "node_modules")
    return min(found, key=lambda one: (one.count("/"), one), default=None)


def _holds(folder: Path, path: str) -> bool:
    return (folder / f"{path}.py").is_file() or (folder / path / "__init__.py").is_file()

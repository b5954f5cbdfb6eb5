"""Tell which files the modules of a Python program come from, at the moment when each begins to run.

Python raises the audit event `exec` for all code that a file holds (modules however they are loaded, scripts, code that
a program reads and executes), and `import` with a path for a compiled extension. Told are the files of this side's
copy, those of a checkout of the user's, and those that were installed from one.
"""

from __future__ import annotations

import os

from . import audit, places, told
from .finder import installed_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_seen: set[str] = set()


def begin() -> None:
    """Tell of every file of the repository's code from now on."""
    audit.watch("exec", _execute)
    audit.watch("import", _note_import)


def _execute(arguments: Any) -> None:
    name = getattr(arguments[0], "co_filename", "")
    if name not in _seen:
        _seen.add(name)
        _tell(name)


def _note_import(arguments: Any) -> None:
    if isinstance(arguments[1], str):
        _tell(arguments[1])


def _tell(name: str) -> None:
    if not name or name[0] == "<":
        return
    path = os.path.realpath(name)
    if places.is_ours(path):
        told.tell("module", path)
    elif places.in_checkout(path) is not None:
        told.tell("module", path, "checkout")
    elif path in installed_files():
        told.tell("module", path, "installed")

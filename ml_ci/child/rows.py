"""Rows that were read before the jobs branched off that score them: one reading for several models.

Nothing of the user's has run where they are read. A job takes them only while none of the repository's code has run in
it either, since that may change how its libraries read.
"""

from __future__ import annotations

import functools
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .exchange import Request

_LIBRARIES = ("site-packages", "dist-packages")
_BEGINNING = ("ml_ci_startup", "sitecustomize")  # what every Python of a job begins with, in the job's own folder

_kept: dict[str, Any] = {}
_before: set[str] = set()


def keep_rows(request: Request, read: Callable[[Request, str, bool], Any]) -> None:
    """Have rows read as a model without a function of its own gets them, for the jobs that branch off from here."""
    key = _name(request["rows"])
    _kept[key] = read(request, "", False)
    _before.update(sys.modules)


def take_rows(entry: Any) -> Any:
    """Give the rows that were read before; None where they have to be read."""
    if not _kept or any(not _is_of_library(name) for name in set(sys.modules) - _before):
        return None
    return _kept.pop(_name(entry), None)


def is_library(path: str) -> bool:
    """Say whether a file is the standard library's, an installed library's, or of this program."""
    return _is_folder_of_libraries(os.path.dirname(os.path.realpath(path) if os.path.islink(path) else path))


@functools.lru_cache(maxsize=None)  # there are many modules, in few folders
def _is_folder_of_libraries(folder: str) -> bool:
    real = os.path.realpath(folder) + os.sep
    standard, own = (os.path.dirname(os.path.realpath(one)) + os.sep for one in (os.__file__, __file__))
    return real.startswith((standard, own)) or any(part in _LIBRARIES for part in real.split(os.sep))


def _is_of_library(name: str) -> bool:
    at = getattr(sys.modules.get(name), "__file__", None)
    return not at or name.partition(".")[0] in _BEGINNING or is_library(at)


def _name(entry: Any) -> str:
    """Name rows by how they are read, and by the file as it is now."""
    found = os.stat((entry.get("whole") or entry)["path"])
    return json.dumps([entry, found.st_ino, found.st_size, found.st_mtime_ns], sort_keys=True)

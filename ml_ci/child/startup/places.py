"""Where a file lies: in this side's copy, in a checkout of the user's, among libraries."""

from __future__ import annotations

import os

from .job import JOB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_LIBRARIES = ("site-packages", "dist-packages", "__pypackages__")


def is_in(path: str, folder: str) -> bool:
    """Say whether a path is a folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_ours(path: str) -> bool:
    """Say whether a real path lies in this side's copy, in what was built from it, in the job's own folder, or in a
    model that the job was handed."""
    own = [JOB[which] for which in ("copy", "work", "built") if JOB[which]]
    return any(is_in(path, folder) for folder in (*own, *JOB["models"]))


def in_checkout(path: str) -> str | None:
    """Give what a real path is called in a checkout of the user's ("." for its top); None for any other place."""
    if is_ours(path):
        return None
    for top in JOB["tops"]:
        if is_in(path, top) and not is_library(path, top):
            return os.path.relpath(path, top)
    return None


def is_library(path: str, top: str) -> bool:
    """Say whether a path below `top` lies in an environment that stands there, such as `.venv`."""
    parts = path[len(top) :].split(os.sep)
    if any(part in _LIBRARIES for part in parts):
        return True
    folder = top
    for part in parts[:-1]:
        folder = os.path.join(folder, part) if part else folder
        if folder != top and os.path.exists(os.path.join(folder, "pyvenv.cfg")):
            return True
    return False


def find_copied(path: str) -> str | None:
    """Give what this side's copy has in the place of a path in a checkout of the user's; None for other paths."""
    inside = in_checkout(os.path.realpath(path))
    return None if inside is None else os.path.normpath(os.path.join(JOB["copy"], inside))


def once(paths: Iterable[str]) -> list[str]:
    """Give paths without those that were there before, in order."""
    return list(dict.fromkeys(paths))

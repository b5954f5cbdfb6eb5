"""Tell which files a Python program opens, and which folders its own code lists.

Lines of kind `read` (the path as it was given, and where its links lead), `wrote` (what was there before does not
count), `missed` (it was not there), `listed`, `walked` (a folder that only the import system listed) and `outside` (a
file, or with a slash at its end a folder of which several were read). Paths are absolute.
"""

from __future__ import annotations

import os
import sys

from . import audit, told
from .job import JOB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REPLACES = os.O_TRUNC | os.O_EXCL
_OWN = (".git", ".ml_ci")
# What lists folders for somebody else, and what lists them to find modules.
_THROUGH = frozenset(("os", "glob", "pathlib", "shutil", "contextlib", "pkgutil", "fnmatch", "posixpath"))
_FINDERS = frozenset(
    ("importlib", "_frozen_importlib_external", "importlib_metadata", "pkg_resources", "zipimport", "site", "linecache")
)
_OURS = frozenset(("ml_ci_startup", "ml_ci_child", "sitecustomize"))

_seen: set[tuple[str, str]] = set()
_written: set[str] = set()
_folders: dict[str, set[str]] = {}
_libraries: list[str] = []


def begin() -> None:
    """Tell of every file and folder from now on."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
    _libraries[:] = sorted({*prefixes, *map(os.path.realpath, prefixes)} - {"", "/"})
    for folder in sys.path:  # listed before anything could be watched, to find `sitecustomize`
        at = _absolute(folder or ".")
        if at in sys.path_importer_cache and _is_below(os.path.realpath(at), JOB["copy"]):
            told.tell("walked", os.path.realpath(at))
    audit.watch("open", _note_open)
    audit.watch("sqlite3.connect", _connect)
    audit.watch("os.listdir", _list)
    audit.watch("os.scandir", _list)


def _note_open(arguments: Any) -> None:
    at = _absolute(arguments[0])
    if at is None:
        return
    flags = arguments[2] if isinstance(arguments[2], int) else 0
    if flags & (os.O_WRONLY | os.O_RDWR) and flags & _REPLACES:
        _wrote(at)
    else:
        _read(at)


def _connect(arguments: Any) -> None:
    at = _absolute(arguments[0])
    if at is not None and os.path.isfile(at):
        _read(at)


def _absolute(path: Any) -> str | None:
    if isinstance(path, int) or path is None:
        return None
    text = os.fsdecode(path)
    return os.path.normpath(text if os.path.isabs(text) else os.path.join(os.getcwd(), text))


def _wrote(at: str) -> None:
    real = os.path.realpath(at)
    if _is_below(real, JOB["copy"]):
        _written.add(real)
        told.tell("wrote", real)


def _read(at: str) -> None:
    again = ("read", at) in _seen
    if again and not _written:
        return
    _seen.add(("read", at))
    real = os.path.realpath(at)
    if again and real not in _written:
        return
    inside = _is_below(real, JOB["copy"])
    if not os.path.exists(real):
        if inside and "__pycache__" not in real:
            told.tell("missed", at, real)
    elif not os.path.isdir(real):
        _tell_read(at, real, inside or _is_below(at, JOB["copy"]))


def _tell_read(at: str, real: str, inside: bool) -> None:
    if inside or (_in_checkout(real) and not _is_library(real)):
        told.tell("read", at, real)
    elif not _is_library(real) and not any(_is_below(real, top) for top in JOB["tops"]):
        _outside(real)


def _outside(real: str) -> None:
    folder, name = os.path.split(real)
    known = _folders.setdefault(folder, set())
    if name in known or len(known) > 1:
        return
    known.add(name)
    told.tell("outside", real if len(known) == 1 else os.path.join(folder, ""))


def _list(arguments: Any) -> None:
    at = _absolute(arguments[0] if arguments and arguments[0] is not None else ".")
    if at is None:
        return
    real = os.path.realpath(at)
    if not _is_below(real, JOB["copy"]):
        return
    kind = _lister(sys._getframe(2))
    if (kind, real) not in _seen:
        _seen.add((kind, real))
        told.tell(kind, real)


def _lister(frame: Any) -> str:
    """Say by whose will a folder is listed: the program's own (`listed`), or a search's for modules (`walked`)."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if name in _FINDERS or name in _OURS:
            return "walked"
        if name not in _THROUGH:
            return "listed"
        frame = frame.f_back
    return "listed"


def _in_checkout(real: str) -> bool:
    for top in JOB["tops"]:
        if _is_below(real, top):
            return not any(part in _OWN for part in real[len(top) :].split(os.sep))
    return False


def _is_library(real: str) -> bool:
    """Say whether a path lies below the interpreter's own folders, where these do not hold the checkout."""
    for library in _libraries:
        if _is_below(real, library):
            return not any(_is_below(top, library) and _is_below(real, top) for top in JOB["tops"])
    return False


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)

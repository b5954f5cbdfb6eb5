"""Read what lies where a job could write: a regular file, up to a bound, or nothing; a pipe there never blocks."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from threading import get_ident
from typing import IO


def open_left(path: Path, *, follow: bool = False) -> IO[bytes] | None:
    """Open a regular file to read; None where there is none, or something else is in its place.

    A link is something else, unless `follow` says that it counts as what it leads to.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return None
    return os.fdopen(number, "rb")


def content(path: Path, most: int, *, follow: bool = False) -> bytes | None:
    """Give the bytes of a file of at most `most`; None where there is none, and for a longer one."""
    stream = open_left(path, follow=follow)
    if stream is None:
        return None
    try:
        with stream:
            found = stream.read(most + 1)
    except OSError:
        return None
    return found if len(found) <= most else None


def copy(path: Path, target: Path, most: int = 16_000_000) -> None:
    """Copy a file, `most` bytes of it; nothing where there is none. What stands at `target` gives way, all at once."""
    stream = open_left(path)
    if stream is not None:
        with stream:
            beside = target.with_name(f".{target.name}.{get_ident()}")
            beside.unlink(missing_ok=True)
            beside.write_bytes(stream.read(most))
            beside.replace(target)

"""Which file it was that could not be written: a write's error does not say."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType

_STANDARD = (0, 1, 2)


def path_of(error: OSError) -> str | None:
    """Give the path that an error is about; None where it is none's, such as of a pipe or of standard output.

    Where the error names none, it is the file that the innermost function which has one was writing.
    """
    named = error.filename2 or error.filename
    if isinstance(named, (str, bytes)):
        return os.fsdecode(named)
    for frame in reversed(list(_frames(error.__traceback__))):
        for value in frame.f_locals.values():
            if (found := _path(value)) is not None:
                return found
    return None


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _path(value: object) -> str | None:
    """Give the path of a file that is open for writing."""
    stream = getattr(value, "buffer", value) if isinstance(value, io.TextIOBase) else value
    if not isinstance(stream, (io.RawIOBase, io.BufferedIOBase)) or value in (sys.stdout, sys.stderr):
        return None
    name = getattr(stream, "name", None)
    if isinstance(name, int) and name not in _STANDARD:
        name = _of_descriptor(name)
    mode = getattr(stream, "mode", "")  # also of one that is closed: its end wrote what was left
    written = isinstance(mode, str) and mode.strip("br") != ""
    return os.fsdecode(name) if written and isinstance(name, (str, bytes)) and not _is_standard(name) else None


def _is_standard(name: str | bytes) -> bool:
    return os.fsdecode(name) in ("<stdout>", "<stderr>", "<stdin>")


def _of_descriptor(number: int) -> str | None:
    try:
        return str(Path(f"/proc/self/fd/{number}").readlink())
    except OSError:
        return None

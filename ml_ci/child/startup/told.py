"""What the Python programs of a job tell ml-ci: lines of a file, each written at once.

Nothing waits for the end of a process, since workers leave by `os._exit`; and no descriptor is kept, since programs
close those that they do not know. `ml_ci/training/told.py` reads the lines.
"""

from __future__ import annotations

import os
import sys

from .job import JOB


def begin() -> None:
    """Tell that a Python has started, where its libraries lie, and its version."""
    tell("python", sys.executable or "", sys.prefix, "%d.%d.%d" % sys.version_info[:3])


def tell(kind: str, *fields: str) -> None:
    """Append a line: its kind, the process, and the fields; a system that refuses is not insisted with."""
    line = "\t".join([kind, str(os.getpid()), *map(_escape, fields)]) + "\n"
    try:
        at = os.open(JOB["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(at, line.encode("utf-8", "surrogateescape"))
        finally:
            os.close(at)
    except OSError:
        pass


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")

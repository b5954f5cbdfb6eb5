"""What the Python programs of a job told while it ran: which files their modules came from.

The job's code shares its processes with what tells, so this is believed against a job and not for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOLD = "told.tsv"

_ESCAPE = re.compile(r"\\([\\tnr])")
_PLAIN = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


@dataclass(frozen=True)
class Line:
    """One thing told by the process `pid`; the kinds are those of `child/startup`."""

    kind: str
    pid: int
    fields: tuple[str, ...]


def read(path: Path) -> Iterator[Line]:
    """Read what was told, in its order; nothing where nobody told anything. What is cut off or damaged is left out."""
    try:
        content = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return
    for line in content.split("\n")[:-1]:
        kind, *rest = line.split("\t")
        if rest and rest[0].isdecimal():
            yield Line(kind, int(rest[0]), tuple(map(_unescaped, rest[1:])))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _PLAIN[found[1]], text)

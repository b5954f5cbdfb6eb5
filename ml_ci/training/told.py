"""What the Python programs of a job told while it ran: which files their modules came from.

The job's code shares its processes with what tells, so this is believed against a job and not for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ml_ci.frozen import dataclass
from ml_ci.training import left

TOLD = "told.tsv"

# A line names a file or two; a million of them are fewer bytes than this.
_LONGEST, _MOST = 64 * 1024, 256_000_000
_PROCESS = re.compile(r"[0-9]{1,10}")
_ESCAPE = re.compile(r"\\([\\tnr])")
_PLAIN = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


@dataclass(frozen=True)
class Line:
    """One thing told by the process `pid`; the kinds are those of `child/startup`."""

    kind: str
    pid: int
    fields: tuple[str, ...]


def read(path: Path) -> Iterator[Line]:
    """Read what was told, in its order; nothing where nobody told anything. What is cut off or damaged is left out.

    So is a line of more than `_LONGEST` bytes, and what comes after `_MOST`.
    """
    for raw in _lines(path):
        kind, *rest = raw[:-1].decode("utf-8", "surrogateescape").split("\t")
        if rest and _PROCESS.fullmatch(rest[0]):
            yield Line(kind, int(rest[0]), tuple(map(_unescape, rest[1:])))


def _lines(path: Path) -> Iterator[bytes]:
    stream = left.open_left(path)
    if stream is None:
        return
    with stream:
        taken, begins = 0, True
        while taken < _MOST and (raw := stream.readline(_LONGEST)):
            if begins and raw.endswith(b"\n"):
                yield raw
            taken, begins = taken + len(raw), raw.endswith(b"\n")


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: _PLAIN[found[1]], text)

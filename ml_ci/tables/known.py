"""What kind of table a file is, by its first bytes: Parquet, Arrow, JSON, or text."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path

# How an Arrow file begins: of a file, of Feather's first version, and of a stream.
ARROW = (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")
_PARQUET = b"PAR1"
_LINE = 1 << 20  # bytes within which the first object of JSON ends
_NAMED = (".json", ".jsonl", ".ndjson")
_ARRAY = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*\{\s*"')  # of objects, as no header of a text begins


def kind_of(path: Path) -> str:
    """Say what a file is: `parquet`, `arrow`, `json` or `text`; a text that begins like JSON is JSON by its first line
    or by its name."""
    with path.open("rb") as file:
        start = file.read(64)
    if start.startswith(_PARQUET):
        return "parquet"
    if start.startswith(ARROW):
        return "arrow"
    packed = start.startswith(b"\x1f\x8b")
    named = any(suffix.lower() in _NAMED for suffix in path.suffixes)
    if not packed and _begin(start) not in (b"{", b"["):
        return "text"
    line = _first_line(path, packed)
    if _begin(line) == b"{" and (named or _is_object(line)):
        return "json"
    if _begin(line) != b"[":
        return "text"
    return "json" if named or _ARRAY.match(_start(path, packed)) else "text"


def is_packed(path: Path) -> bool:
    """Say whether a file is packed by gzip, whatever its name says."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _begin(start: bytes) -> bytes:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _start(path: Path, packed: bool) -> bytes:
    with gzip.open(path) if packed else path.open("rb") as file:
        return bytes(file.read(256))


def _first_line(path: Path, packed: bool) -> bytes:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            line = b""
            while not line.strip() and (found := file.readline(_LINE)):
                line = found
            return line
    except (OSError, EOFError, zlib.error):
        return b""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line.decode("utf-8-sig")), dict)
    except (ValueError, RecursionError):
        return False

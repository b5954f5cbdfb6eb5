"""What kind of table a file is, and its content where it is packed."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".json": "json",
    ".feather": "arrow",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".xlsx": "excel",
    ".xls": "excel",
}


def kind_of(path: str) -> str:
    """Say what a table is: `parquet`, `arrow`, `stream` (of Arrow), `lines` (of JSON), `json`, `excel` or `text`.

    Parquet and Arrow are known by their content, as ml-ci knows them; by the name where there is no file to look into.
    """
    suffix = suffix_of(path)
    if "://" not in path and os.path.isfile(path):
        with open(path, "rb") as stream:
            head = stream.read(6)
        for begin, kind in ((b"PAR1", "parquet"), (b"ARROW1", "arrow"), (b"FEA1", "arrow"), (b"\xff" * 4, "stream")):
            if head.startswith(begin):
                return kind
        if suffix == ".json" and _has_lines(path):
            return "lines"
    return _KINDS.get(suffix, "text")


def _has_lines(path: str) -> bool:
    """Say whether the first line of JSON is a row: an object, and not one of columns, as pandas writes it."""
    import io
    import json

    source = unpack(path)
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
        line = stream.readline()
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and not (row and all(isinstance(value, dict) for value in row.values()))


def packing(path: str) -> str | None:
    """Say how a file is packed, by its content; by its name where there is none to look into."""
    if "://" in path or not os.path.isfile(path):
        return "infer"
    with open(path, "rb") as stream:
        head = stream.read(2)
    return "gzip" if head == b"\x1f\x8b" else "infer" if not path.lower().endswith(".gz") else None


def unpack(path: str) -> Any:
    """Give the content of a file that gzip packed, and else its path or what `_open` gives for it."""
    import gzip

    if "://" in path or packing(path) != "gzip":
        return open_plain(path)
    with gzip.open(path, "rb") as stream:
        return stream.read()


def suffix_of(path: str) -> str:
    base = path.split("?", 1)[0].lower()
    for packed in (".gz", ".bz2", ".xz", ".zip", ".zst"):
        if base.endswith(packed):
            base = base[: -len(packed)]
    return os.path.splitext(base)[1]


def open_plain(path: str) -> Any:
    """Give a file's content where polars would read its path as a pattern of paths."""
    import glob

    if "://" in path or not glob.has_magic(path):
        return path
    with open(path, "rb") as stream:
        return stream.read()

"""Write a text table record by record, in the layout of the one that it comes from."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from ml_ci.tables.layout import Layout
from ml_ci.tables.records import Record
from ml_ci.tables.sniff import LINE, WHITE_SPACE

ABSENT = "nan"  # what numpy, pandas and R read as missing where no value can be empty


class Writer:
    """Write bytes to a file that appears at `path` only when the `with` block ends well."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._layout = layout

    def __enter__(self) -> Writer:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = self._partial.open("wb", 1 << 20)
        self._file: IO[bytes] | gzip.GzipFile = self._raw
        if self._layout.compressed:
            # without a name and a time, so that equal rows give equal bytes
            self._file = gzip.GzipFile("", "wb", 6, self._raw, mtime=0)
        return self

    def write(self, raw: bytes) -> None:
        """Append bytes as they are."""
        self._file.write(raw)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._raw.close()
        if kind is None:
            os.replace(self._partial, self._path)  # noqa: PTH105
        else:
            self._partial.unlink(missing_ok=True)


def line(fields: Sequence[str], layout: Layout) -> bytes:
    """Write the values of a record anew, as a line."""
    if layout.delimiter in (WHITE_SPACE, LINE):
        return (" ".join(fields) + "\n").encode(layout.encoding)
    text = io.StringIO()
    csv.writer(text, delimiter=layout.delimiter or ",", lineterminator="\n").writerow(fields)
    return text.getvalue().encode(layout.encoding)


def emptied(record: Record, column: int, layout: Layout) -> bytes:
    """Write a record anew with one of its values emptied."""
    end = "\r\n" if record.raw.endswith(b"\r\n") else "\n" if record.raw.endswith(b"\n") else ""
    fields = list(record.fields)
    if layout.delimiter in (WHITE_SPACE, LINE):
        fields[column] = ABSENT
        return (" ".join(fields) + end).encode(layout.encoding)
    fields[column] = ""
    text = io.StringIO()
    csv.writer(text, delimiter=layout.delimiter or ",", lineterminator=end).writerow(fields)
    return text.getvalue().encode(layout.encoding)

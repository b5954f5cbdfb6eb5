"""Write a text table record by record, in the layout of the one that it comes from."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from ml_ci.tables.layout import Layout
from ml_ci.tables.raw import Edit
from ml_ci.tables.sniff import LINE, WHITE_SPACE
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def write_raw(
    table: Table, records: NDArray[np.bool_], file: Writer, edit: Edit | None = None, *, header: bool = False
) -> None:
    """Write the header and some of a text's records, the bytes as they stand; `edit` changes the records.

    `records` says which, bool of shape (records,); `header` has the record of the names edited too.
    """
    blank, names = table.header
    file.write(blank + (edit(names) if names and header and edit is not None else names))
    flags, first = records.tolist(), 0
    for lines in table.raw():
        kept = compress(lines, flags[first : first + len(lines)])
        file.write(b"".join(kept if edit is None else map(edit, kept)))
        first += len(lines)

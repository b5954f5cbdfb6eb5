"""The bytes of a text table's rows, copied as they stand or with one value taken out."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeAlias

from ml_ci.tables.layout import BOM, Layout, binary, pieces
from ml_ci.tables.sniff import LINE, WHITE_SPACE

ABSENT = b"nan"  # what numpy, pandas and R read as missing where no value can be empty
_BATCH = 20_000

Edit: TypeAlias = Callable[[bytes], bytes]


def plain_batches(path: Path, layout: Layout) -> Iterator[list[bytes]]:
    """Give the lines of a text without quotes and blank lines, some thousands at a time; the header is left out."""
    behind = int(layout.header)
    with binary(path, False) as file:
        for piece in pieces(file):
            lines = piece.splitlines(keepends=True)
            yield lines[behind:]
            behind = 0


def batches(path: Path, layout: Layout, start: int, lengths: array[int]) -> Iterator[list[bytes]]:
    """Give records of the given lengths in bytes, the first of which begins at `start`, some thousands at a time."""
    with binary(path, layout.compressed) as file:
        file.read(start)
        for first in range(0, len(lengths), _BATCH):
            ends = [0, *accumulate(lengths[first : first + _BATCH])]
            text = file.read(ends[-1])
            yield [text[one:other] for one, other in pairwise(ends)]


def blank_value(layout: Layout, column: int) -> Edit:
    """Give what empties one value of a record and leaves every other byte; `nan` where no value can be empty."""
    spaced = layout.delimiter in (WHITE_SPACE, LINE)
    edit = _edit(layout, column, lambda before, after: (before, ABSENT if spaced else b"", after))
    return edit if spaced or len(layout.names) != 1 else lambda raw: _keep(edit(raw))


def take_value_out(layout: Layout, column: int) -> Edit:
    """Give what takes one value out of a record, with its delimiter, and leaves every other byte."""
    last = column == len(layout.names) - 1

    def joined(before: bytes, after: bytes) -> tuple[bytes, ...]:
        """Drop the delimiter before the last value, or the one behind any other."""
        return (_end(before, layout), after) if last else (before, _begin(after, layout))

    edit = _edit(layout, column, joined)
    if layout.delimiter in (WHITE_SPACE, LINE) or len(layout.names) != 2:
        return edit
    return lambda raw: _keep(edit(raw))


def _edit(layout: Layout, column: int, change: Callable[[bytes, bytes], tuple[bytes, ...]]) -> Edit:
    if layout.plain:
        return _split(layout, column, change)
    value = _pattern(layout, column)

    def edited(raw: bytes) -> bytes:
        """Change what stands around the value."""
        mark = BOM if raw.startswith(BOM) else b""
        found = value.match(raw, len(mark))
        assert found is not None, "a record that was read has the column"  # noqa: S101
        return b"".join((mark, *change(raw[len(mark) : found.start(1)], raw[found.end(1) :])))

    return edited


def _split(layout: Layout, column: int, change: Callable[[bytes, bytes], tuple[bytes, ...]]) -> Edit:
    """Change lines without quotes, which need no pattern: twice as fast."""
    mark = (layout.delimiter or ",").encode()
    last = column == len(layout.names) - 1

    def edited(raw: bytes) -> bytes:
        """Change what stands around the value."""
        parts = raw.split(mark, column + 1)
        before = mark.join(parts[:column]) + (mark if column else b"")
        if last:
            return b"".join(change(before, b"\n" if raw.endswith(b"\n") else b""))
        return b"".join(change(before, mark + parts[column + 1]))

    return edited


def _pattern(layout: Layout, column: int) -> re.Pattern[bytes]:
    """Give the pattern whose group is the value of a column, with its quotes and white space."""
    if layout.delimiter == LINE:
        return re.compile(rb"([^\r\n]*)")
    if layout.delimiter == WHITE_SPACE:
        return re.compile(rb"\s*(?:\S+\s+){%d}(\S+)" % column)
    mark = re.escape((layout.delimiter or ",").encode())
    # as the csv module reads with `skipinitialspace`: a quote counts behind blanks only
    value = rb'(?> *+"(?:[^"]++|"")*+"[^%b\r\n]*+|[^%b\r\n]*+)' % (mark, mark)
    return re.compile(rb"(?:%b%b){%d}(%b)" % (value, mark, column, value))


def _end(before: bytes, layout: Layout) -> bytes:
    return before.rstrip() if layout.delimiter == WHITE_SPACE else before[:-1]


def _begin(after: bytes, layout: Layout) -> bytes:
    return after.lstrip(b" \t\f\v") if layout.delimiter == WHITE_SPACE else after[1:]


def _keep(raw: bytes) -> bytes:
    """Keep the only value that is left from looking like a blank line, which is no row."""
    return raw if raw.strip() else b'""' + raw.lstrip(b" \t\f\v")

"""Find the delimiter of a text table from its first lines.

DuckDB's `sniff_csv` was tried in its place (2.0.1, on the 524 texts that the tests of tables read): 43 came out other.
It knows no white space between values, takes `'` for a quote in a name and a blank line or a ragged row for a sign of
another delimiter, calls the second of two columns of one name `a_1` where such a table is refused, reads no Latin-1, no
line over its buffer and no file with a `*` in its name; with `strict_mode` off, 141 did.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import islice

from ml_ci.errors import UserError

FIELD_LIMIT = (1 << 31) - 1
DELIMITERS = (",", ";", "\t", "|")
WHITE_SPACE = ""
LINE = "line"
_LOOKED_AT = 200  # records


def sniff(text: str, columns: Sequence[str] | None, *, whole: bool, shown: str) -> tuple[str, tuple[str, ...]]:
    """Give the delimiter and the names of the columns, from the beginning of a text table.

    The delimiter is one of `,` `;` tab `|`, WHITE_SPACE, or LINE (one value per line). With `columns`, the text has no
    header. `whole` says that the text is not cut off. UserError when the lines do not have as many values as `columns`.
    """
    if columns is None:
        return _with_header(text, whole)
    if len(columns) == 1:
        return LINE, tuple(columns)
    return _headerless(text, columns, whole, shown), tuple(columns)


def _with_header(text: str, whole: bool) -> tuple[str, tuple[str, ...]]:
    best, most = "", (0.0, 0)
    for delimiter in DELIMITERS:
        width, agreeing = _agreement(_records(text, delimiter, whole))
        if width > 1 and (agreeing, width) > most:
            best, most = delimiter, (agreeing, width)
    if not best and _spaced(text, whole) > 1:
        return WHITE_SPACE, tuple(text.lstrip().split("\n", 1)[0].split())
    return best or ",", tuple(next(iter(_records(text, best or ",", True)), ()))


def _headerless(text: str, columns: Sequence[str], whole: bool, shown: str) -> str:
    for delimiter in DELIMITERS:
        width, agreeing = _agreement(_records(text, delimiter, whole))
        if width == len(columns) and agreeing > 0.5:
            return delimiter
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines[0].split()) == len(columns):
        return WHITE_SPACE
    widths = {len(record) for delimiter in DELIMITERS for record in _records(lines[0], delimiter, True)}
    found = max(widths | {len(lines[0].split())})
    raise UserError(
        f"{shown}, line 1: {found} values, and `columns` names {len(columns)}",
        hint="Name every column of the file, in its order; or remove `columns:` when the first line holds the names.",
    )


def _records(text: str, delimiter: str, whole: bool) -> list[list[str]]:
    csv.field_size_limit(FIELD_LIMIT)  # the default refuses texts over 128 KiB
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        rows = list(islice(read, _LOOKED_AT + 1))  # the last one may be cut off
    except csv.Error:
        return []
    kept = rows if whole or len(rows) < 2 else rows[:-1]
    return [row for row in kept[:_LOOKED_AT] if any(map(str.strip, row))]


def _agreement(rows: list[list[str]]) -> tuple[int, float]:
    if not rows:
        return 0, 0.0
    width = len(rows[0])
    return width, sum(len(row) == width for row in rows) / len(rows)


def _spaced(text: str, whole: bool) -> int:
    lines = [line.split() for line in text.split("\n") if line.strip()]
    lines = lines if whole else lines[:-1]
    widths = {len(line) for line in lines[:_LOOKED_AT]}
    return widths.pop() if len(widths) == 1 and len(lines) > 1 and '"' not in text else 1

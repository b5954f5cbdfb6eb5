"""Leave a column out of a table, or its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ml_ci.tables.cutting import can_cut, cut_lines
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.parquet import Taken, take
from ml_ci.tables.raw import Edit, blank_value, take_value_out
from ml_ci.tables.table import Table
from ml_ci.tables.writing import Writer, write_raw


def without(
    source: Path,
    column: str,
    out: Path,
    *,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
    python: Path | None = None,
) -> None:
    """Write the table at `source` without one of its columns to `out`, in the same format and order.

    Of a text every other byte stays as it stands. `columns` names those of a text without a header line, `python` is
    the job's interpreter. UserError when there is no such column.
    """
    table, place = _open(source, column, columns, shown)
    if table.layout.parquet:
        take(source, out, Taken(column=place, leave_out=True), python)
    else:
        _write(table, place, out, take_value_out, header=True)


def blank(
    source: Path,
    column: str,
    out: Path,
    *,
    columns: Sequence[str] | None = None,
    shown: str | None = None,
    python: Path | None = None,
) -> None:
    """Write the table at `source` with every value of one column emptied to `out`; the column itself stays.

    As `without` otherwise. Where no value can be empty (white space between values, one value a line) it is `nan`.
    """
    table, place = _open(source, column, columns, shown)
    if table.layout.parquet:
        take(source, out, Taken(column=place), python)
    else:
        _write(table, place, out, _blank, header=False)


def _open(source: Path, column: str, columns: Sequence[str] | None, shown: str | None) -> tuple[Table, int]:
    name = shown or source.as_posix()
    layout = examine(source, columns, name)
    return Table(source, name, layout), layout.index(column, name)


def _blank(layout: Layout, place: int) -> Edit:
    """Leave lines without values as they are too."""
    edit = blank_value(layout, place)
    return lambda raw: edit(raw) if raw.strip() else raw


def _write(table: Table, place: int, out: Path, edit: Callable[[Layout, int], Edit], *, header: bool) -> None:
    import numpy as np

    own, layout = edit(table.layout, place), table.layout
    with Writer(out, layout) as file:
        if can_cut(layout, delimited=header):
            blank, names = table.header
            file.write(blank + (own(names) if names and header else names))
            for lines in cut_lines(table.path, layout, place, own, delimited=header):
                file.write(lines)
            return
        records = table.among_records(np.ones(table.rows, np.bool_))
        if not header:
            records[:] = True
        write_raw(table, records, file, own, header=header)

"""Leave a column out of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ml_ci.tables.layout import examine
from ml_ci.tables.parquet import Taken, take
from ml_ci.tables.raw import taken_out
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
    import numpy as np

    name = shown or source.as_posix()
    layout = examine(source, columns, name)
    place = layout.index(column, name)
    if layout.parquet:
        take(source, out, Taken(column=place, leave_out=True), python)
        return
    table = Table(source, name, layout)
    with Writer(out, layout) as file:
        write_raw(
            table, table.among_records(np.ones(table.rows, np.bool_)), file, taken_out(layout, place), header=True
        )

"""Leave a column out of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ml_ci.tables.duck import connect, literal, parquet, quoted, select
from ml_ci.tables.layout import examine
from ml_ci.tables.parquet import own_names
from ml_ci.tables.raw import taken_out
from ml_ci.tables.table import Table
from ml_ci.tables.writing import Writer, write_raw


def without(
    source: Path, column: str, out: Path, *, columns: Sequence[str] | None = None, shown: str | None = None
) -> None:
    """Write the table at `source` without one of its columns to `out`, in the same format and order.

    `columns` names those of a text without a header line. UserError when there is no such column.
    """
    import numpy as np

    name = shown or source.as_posix()
    layout = examine(source, columns, name)
    place = layout.index(column, name)
    if layout.parquet:
        _without_parquet(source, place, out)
        return
    table = Table(source, name, layout)
    with Writer(out, layout) as file:
        write_raw(
            table, table.among_records(np.ones(table.rows, np.bool_)), file, taken_out(layout, place), header=True
        )


def _without_parquet(source: Path, place: int, out: Path) -> None:
    names = own_names(source, source.name)
    kept = ", ".join(f"c{index} AS {quoted(name)}" for index, name in enumerate(names) if index != place)
    query = select(kept, f"{parquet(source)} AS t({', '.join(f'c{index}' for index in range(len(names)))})")
    with connect(shown=source.name) as connection:
        connection.execute(f"COPY ({query}) TO {literal(str(out))} (FORMAT parquet)")

"""A table's rows as they are, and once more for each column with that one shuffled: to see what reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ml_ci.tables.duck import Database, connect, literal, parquet, quote, select
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.parquet import own_names
from ml_ci.tables.records import records
from ml_ci.tables.writing import Writer, line

Orders = Sequence[Sequence[int]]


def shuffle(
    source: Path, out: Path, drawn: Sequence[int], orders: Orders, *, columns: Sequence[str] | None, shown: str
) -> None:
    """Write blocks of rows to `out`, in the format of `source`.

    The first block holds the rows at the places `drawn`, ascending from 0. In the next one the first column has its
    values in the first of `orders`, a permutation of the places within the block; and so on for further columns.
    `columns` names those of a text without a header line.
    """
    layout = examine(source, columns, shown)
    if layout.parquet:
        with connect(shown=shown) as connection:
            _shuffle_parquet(connection, source, out, drawn, orders)
        return
    header, rows = _texts(source, layout, drawn, shown)
    with Writer(out, layout) as file:
        for fields in header:
            file.write(line(fields, layout))
        for fields in _blocks(rows, orders):
            file.write(line(fields, layout))


def _texts(source: Path, layout: Layout, drawn: Sequence[int], shown: str) -> tuple[list[list[str]], list[list[str]]]:
    """Give the header, where there is one, and the rows that are drawn."""
    found = (record.fields for record in records(source, layout, shown) if record.fields)
    header = [next(found)] if layout.header else []
    wanted = set(drawn)
    return header, [fields for place, fields in enumerate(found) if place in wanted]


def _blocks(rows: list[list[str]], orders: Orders) -> Iterator[list[str]]:
    yield from rows
    for column, order in enumerate(orders):
        for row, other in zip(rows, order, strict=True):
            yield [*row[:column], rows[other][column], *row[column + 1 :]]


def _shuffle_parquet(connection: Database, source: Path, out: Path, drawn: Sequence[int], orders: Orders) -> None:
    """Let each value keep its type: rows are numbered, and joined with themselves in another order."""
    import numpy as np

    names = [quote(name) for name in own_names(source, source.name)]
    columns = [f"c{place}" for place in range(len(names))]
    chosen = {"taken": np.asarray(drawn, np.int64), "place": np.arange(len(drawn), dtype=np.int64)}
    connection.register("chosen", chosen | {f"o{column}": np.asarray(order) for column, order in enumerate(orders)})
    file = f"{parquet(source)} AS t({', '.join(columns)})"
    numbered = select(f"row_number() OVER () - 1 AS number, {', '.join(columns)}", file)
    sample = select("*", f"({numbered})", "JOIN chosen ON number = taken")
    connection.execute(f"CREATE TEMP TABLE sample AS {sample}")
    blocks = [select(f"0 AS block, place, {', '.join(columns)}", "sample")]
    for column in range(len(orders)):
        values = [f"{'other' if place == column else 'own'}.c{place}" for place in range(len(columns))]
        joined = f"sample AS own JOIN sample AS other ON other.place = own.o{column}"
        blocks.append(select(f"{column + 1}, own.place, {', '.join(values)}", joined))
    named = ", ".join(f"blocks.{own} AS {name}" for own, name in zip(columns, names, strict=True))
    # Qualified: a column of the user's may be called `place`.
    query = select(named, f"({' UNION ALL '.join(blocks)}) AS blocks", "ORDER BY blocks.block, blocks.place")
    connection.execute(f"COPY ({query}) TO {literal(str(out))} (FORMAT parquet)")

"""Rows to look through several times: read once where they are few enough, and otherwise anew for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml_ci.tables.duck import Database, select
from ml_ci.tables.spelling import spelling
from ml_ci.tables.table import Table

# So many values are held by their hashes, 8 bytes each.
MOST = 32_000_000


@dataclass(frozen=True)
class Rows:
    """Say where rows are read, how many they are, and by what SQL each column tells its values apart."""

    source: str
    rows: int
    cells: Mapping[str, str]

    def row(self, columns: Sequence[str]) -> str:
        """Give the SQL that tells rows apart by some columns."""
        return f"hash({', '.join(['0', *(self.cells[name] for name in columns)])})"


def to_look_through(
    connection: Database, name: str, tables: Sequence[Table], columns: Sequence[str], most: int = MOST
) -> Sequence[Rows]:
    """Give the rows of tables by some columns, "" where one has no such column: held as `name`, or table by table."""
    rows = sum(table.rows for table in tables)
    if rows * len(columns) > most:
        return [Rows(one.source, one.rows, {column: _cell(one, column) for column in columns}) for one in tables]
    parts = []
    for one in tables:
        cells = ", ".join(f"{_cell(one, column)} AS h{place}" for place, column in enumerate(columns))
        parts.append(select(cells, one.source))
    connection.execute(f"CREATE TEMP TABLE {name} AS {' UNION ALL '.join(parts)}")
    return [Rows(name, rows, {column: f"h{place}" for place, column in enumerate(columns)})]


def _cell(table: Table, column: str) -> str:
    return f"hash({spelling(table, column)})"

"""Which columns of a file hold texts with white space around them, which one reader keeps and another strips."""

from __future__ import annotations

from ml_ci.tables.duck import as_text, select, unpad
from ml_ci.tables.table import Table

_SEEN = 1_000  # rows, from the first on: who writes a blank behind each comma does so in all


def find_padded(table: Table) -> tuple[str, ...]:
    """Name the columns of which most texts have white space around them; () of Parquet, and of numbers.

    What is a number is one with a blank before it, too, whoever reads it.
    """
    if table.layout.parquet or not table.rows:
        return ()
    asked = []
    for place, name in enumerate(table.names):
        text = as_text(f"c{place}")
        padded = f"{text} <> {unpad(text)} AND {table.number_sql(name)} IS NULL"
        asked.append(f"2 * count(*) FILTER ({padded}) > count(*) AS p{place}")
    found = table.ask(select(", ".join(asked), f"({select('*', table.source)} LIMIT {_SEEN})"))
    return tuple(name for place, name in enumerate(table.names) if bool(found[f"p{place}"][0]))

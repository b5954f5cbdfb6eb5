"""The SQL of 64 bits for each row of a table: quickly where values are what they look like, closely elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ml_ci.tables.duck import connect, literal, select
from ml_ci.tables.hashed import Known, hash_rows, hash_sure, hash_values, knows_mixing
from ml_ci.tables.table import Table

# Of fewer rows nothing has to be quick.
LARGE = 50_000
_SEEN = 2_000  # the first rows, which say what may be expected of all
_MOST_SLOW = 0.1  # of those: a table with more of them is looked at closely at once
_MOST_TEXTS, _LONGEST = 16, 64  # different texts of a column, each of so many letters


def hash_quickly(table: Table, columns: Sequence[str]) -> str | None:
    """Give the SQL of a table's rows with the hash `h` of some columns, NULL where it takes a closer look.

    None where that would be so of many rows, or where there are few.
    """
    if table.rows < LARGE or not knows_mixing():
        return None
    known = _find_known(table, columns)
    first = _quick(table, columns, known, f"({select('*', table.source, f'LIMIT {_SEEN}')})")
    with connect(shown=table.shown) as connection:
        slow, rows = connection.execute(select("count(*) - count(h), count(*)", first)).fetchone() or (0, 0)
    return None if slow > _MOST_SLOW * rows else _quick(table, columns, known, table.source)


def hash_closely(table: Table, columns: Sequence[str], quick: str | None = None) -> str:
    """Give the SQL of rows with the hash of some columns: of those that were not hashed quickly, or of all."""
    source = table.source
    if quick is not None:
        own = ", ".join(f"c{place}" for place in range(len(table.names)))
        source = f"({select(own, quick, 'WHERE h IS NULL')})"
    rows, bits = hash_values(table, columns, source)
    return hash_rows(rows, dict(zip(columns, bits, strict=True)))


def hold_hashed(table: Table, columns: Sequence[str]) -> None:
    """Hold columns of a large text, and with them what tells its rows apart: in one reading of the file.

    Nothing more than the columns where that takes a closer look at rows.
    """
    worth = not table.layout.parquet and table.rows >= LARGE
    table.hold(columns, hash_quickly(table, sorted(table.names)) if worth else None)


def _quick(table: Table, columns: Sequence[str], known: Mapping[str, Known], source: str) -> str:
    rows, bits = hash_sure(table, columns, known, source)
    return hash_rows(rows, dict(zip(columns, bits, strict=True)))


def _find_known(table: Table, columns: Sequence[str]) -> Mapping[str, Known]:
    """Give the bits of the texts that are the most frequent ones of their columns, where a column has few."""
    texts = [name for name in columns if table.kind(name) == "VARCHAR"]
    if not texts:
        return {}
    names = ", ".join(map(table.sql, texts))
    with connect(shown=table.shown) as connection:
        seen = connection.execute(select(names, table.source, f"LIMIT {_SEEN}")).fetchall()
    found = {}
    for name, values in zip(texts, zip(*seen, strict=True), strict=False):
        counted = Counter(value for value in values if value is not None)
        if 0 < len(counted) <= _MOST_TEXTS and all(len(one) <= _LONGEST and one.isprintable() for one in counted):
            found[name] = [str(text) for text, _ in counted.most_common()]
    return _hash_texts(table, found) if found else {}


def _hash_texts(table: Table, texts: Mapping[str, Sequence[str]]) -> Mapping[str, Known]:
    """Give the bits of some texts of columns, of all in one question: each is a row in which the others are missing."""
    rows = [
        f"({', '.join(literal(text) if other == name else 'NULL' for other in texts)})"
        for name, several in texts.items()
        for text in several
    ]
    columns = ", ".join(map(table.sql, texts))
    source, bits = hash_values(table, list(texts), f"(VALUES {', '.join(rows)}) AS t({columns})")
    with connect() as connection:
        found = connection.execute(select(f"{columns}, {', '.join(bits)}", source)).fetchall()
    return {
        name: [(str(row[place]), int(row[place + len(texts)])) for row in found if row[place] is not None]
        for place, name in enumerate(texts)
    }

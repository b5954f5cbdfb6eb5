"""Which columns of a table may name somebody that several rows are of, and how many rows are copies of others."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence

from ml_ci.frozen import dataclass
from ml_ci.tables.duck import connect, select
from ml_ci.tables.table import Table

LEAST_VALUES = 20
LEAST_ROWS = 1.2  # to a value
MOST_ROWS = 50.0  # to a value of a column that is not called like an id: more are a group, and no entity
_SAMPLE = 10_000
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ENTITIES = frozenset(
    [
        "id",
        "ids",
        "uid",
        "uuid",
        "guid",
        "key",
        "account",
        "borrower",
        "buyer",
        "cardholder",
        "client",
        "clinic",
        "company",
        "consumer",
        "customer",
        "device",
        "doctor",
        "donor",
        "driver",
        "employee",
        "family",
        "guest",
        "hospital",
        "household",
        "machine",
        "member",
        "merchant",
        "participant",
        "patient",
        "person",
        "player",
        "pupil",
        "seller",
        "sensor",
        "session",
        "shop",
        "site",
        "store",
        "student",
        "subject",
        "subscriber",
        "supplier",
        "tenant",
        "user",
        "vehicle",
        "vendor",
        "visitor",
    ]
)


@dataclass(frozen=True)
class Entity:
    """A column with about so many different values; `named` says that it is called like an id."""

    column: str
    values: int
    named: bool


def find_entities(table: Table, but: Collection[str] = ()) -> list[Entity]:
    """List the columns whose values may each be somebody's: those called like an id first.

    A column that is not called so is listed where its values are texts, and few rows have the same. Values are counted
    roughly, in one reading of the table; what is a text, its first rows say.
    """
    names = [name for name in table.names if name and name not in but]
    if not names:
        return []
    distinct = [f"approx_count_distinct({table.sql(name)})" for name in names]
    some = f"({select('*', table.source, f'LIMIT {_SAMPLE}')})"
    texts = [f"2 * count({table.number_sql(name)}) < count({table.sql(name)})" for name in names]
    with connect(shown=table.shown) as connection:
        values = connection.execute(select(", ".join(distinct), table.source)).fetchone() or ()
        are_texts = connection.execute(select(", ".join(texts), some)).fetchone() or ()
    listed = list(_list(table.rows, names, values, are_texts))
    return sorted(listed, key=lambda one: not one.named)


def _list(rows: int, names: Sequence[str], values: Sequence[int], are_texts: Sequence[bool]) -> Iterator[Entity]:
    for name, number, is_text in zip(names, values, are_texts, strict=True):
        named, of_each = is_called_like_an_id(name), rows / max(number, 1)
        if number >= LEAST_VALUES and of_each >= LEAST_ROWS and (named or (is_text and of_each <= MOST_ROWS)):
            yield Entity(name, int(number), named)


def is_called_like_an_id(name: str) -> bool:
    """Say whether a column's last word names somebody: customer_id, userId, PATIENT; not customer_age."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and words[-1] in _ENTITIES


def count_copies(table: Table, but: Collection[str] = ()) -> int:
    """Count the rows that are copies of another row in all columns but those named, and but those that number rows.

    0 where so many are to be expected: where the columns, if they had nothing to do with one another, would not tell
    rows apart a hundred times better, or fewer than a tenth of the rows are different.
    """
    names = [name for name in table.names if name and name not in but]
    with connect(shown=table.shown) as connection:
        ids = [name for name in names if is_called_like_an_id(name)]
        if ids:
            wanted = ", ".join(f"approx_count_distinct({table.sql(name)})" for name in ids)
            found = connection.execute(select(wanted, table.source)).fetchone() or ()
            numbering = {name for name, values in zip(ids, found, strict=True) if values > 0.9 * table.rows}
            names = [name for name in names if name not in numbering]
        if not names:
            return 0
        hashed = f"hash({', '.join(table.sql(name) for name in names)})"
        (different,) = connection.execute(select(f"count(DISTINCT {hashed})", table.source)).fetchone() or (0,)
        copies = table.rows - int(different)
        if not copies or 10 * different < table.rows:
            return 0
        some = f"({select('*', table.source, f'LIMIT {_SAMPLE}')})"
        alike = 1.0
        for name in names:
            groups = select("count(*) AS n", some, f"GROUP BY {table.sql(name)}")
            (pairs,) = connection.execute(select("sum(n * (n - 1))", f"({groups})")).fetchone() or (0,)
            drawn = min(table.rows, _SAMPLE)
            alike *= float(pairs) / (drawn * (drawn - 1))
    expected = table.rows * -math.expm1(-(table.rows - 1) * alike)
    return copies if expected < copies / 100 else 0

"""The SQL of 64 bits for each row of a table: quickly where values are what they look like, closely elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.tables.duck import connect, literal, select
from ml_ci.tables.hashed import Known, hash_rows, hash_sure, hash_values, knows_mixing
from ml_ci.tables.table import Table

# Of fewer rows nothing has to be quick.
LARGE = 50_000
_SEEN = 2_000  # the first rows, which say what may be expected of all
_MOST_SLOW = 0.1  # of those: a table with more of them is looked at closely at once
_MOST_TEXTS, _LONGEST = 16, 64  # different texts of a column, each of so many letters
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")

_Seen: TypeAlias = Mapping[str, Sequence[str | None]]  # by column


@dataclass(frozen=True)
class _Reading:
    """How a table is read to be hashed quickly: the SQL of its rows, of which the columns `numbers` are DOUBLE.

    `beginning` is the same for the first rows.
    """

    source: str
    beginning: str
    numbers: frozenset[str] = frozenset()


def hash_quickly(table: Table, columns: Sequence[str]) -> str | None:
    """Give the SQL of a table's rows with the hash `h` of some columns, NULL where it takes a closer look.

    None where that would be so of many rows, or where there are few.
    """
    if table.rows < LARGE or not knows_mixing():
        return None
    return _hash_as_read(table, columns, _Reading(table.source, _begin(table)), _look(table, columns))


def _hash_as_read(table: Table, columns: Sequence[str], how: _Reading, seen: _Seen) -> str | None:
    known = _find_known(table, {name: seen[name] for name in seen if name not in how.numbers})
    first = replace(how, source=f"({select('*', how.beginning, f'LIMIT {_SEEN}')})")
    with connect(shown=table.shown) as connection:
        asked = select("count(*) - count(h), count(*)", _quick(table, columns, known, first))
        slow, rows = connection.execute(asked).fetchone() or (0, 0)
    return None if slow > _MOST_SLOW * rows else _quick(table, columns, known, how)


def hash_closely(table: Table, columns: Sequence[str], quick: str | None = None) -> str:
    """Give the SQL of rows with the hash of some columns: of those that were not hashed quickly, or of all."""
    source = table.source
    if quick is not None:
        own = ", ".join(f"c{place}" for place in range(len(table.names)))
        source = f"({select(own, quick, 'WHERE h IS NULL')})"
    rows, bits = hash_values(table, columns, source)
    return hash_rows(rows, dict(zip(columns, bits, strict=True)))


def hold_hashed(table: Table, columns: Sequence[str]) -> None:
    """Hold columns of a large table, and with them what tells its rows apart: in one reading of the file.

    Nothing more than the columns where that takes a closer look at rows. A text's columns that begin with numbers are
    read as such, and as texts where one of them is none.
    """
    if table.rows < LARGE or not knows_mixing():
        table.hold(columns)
        return
    names, held = sorted(table.names), {*map(table.sql, columns)}
    bits = {name: f"r{place}" for place, name in enumerate(names)}
    seen = _look(table, names)
    numbers = [name for name in names if table.sql(name) not in held and _are_numbers(seen.get(name, ()))]
    source, beginning = (table.source_as_it_stands(numbers, few=few) for few in (False, True))
    # 1_000 is a number to DuckDB, and to no other
    if numbers and not table.layout.underscored and source is not None and beginning is not None:
        with suppress(UserError):
            how = _Reading(source, beginning, frozenset(numbers))
            table.hold(columns, _hash_as_read(table, names, how, seen), bits)
            return
    table.hold(columns, _hash_as_read(table, names, _Reading(table.source, _begin(table)), seen), bits)


def _quick(table: Table, columns: Sequence[str], known: Mapping[str, Known], how: _Reading) -> str:
    rows, bits = hash_sure(table, columns, known, how.source, how.numbers)
    return hash_rows(rows, dict(zip(columns, bits, strict=True)))


def _look(table: Table, columns: Sequence[str]) -> _Seen:
    """Give the first values of the columns that are texts."""
    texts = [name for name in columns if table.kind(name) == "VARCHAR"]
    if not texts:
        return {}
    names = ", ".join(map(table.sql, texts))
    with connect(shown=table.shown) as connection:
        seen = connection.execute(select(names, _begin(table), f"LIMIT {_SEEN}")).fetchall()
    return dict(zip(texts, zip(*seen, strict=True), strict=False))


def _begin(table: Table) -> str:
    """Give the SQL of a table's rows for the first of them."""
    return table.source_as_it_stands(few=True) or table.source


def _are_numbers(values: Sequence[str | None]) -> bool:
    """Say whether values are worth to be read as numbers: those that are there are written as such, and some are."""
    there = [value for value in values if value is not None]
    return bool(there) and all(map(_NUMBER.fullmatch, there))


def _find_known(table: Table, seen: _Seen) -> Mapping[str, Known]:
    """Give the bits of the texts that are the most frequent ones of their columns, where a column has few."""
    found = {}
    for name, values in seen.items():
        counted = Counter(value for value in values if value is not None)
        if 0 < len(counted) <= _MOST_TEXTS and all(len(one) <= _LONGEST and one.isprintable() for one in counted):
            found[name] = [text for text, _ in counted.most_common()]
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

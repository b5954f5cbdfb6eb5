"""Rows to look through several times: read once where they are few enough, and otherwise anew for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ml_ci.frozen import dataclass
from ml_ci.tables.duck import Database, select
from ml_ci.tables.hashed import MISSING, cross, hash_sure, hash_values, knows_mixing, salt
from ml_ci.tables.table import HELD, Table

# So many values are held by their bits, 8 bytes each.
MOST = 32_000_000
# Of so few rows it takes longer to plan how they are told apart than to do it.
FEW = 50_000


class Rows(Protocol):
    """Rows that are told apart by some of their columns, each by its bits: see `hashed`."""

    @property
    def rows(self) -> int:
        """The number of rows."""
        ...

    def keyed(self, key: Sequence[str]) -> str:
        """Write the query of the bits `k` of some columns, of each row."""
        ...

    def whole(self, key: Sequence[str], features: Sequence[str], label: Sequence[str], among: str) -> str:
        """Write the query of the bits `k`, `f` and `l` of some columns each; `among` says by `k` of which rows."""
        ...

    def each(self, columns: Sequence[str], some: str) -> str:
        """Write the query of some rows with the bits of columns apart: `h0`, `h1`, ..."""
        ...


@dataclass(frozen=True)
class Held:
    """Rows of which the bits of columns are held `apart`, as `h0`, `h1`, ...

    Where those of `joint` columns are held together too, as `q`, the bits of any of them are known if the others are
    held apart: they are taken out again.
    """

    source: str
    rows: int
    apart: Sequence[str]
    joint: Sequence[str] = ()

    def knows(self, columns: Sequence[str]) -> bool:
        """Say whether the bits of some columns together are known."""
        return {*columns} <= {*self.apart} or {*columns} <= {*self.joint} <= {*columns, *self.apart}

    def keyed(self, key: Sequence[str]) -> str:
        return select(f"{self._bits(key)} AS k", self.source)

    def whole(self, key: Sequence[str], features: Sequence[str], label: Sequence[str], among: str) -> str:
        what = f"{self._bits(key)} AS k, {self._bits(features)} AS f, {self._bits(label)} AS l"
        return select("*", f"({select(what, self.source)})", among)

    def each(self, columns: Sequence[str], some: str) -> str:
        what = ", ".join(f"h{self.apart.index(name)} AS h{place}" for place, name in enumerate(columns))
        return select(what, self.source, some)

    def _bits(self, columns: Sequence[str]) -> str:
        if {*columns} <= {*self.apart}:
            return cross([f"h{self.apart.index(name)}" for name in columns])
        return cross(["q", *(f"h{self.apart.index(name)}" for name in self.joint if name not in columns)])


@dataclass(frozen=True)
class Read:
    """Rows of a table, read for each question; a column that it has not is missing in every row.

    `together` has them and those of other tables with the same columns.
    """

    table: Table
    together: str = ""

    @property
    def rows(self) -> int:
        return self.table.rows

    def _salted(self, columns: Sequence[str], source: str, *, quickly: bool = False) -> str:
        own = [name for name in columns if self.table.has(name)]
        rows, bits = hash_sure(self.table, own, {}, source) if quickly else hash_values(self.table, own, source)
        known = dict(zip(own, bits, strict=True))
        return salt(rows, {name: known.get(name, f"{MISSING}::UBIGINT") for name in columns})

    def keyed(self, key: Sequence[str]) -> str:
        return select(f"{cross(_numbered(len(key)))} AS k", self._salted(key, self.table.source))

    def whole(self, key: Sequence[str], features: Sequence[str], label: Sequence[str], among: str) -> str:
        own = ", ".join(f"c{place}" for place in range(len(self.table.names)))
        keyed = select(f"{own}, {cross(_numbered(len(key)))} AS k", self._salted(key, self.table.source))
        columns = list(dict.fromkeys((*features, *label)))
        found = self._salted(columns, f"({select('*', f'({keyed})', among)})")
        of_features, of_label = ([f"r{columns.index(name)}" for name in names] for names in (features, label))
        return select(f"k, {cross(of_features)} AS f, {cross(of_label)} AS l", found)

    def each(self, columns: Sequence[str], some: str, *, quickly: bool = False) -> str:
        found = self._salted(columns, f"({select('*', self.together or self.table.source, some)})", quickly=quickly)
        return select(", ".join(f"r{place} AS h{place}" for place in range(len(columns))), found)


def to_look_through(
    connection: Database, name: str, tables: Sequence[Table], columns: Sequence[str], most: int = MOST
) -> Sequence[Rows]:
    """Give the rows of tables by some columns: held as `name`, or table by table."""
    rows = sum(table.rows for table in tables)
    if rows * len(columns) > most:
        return [Read(one) for one in tables]
    parts = _read_together(tables)
    if rows > FEW or not knows_mixing() or not _hold_quickly(connection, name, parts, columns):
        each = " UNION ALL ".join(one.each(columns, "") for one in parts)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {each}")
    return [Held(name, rows, columns)]


def _hold_quickly(connection: Database, name: str, parts: Sequence[Read], columns: Sequence[str]) -> bool:
    """Hold rows by what is sure of their values at first sight, and say whether all is: it takes half the planning."""
    each = " UNION ALL ".join(one.each(columns, "", quickly=True) for one in parts)
    connection.execute(f"CREATE TEMP TABLE {name} AS {each}")
    known = " AND ".join(f"count(h{place}) = count(*)" for place in range(len(columns)))
    return all(sure for (sure,) in connection.execute(select(known, name)).fetchall())


def _read_together(tables: Sequence[Table]) -> list[Read]:
    """Have tables with the same columns read as one: the bits of 200 parts are 200 times what DuckDB has to plan."""
    alike: dict[object, list[Table]] = {}
    for one in tables:
        alike.setdefault((one.names, one.types, one.layout.underscored), []).append(one)
    return [
        Read(first, f"({' UNION ALL '.join(select('*', one.source) for one in (first, *others))})")
        for first, *others in alike.values()
    ]


def find_held(connection: Database, name: str, table: Table, features: Sequence[str]) -> Held | None:
    """Give the rows of a table by some of its columns and by the others, of what the table holds; None without it."""
    others = [one for one in table.names if one not in features]
    if not table.hashed or not table.holds(others):
        return None
    import numpy as np  # what is held, is held by it: the plan of a small table does without

    source, apart = HELD, [bits for column in others if (bits := table.bits_of(column)) is not None]
    if len(apart) < len(others):
        rows, values = hash_values(table, others, HELD)
        source = salt(rows, dict(zip(others, values, strict=True)))
        apart = [f"r{place}" for place in range(len(others))]
    what = ", ".join(["q", *(f"{one} AS h{place}" for place, one in enumerate(apart))])
    found = table.ask(select(what, source))
    connection.register(name, {one: np.ma.getdata(values) for one, values in found.items()})
    return Held(name, table.rows, others, table.names)


def _numbered(columns: int) -> list[str]:
    return [f"r{place}" for place in range(columns)]

"""How many rows of one table stand in another: by value, columns matched by name, in DuckDB and never row by row."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.tables.duck import Database, connect, select
from ml_ci.tables.rows_held import MOST, Held, Rows, find_held, to_look_through
from ml_ci.tables.table import Table

MEMORY = 1 << 30
# So many rows say how often two rows agree in a column, and which columns tell rows apart.
SAMPLE = 10_000
# Names under which a position was written beside the values.
_POSITION = re.compile(r"__index_level_\d+__|Unnamed: ?\d+|index|")


@dataclass(frozen=True)
class Shared:
    """Count the rows of one table that stand in another, compared by the same columns.

    `found` of `rows` stand there; `repeated` of the other's `others` rows have an equal one beside them there, of
    `distinct` different ones. `alike` is the share of pairs of rows that would agree in every column if the columns
    had nothing to do with one another.
    """

    rows: int
    found: int
    others: int = 0
    repeated: int = 0
    distinct: int = 0
    alike: float = 0.0


@dataclass(frozen=True)
class Compared:
    """Hold what was found with the label (None where the other table has none), and of everything but the label."""

    whole: Shared | None
    features: Shared


def shared_rows(
    table: Table,
    others: Sequence[Table],
    label: str,
    *,
    without: Collection[str] = (),
    naming: Collection[str] = (),
) -> list[Compared]:
    """Count the rows of a table that stand in others together, with and without the column `label`.

    Columns are matched by name; those of `without` are left out. A second answer, where there is one, leaves out the
    columns that only number the rows, or name them (`naming`): rows that were numbered anew are still the same. No
    answer where the other tables have less than half of the columns: they hold something else.
    """
    names = {name for other in others for name in other.names}
    features = [name for name in table.names if name in names and name not in (label, *without)]
    if not features or 2 * len(features) < len(set(table.names) - {label, *without}):
        return []
    with connect(MEMORY, shown=table.shown) as connection:
        connection.execute("SET preserve_insertion_order = false")
        columns = [*features, *([label] if table.has(label) else [])]
        theirs = to_look_through(connection, "theirs", others, columns)
        # Where their rows are held, ours are read for their keys, and whole only where a key is known.
        held = all(isinstance(one, Held) for one in theirs)
        whole = find_held(connection, "whole", table, features)
        ours = to_look_through(connection, "ours", [table], columns, 0 if held or whole is not None else MOST)
        search = _Search(connection, table, others, label, columns, ours, whole, theirs, held)
        found = [search.compare(features)]
        telling = [name for name in features if name not in naming and not search.numbers_rows(name)]
        return [*found, search.compare(telling)] if telling and len(telling) < len(features) else found


@dataclass
class _Search:
    connection: Database
    table: Table
    others: Sequence[Table]
    label: str
    columns: Sequence[str]
    ours: Sequence[Rows]
    whole: Held | None  # ours, if the table holds what tells its rows apart
    theirs: Sequence[Rows]
    held: bool

    @cached_property
    def labelled(self) -> bool:
        return self.table.has(self.label) and all(other.has(self.label) for other in self.others)

    @cached_property
    def first(self) -> Mapping[str, float]:
        """Give by column the share of pairs of the others' first rows that agree in it: quickly read, and no sample."""
        return self._agreeing(f"LIMIT {SAMPLE}")

    @cached_property
    def alike(self) -> Mapping[str, float]:
        """Give by column the share of pairs of the others' rows that agree in it, as a sample has it."""
        return self._agreeing(f"USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (0)")

    def compare(self, features: Sequence[str]) -> Compared:
        """Compare by some columns, and by those with the label where both have it."""
        ours, key, known = self.ours, self._key(features), ""
        if self.whole is not None and self.whole.knows(features):
            ours, key = [self.whole], features
        if not self.held:
            known = "wanted"
            self._make(known, _keys(ours, key))
        self._make("there", self._keep(self.theirs, features, key, known))
        self._make("here", self._keep(ours, features, key, "there"))
        whole = self._share("w", features, key) if self.labelled else None
        return Compared(whole, self._share("f", features, key))

    def numbers_rows(self, column: str) -> bool:
        """Say whether a column is a running number, in each of the tables or in all of them together."""
        if _POSITION.fullmatch(column):
            return True
        if self.first[column] > 0 or not self._begins_whole(column):
            return False
        spans = [self._span((self.table,), column), self._span(self.others, column)]
        return all(map(_running, spans)) or _running(_join(spans))

    def _begins_whole(self, column: str) -> bool:
        """Say whether the first values of a column are whole numbers: most columns need not be read further."""
        beginning = self.table.source_as_it_stands(few=True) or self.table.source
        some = select(f"{_whole(self.table, column)} AS v", beginning, "LIMIT 100")
        return bool(self._one(select("count(*) = count(v)", f"({some})"))[0])

    def _key(self, features: Sequence[str]) -> Sequence[str]:
        """Choose as few columns as tell most rows apart: only rows that agree in those are compared whole."""
        chosen, product = [], 1.0
        for name in sorted(features, key=self.first.__getitem__):
            chosen.append(name)
            product *= self.first[name]
            if product * SAMPLE * SAMPLE < 1:
                break
        return chosen

    def _keep(self, tables: Sequence[Rows], features: Sequence[str], key: Sequence[str], known: str) -> str:
        """Write the query of the rows whose key is `known`, all where that is "".

        Their columns are `k`, `f` of the features, and `w` of those and the label.
        """
        among = f"WHERE k IN ({select('k', known)})" if known else ""
        label = (self.label,) if self.labelled else ()
        parts = [one.whole(key, features, label, among) for one in tables]
        return select("k, f, hash(f, l) AS w", f"({' UNION ALL '.join(parts)})")

    def _share(self, by: str, features: Sequence[str], key: Sequence[str]) -> Shared:
        rows = self.table.rows
        (found,) = self._one(select("count(*)", "here", f"WHERE {by} IN ({select(by, 'there')})"))
        if not found:
            return Shared(rows, 0)
        others = sum(other.rows for other in self.others)
        repeated, less = self._find_repeated(by, features, key)
        columns = [*features, *([self.label] if by == "w" else [])]
        alike = 1.0
        for name in columns:
            alike *= self.alike[name]
        return Shared(rows, int(found), others, repeated, others - less, alike)

    def _find_repeated(self, by: str, features: Sequence[str], key: Sequence[str]) -> tuple[int, int]:
        """Count the others' rows with an equal one beside them, and how many less they were without their repeats."""
        self._make("several", select("k", f"({_keys(self.theirs, key)})", "GROUP BY k HAVING count(*) > 1"))
        groups = select("count(*) AS n", f"({self._keep(self.theirs, features, key, 'several')})", f"GROUP BY {by}")
        found = self._one(select("coalesce(sum(n), 0), coalesce(sum(n - 1), 0)", f"({groups})", "WHERE n > 1"))
        return int(found[0]), int(found[1])

    def _agreeing(self, some: str) -> Mapping[str, float]:
        names = self.columns
        parts = [f"({one.each(names, some if one.rows > SAMPLE else '')})" for one in self.theirs]
        self._make("drawn", select("*", f"({' UNION ALL '.join(parts)})"))
        rows = int(self._one(select("count(*)", "drawn"))[0])
        return {name: self._pairs(f"h{place}", rows) for place, name in enumerate(names)}

    def _pairs(self, column: str, rows: int) -> float:
        groups = f"({select('count(*) AS n', 'drawn', f'GROUP BY {column}')})"
        pairs = rows * (rows - 1)
        return float(self._one(select("sum(n * (n - 1))", groups))[0]) / pairs if pairs else 1.0

    def _span(self, tables: Sequence[Table], column: str) -> tuple[int, int, int, int]:
        """Give rows, different whole numbers, the lowest and the highest of a column; zeros where one is no number."""
        parts = [select(f"{_whole(one, column)} AS v", one.source) for one in tables if one.has(column)]
        source = f"({' UNION ALL '.join(parts)})"
        rows, low, high, whole = self._one(select("count(*), min(v), max(v), count(v)", source))
        if not rows or whole != rows or high - low + 1 < rows:
            return 0, 0, 0, 0
        return int(rows), int(self._one(select("count(DISTINCT v)", source))[0]), int(low), int(high)

    def _make(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def _one(self, query: str) -> tuple[Any, ...]:
        found = self.connection.execute(query).fetchone()
        return found if found is not None else ()


def _keys(tables: Sequence[Rows], key: Sequence[str]) -> str:
    return " UNION ALL ".join(one.keyed(key) for one in tables)


def _whole(table: Table, column: str) -> str:
    number = table.number_sql(column)
    return f"CASE WHEN {number} = floor({number}) AND abs({number}) < 1e15 THEN CAST({number} AS BIGINT) END"


def _running(span: tuple[int, int, int, int]) -> bool:
    rows, distinct, low, high = span
    return rows > 1 and rows == distinct == high - low + 1


def _join(spans: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    """Put two spans together: a number that stands in both makes more rows than numbers, which is no running one."""
    (rows, distinct, low, high), (more, others, lower, higher) = spans
    if not rows or not more:
        return 0, 0, 0, 0
    return rows + more, distinct + others, min(low, lower), max(high, higher)

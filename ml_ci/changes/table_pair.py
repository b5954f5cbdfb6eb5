"""Two versions of a table side by side in DuckDB: counts of rows, columns, missing values, distributions."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from ml_ci.changes.drift import jensen_shannon, noise
from ml_ci.tables.duck import connect, literal, select
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import Table

# Beyond these a description would take longer than it is worth: rows are not matched, columns are sampled.
MOST_MATCHED = 1_000_000
MOST_SAMPLED = 200_000
_BINS = 10
_VALUES = 100
_MEMORY = 1 << 30
_DATE = r"\d{4}-\d\d-\d\d([T ].*)?"


def write_spared(expression: str) -> str:
    """Write the SQL of a value as text without spaces around it, "" where it is missing.

    A tenth of the time that trimming every kind of white space takes, which a description of many rows can do without.
    """
    return f"trim(coalesce(CAST({expression} AS VARCHAR), ''))"


class TablePair:
    """Compare two tables for the time of a `with` block; `common` are the names that both have, in the new order.

    `sampled` says that distributions and missing values are estimated on 200,000 rows of each; `matched` that rows
    were few enough to be matched.
    """

    def __init__(self, old: Table, new: Table) -> None:
        self._kinds: dict[tuple[str, int], str] = {}
        self.old = old
        self.new = new
        self.common = tuple(name for name in new.names if name in old.names)
        self.sampled = max(old.rows, new.rows) > MOST_SAMPLED
        self.matched = max(old.rows, new.rows) <= MOST_MATCHED
        self._spill = tempfile.TemporaryDirectory(prefix="ml-ci-pair-")  # DuckDB's own choice is the current folder
        self._connection = connect(
            _MEMORY, shown=f"{old.shown} or {new.shown}" if old.shown != new.shown else new.shown
        )
        self._connection.execute(f"SET temp_directory = {literal(self._spill.name)}")
        for name, table in (("old_sample", old), ("new_sample", new)):
            self._copy(name, table)

    def __enter__(self) -> TablePair:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._spill.cleanup()

    def labels(self, column: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Count the values of a column in all rows, old and new, by their trimmed text."""
        return self._count(self.old, column), self._count(self.new, column)

    def kinds(self, column: str) -> tuple[str, str]:
        """Say what the values of a column are, old and new: integer, number, boolean, date, text, or empty."""
        place = self.common.index(column)
        return self._kind("old_sample", place), self._kind("new_sample", place)

    def missing(self, column: str) -> tuple[float, float]:
        """Give the share of missing (empty) values of a column, old and new."""
        place = self.common.index(column)
        what = f"avg((c{place} = '')::INT)"
        return self._one(select(what, "old_sample")), self._one(select(what, "new_sample"))

    def drift(self, column: str) -> tuple[float, float] | None:
        """Give the Jensen–Shannon divergence of a column between the versions, and what noise alone gives, in bits.

        Numbers are counted in ten bins of equal share of the old values, texts by their hundred most frequent values
        and the rest; missing values are a bin of their own. None without rows, or when the column only names rows.
        """
        kinds = {*self.kinds(column)}
        if kinds <= {"integer", "text", "date"} and self.unique(column):
            return None
        place = self.common.index(column)
        binned = self._bins(place) if kinds <= {"integer", "number"} else self._top(place)
        counts = self._histogram("old_sample", binned), self._histogram("new_sample", binned)
        found, expected = jensen_shannon(*counts), noise(*counts)
        return None if found is None or expected is None else (found, expected)

    def means(self, column: str) -> tuple[float, float] | None:
        """Give the mean of a numeric column, old and new; None of any other."""
        place = self.common.index(column)
        if not {*self.kinds(column)} <= {"integer", "number"}:
            return None
        what = f"avg(TRY_CAST(c{place} AS DOUBLE))"
        return self._one(select(what, "old_sample")), self._one(select(what, "new_sample"))

    def rows(self) -> tuple[int, int]:
        """Count the rows that came and that went: of equal rows, as many as one version has more."""
        self._match("row", self.common)
        what = "coalesce(sum(greatest(n - o, 0)), 0), coalesce(sum(greatest(o - n, 0)), 0)"
        come, gone = self._both(select(what, "row_match"))
        return int(come), int(gone)

    def count_relabelled(self, label: str, key: str | None) -> int:
        """Count the rows whose label differs, found again by the column `key`, or by everything but the label.

        Rows that are not told apart by it are left out.
        """
        others = [name for name in self.common if name != label] if key is None else [key]
        what = f"{self._key(others)} AS k, {self._column(label)} AS l"
        once = "GROUP BY k HAVING count(*) = 1"
        sides = [f"({select('k, min(l) AS l', f'({select(what, side)})', once)})" for side in self._sides()]
        found = self._one(select("count(*)", f"{sides[0]} a JOIN {sides[1]} b USING (k)", "WHERE a.l <> b.l"))
        return int(found)

    def count_edited(self, key: str) -> tuple[int, int, int]:
        """Count rows by a column that identifies them: (added, removed, changed)."""
        what = f"{self._column(key)} AS k, {self._key(self.common)} AS r"
        old, new = (f"({select(what, side)})" for side in self._sides())
        counts = (
            "count(*) FILTER (WHERE a.k IS NULL), count(*) FILTER (WHERE b.k IS NULL), "
            "count(*) FILTER (WHERE a.r <> b.r)"
        )
        found = self._connection.execute(select(counts, f"{old} a FULL JOIN {new} b ON a.k = b.k")).fetchone()
        added, removed, changed = found or (0, 0, 0)
        return int(added), int(removed), int(changed)

    def unique(self, column: str) -> bool:
        """Say whether a column names each row once, in both versions (in the sample of them, where there is one)."""
        what = f"count(*) = count(DISTINCT {self._column(column)})"
        return all(bool(self._one(select(what, side))) for side in ("old_sample", "new_sample"))

    def _copy(self, name: str, table: Table) -> None:
        size = f"USING SAMPLE reservoir({MOST_SAMPLED} ROWS) REPEATABLE (0)" if table.rows > MOST_SAMPLED else ""
        sampled = f"({select('*', table.source, size)})"
        self._connection.execute(f"CREATE TEMP TABLE {name} AS {self._both_forms(table, sampled)}")

    def _both_forms(self, table: Table, source: str) -> str:
        """Give the common columns as texts, c0, c1, ..., and in the form that stands for all spellings, v0, v1, ..."""
        spelled_rows, forms = spell(table, self.common, source=source)
        texts = [f"{write_spared(table.sql(column))} AS c{place}" for place, column in enumerate(self.common)]
        return select(", ".join([*texts, *forms]) or "1 AS nothing", spelled_rows)

    def _sides(self) -> tuple[str, str]:
        # All rows where they fit, under the names c0, c1, ... of the common columns.
        if not self.sampled:
            return "old_sample", "new_sample"
        return self._whole(self.old), self._whole(self.new)

    def _whole(self, table: Table) -> str:
        return f"({self._both_forms(table, table.source)})"

    def _match(self, name: str, columns: Sequence[str]) -> None:
        old, new = (
            f"({select(f'{self._key(columns)} AS k, count(*) AS n', side, 'GROUP BY k')})" for side in self._sides()
        )
        joined = select("coalesce(a.n, 0) AS o, coalesce(b.n, 0) AS n", f"{old} a FULL JOIN {new} b ON a.k = b.k")
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name}_match AS {joined}")

    def _key(self, columns: Sequence[str]) -> str:
        return (
            "md5(concat_ws(chr(31), '', " + ", ".join(self._column(name) for name in columns) + "))"
            if columns
            else "''"
        )

    def _column(self, name: str) -> str:
        return f"v{self.common.index(name)}"

    def _count(self, table: Table, column: str) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        value = write_spared(table.sql(column))
        for text, number in self._connection.execute(
            select(f"{value}, count(*)", table.source, "GROUP BY 1")
        ).fetchall():
            counts[text.strip()] = counts.get(text.strip(), 0) + int(number)
        return counts

    def _kind(self, side: str, place: int) -> str:
        if (side, place) not in self._kinds:
            self._kinds[side, place] = self._look(side, place)
        return self._kinds[side, place]

    def _look(self, side: str, place: int) -> str:
        value = f"c{place}"
        number = f"TRY_CAST({value} AS DOUBLE) IS NOT NULL"
        tests = (
            f"count(*), bool_and(regexp_full_match({value}, '[+-]?[0-9]+')), bool_and({number}), "
            f"bool_and(lower({value}) IN ('true', 'false')), bool_and(regexp_full_match({value}, {literal(_DATE)}))"
        )
        found = self._connection.execute(select(tests, side, f"WHERE {value} <> ''")).fetchone()
        rows, *holds = found or (0,)
        names = ("integer", "number", "boolean", "date")
        return next((name for name, held in zip(names, holds, strict=True) if held), "text") if rows else "empty"

    def _bins(self, place: int) -> str:
        value = f"TRY_CAST(c{place} AS DOUBLE)"
        shares = [number / _BINS for number in range(1, _BINS)]
        found = self._one(select(f"quantile_disc({value}, {shares})", "old_sample", f"WHERE isfinite({value})")) or []
        edges = sorted({float(edge) for edge in found if math.isfinite(edge)})
        cases = " ".join(f"WHEN {value} <= {edge!r}::DOUBLE THEN '{place}'" for place, edge in enumerate(edges))
        return f"CASE WHEN c{place} = '' THEN 'missing' {cases} ELSE 'above' END"

    def _top(self, place: int) -> str:
        both = f"({select(f'c{place} AS v', 'old_sample')} UNION ALL {select(f'c{place} AS v', 'new_sample')})"
        most = select("v", both, f"GROUP BY v ORDER BY count(*) DESC, v LIMIT {_VALUES}")
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE top AS {most}")
        return f"CASE WHEN c{place} IN ({select('v', 'top')}) THEN 'v' || c{place} ELSE 'rest' END"

    def _histogram(self, side: str, binned: str) -> Mapping[str, int]:
        return {
            str(one): int(n)
            for one, n in self._connection.execute(select(f"{binned}, count(*)", side, "GROUP BY 1")).fetchall()
        }

    def _one(self, query: str) -> Any:
        return self._both(query)[0]

    def _both(self, query: str) -> tuple[Any, ...]:
        found = self._connection.execute(query).fetchone()
        return found if found is not None else (None,)

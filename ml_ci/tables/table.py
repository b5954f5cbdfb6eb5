"""A table on disk: text or Parquet, read through DuckDB column by column."""

from __future__ import annotations

import csv
import math
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ml_ci.errors import UserError
from ml_ci.tables.bounds import Bounds
from ml_ci.tables.canonical import brief
from ml_ci.tables.coded import encode
from ml_ci.tables.duck import Database, as_text, connect, parquet, select, trim
from ml_ci.tables.gathered import Gathered, gather
from ml_ci.tables.layout import Layout, examine
from ml_ci.tables.raw import batches, plain_batches
from ml_ci.tables.records import header, records, rows
from ml_ci.tables.text_source import csv_source, text_source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Kinds of values without a greatest length; a nested one holds them in brackets.
_LONG_KINDS = ("VARCHAR", "BLOB", "BIT", "ENUM", "[", "(", "JSON", "GEOMETRY", "VARIANT")
HELD = "held"  # what is read at once, by the names that it has in `source`
MOST_HELD = 20_000_000  # values of a text, 16 bytes each, and the long ones more


class Table:
    """Read a table on disk; `Table.open` makes one.

    `path` is the file (of what was `gathered`, the one that it was put together in), `shown` its name in messages,
    `names` the trimmed names of the columns, `rows` the number of rows without the header, `notes` what the user should
    know of how it was read.
    """

    def __init__(
        self,
        path: Path,
        shown: str,
        layout: Layout,
        bounds: Bounds | None = None,
        holding: Callable[[Table], None] | None = None,
    ) -> None:
        self.path = path
        self.shown = shown
        self.layout = layout
        self.names = layout.names
        self.notes = layout.notes
        self.gathered: Gathered | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._counts: dict[str, dict[str, int]] = {}
        self._codes: dict[int, tuple[NDArray[np.int32], tuple[str, ...]]] = {}
        self._lengths: array[int] | None = None  # of the records in bytes, where they are not simply lines
        self._blank: list[int] = []
        self._held: frozenset[str] = frozenset()
        self._is_read = False  # every value, for what is held
        self._bits: frozenset[str] = frozenset()  # of values, which are held
        self.hashed = False  # the bits of every row are held, `q`
        self._connection = connect(None if bounds is None else bounds.memory, shown=shown)
        self.source = self._read()
        self.rows = layout.lines - layout.header  # of a plain text, where no line is broken
        self.rows = self._count(holding)

    @classmethod
    def open(
        cls,
        path: Path,
        columns: Sequence[str] | None = None,
        *,
        shown: str | None = None,
        bounds: Bounds | None = None,
        holding: Callable[[Table], None] | None = None,
    ) -> Table:
        """Open CSV, TSV, other delimited text (also .gz) or Parquet, known by its content and not by its name; also a
        folder or a glob of such files, JSON Lines, Feather and Arrow, which are put together first.

        `columns` names the columns of a text without a header line; `holding` has the table hold columns (`hold`),
        which is worth most while it is opened: its rows are counted then anyway. Every value of a text stays text.
        UserError, with file and line, when there is no table: missing, empty, a folder, NUL bytes, a broken record, a
        name twice, no rows, or more than `bounds` allow.
        """
        name = shown or path.as_posix()
        gathered = gather(path, columns, name, bounds)
        at = path if gathered is None else gathered.path
        table = cls(at, name, examine(at, columns, name, bounds), bounds, holding)
        table.gathered = gathered
        return table

    def hold(self, columns: Sequence[str], hashed: str | None = None, bits: Mapping[str, str] | None = None) -> None:
        """Read columns of a text at once that will be asked for several times: each time the whole file is parsed.

        `hashed` is the SQL of the rows with bits `q` of each, which are held too and are NULL where they are not known;
        `bits` names by column those of its values in there, which are held as `bits_of` names them. Without `hashed`
        nothing is held of Parquet, which is read column by column; and nothing of very many rows.
        """
        names = dict.fromkeys(map(self.sql, columns))
        apart = {} if bits is None else {f"b{self.sql(one)}": bits[one.strip()] for one in columns}
        wanted = [*names, *([] if hashed is None else ["q", *(f"{value} AS {name}" for name, value in apart.items())])]
        is_quick = self.layout.parquet and hashed is None
        if is_quick or self._held or not names or self.rows * len(wanted) > MOST_HELD:
            return
        source = self.source if hashed is None else hashed
        self._connection.execute(f"CREATE TEMP TABLE {HELD} AS {select(', '.join(wanted), source)}")
        self._held = frozenset(names)
        if hashed is not None:
            self._is_read = True
            found = self._connection.execute(select("count(*) = count(q)", HELD)).fetchone()
            self.hashed = bool(found and found[0])
            self._bits = frozenset(apart if self.hashed else ())

    def source_as_it_stands(self, numbers: Iterable[str] = (), *, few: bool = False) -> str | None:
        """Give what `source` is, with columns that are numbers: see `text_source`; None where that is no plain text."""
        if not self.layout.plain or self._folder is not None:
            return None
        places = [self.layout.index(column, self.shown) for column in numbers]
        return text_source(self.path, self.layout, places, few=few)

    def holds(self, columns: Iterable[str]) -> bool:
        """Say whether all of some columns are held."""
        return all(self.sql(column) in self._held for column in columns)

    def bits_of(self, column: str) -> str | None:
        """Give what the bits of a column's values are called in what is held; None where they are not held."""
        name = f"b{self.sql(column)}"
        return name if name in self._bits else None

    def _source_of(self, name: str) -> str:
        return HELD if name in self._held else self.source

    def has(self, column: str) -> bool:
        """Say whether there is a column of this name."""
        return column.strip() in self.names

    def text(self, column: str) -> NDArray[np.object_]:
        """Give a column as trimmed texts, shape (rows,), "" where a value is missing."""
        import numpy as np

        found = self._fetch(as_text(self.sql(column)), self._source_of(self.sql(column)))
        return np.array([text.strip() for text in found.tolist()], np.object_)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Give a column as float64, shape (rows,), NaN where a value is missing.

        UserError naming the first value that is no number.
        """
        return self.numbers_with(column, "false")[0]

    def numbers_with(self, column: str, condition: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Give a column's numbers and, from the same reading, for which rows an SQL condition holds; see `numbers`."""
        import numpy as np

        what = f"{self.number_sql(column)} AS v, coalesce({condition}, false) AS w"
        source = self._source_of(self.sql(column)) if condition == "false" else self.source
        found = self._connection.execute(select(what, source)).fetchnumpy()
        read = np.ma.filled(np.ma.asanyarray(found["v"]), np.nan).astype(np.float64)
        if np.isnan(read).any():
            self.refuse_text(column)
        return read, np.asarray(found["w"], np.bool_)

    def refuse_text(self, column: str) -> None:
        """Raise UserError naming the first value of a column that is neither a number nor missing."""
        value = self.sql(column)
        found = self.first(f"{self.number_sql(column)} IS NULL AND {trim(value)} <> ''")
        if found is not None:
            said = f"{brief(self.text_at(column, found))} in column {column!r} is no number"
            raise UserError(f"{self.where(found)}: {said}")

    def first(self, condition: str) -> int | None:
        """Give the 0-based index of the first row for which an SQL condition holds, or None; the rows are streamed."""
        if not self.count_where(condition):  # numbering the rows is the slow part
            return None
        numbered = select(f"row_number() OVER () - 1 AS place, {condition} AS holds", self.source)
        found = self._connection.execute(select("min(place)", f"({numbered})", "WHERE holds")).fetchone()
        return None if found is None or found[0] is None else int(found[0])

    def codes(self, columns: Sequence[str]) -> tuple[NDArray[np.int32], tuple[tuple[str, ...], ...]]:
        """Give the distinct values of one or more columns together, and for each row the position of its own.

        The first is int32 of shape (rows,); the values are tuples of trimmed texts ("" is missing), sorted.
        """
        import numpy as np

        if len(columns) == 1:
            codes, values = self._code(columns[0])
            return codes, tuple((value,) for value in values)
        parts = [self._code(column) for column in columns]
        joint = np.zeros(self.rows, np.int64)
        for codes, values in parts:
            joint = joint * len(values) + codes
        found, positions = np.unique(joint, return_inverse=True)
        split = np.unravel_index(found, [len(values) for _, values in parts])
        texts = [[values[i] for i in index] for (_, values), index in zip(parts, split, strict=True)]
        tuples = zip(*texts, strict=True)
        return positions.reshape(-1).astype(np.int32), tuple(tuples)

    def counts(self, column: str) -> dict[str, int]:
        """Count the rows of each distinct trimmed text of a column ("" is missing), most frequent first."""
        name = self.sql(column)
        if name not in self._counts:
            query = select(f"{name} AS v, count(*) AS n", self._source_of(name), "GROUP BY v")
            found: dict[str, int] = {}
            for value, number in self._connection.execute(select(f"{as_text('v')}, n", f"({query})")).fetchall():
                found[value.strip()] = found.get(value.strip(), 0) + int(number)
            self._counts[name] = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
        return dict(self._counts[name])

    def distinct(self, column: str, condition: str) -> list[str]:
        """Give the distinct trimmed texts of a column in the rows for which an SQL condition holds, sorted."""
        what = f"DISTINCT {trim(self.sql(column))}"
        found = self._connection.execute(select(what, self.source, f"WHERE {condition}")).fetchall()
        return sorted(str(value) for (value,) in found)

    def text_bytes(self, column: str) -> int:
        """Give the bytes of a column's values, each written out; 0 for numbers, moments and truths."""
        if not any(kind in self.kind(column) for kind in _LONG_KINDS):
            return 0
        value = f"coalesce(sum(CAST(strlen({as_text(self.sql(column))}) AS HUGEINT)), 0)"
        found = self._connection.execute(select(value, self.source)).fetchone()
        return int(found[0]) if found else 0

    def count_where(self, condition: str) -> int:
        """Count the rows for which an SQL condition holds."""
        found = self._connection.execute(select("count(*)", self.source, f"WHERE {condition}")).fetchone()
        return int(found[0]) if found else 0

    def text_at(self, column: str, index: int) -> str:
        """Give the trimmed text of a column in the row at a 0-based index, "" where the value is missing."""
        query = select(trim(self.sql(column)), self.source, f"LIMIT 1 OFFSET {index}")
        found = self._connection.execute(query).fetchone()
        return str(found[0]) if found else ""

    def span(self, column: str) -> tuple[float, float]:
        """Give the smallest and the largest number of a column; NaN where it has none."""
        value = self.number_sql(column)
        found = self._connection.execute(select(f"min({value}), max({value})", self.source)).fetchone()
        low, high = found or (None, None)
        return (math.nan, math.nan) if low is None or high is None else (float(low), float(high))

    def where(self, index: int) -> str:
        """Name the row at a 0-based index, for messages: `data/x.csv, line 13`, or `data/x.parquet, row 12`."""
        if self.gathered is not None and len(self.gathered.parts) > 1:
            part, place = self.gathered.place(index)
            return f"{self.shown}: {part}, row {place + 1}"
        if self.layout.parquet:
            return f"{self.shown}, row {index + 1}"
        lines = (record.line for record in rows(self.path, self.layout, self.shown) if record.fields)
        for position, line in enumerate(lines):
            if position == index:
                return f"{self.shown}, line {line}"
        return f"{self.shown}, row {index + 1}"

    def row(self, index: int) -> str:
        """Name the row at a 0-based index by its number, in its part where there are some: `scores, row 12`."""
        if self.gathered is not None and len(self.gathered.parts) > 1:
            return self.where(index)
        return f"{self.shown}, row {index + 1}"

    def raw(self) -> Iterator[list[bytes]]:
        """Give the bytes of a text's records as they stand, without the header, some thousands at a time."""
        if self._lengths is None:
            return plain_batches(self.path, self.layout)
        return batches(self.path, self.layout, sum(map(len, self.header)), self._lengths)

    @cached_property
    def header(self) -> tuple[bytes, bytes]:
        """The bytes before a text's first row: blank lines, and the record of the names, b"" where there is none."""
        return header(self.path, self.layout, self.shown)

    def among_records(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Spread what holds of rows over a text's records: blank lines are records and no rows, and nothing holds."""
        import numpy as np

        if not self._blank:
            return mask
        spread = np.zeros(self.rows + len(self._blank), np.bool_)
        spread[np.delete(np.arange(len(spread)), self._blank)] = mask
        return spread

    def ask(self, query: str) -> Mapping[str, NDArray[Any]]:
        """Answer a query over `source`, column by column."""
        return self._connection.execute(query).fetchnumpy()

    def ask_one(self, query: str) -> tuple[Any, ...]:
        """Answer a query over `source`, or over what is held, whose answer is one row."""
        return self._connection.execute(query).fetchone() or ()

    def sql(self, column: str) -> str:
        """Give the SQL name of a column inside `source`; UserError with a suggestion when there is none."""
        return f"c{self.layout.index(column, self.shown)}"

    @cached_property
    def types(self) -> tuple[str, ...]:
        """Give DuckDB's type of each column; a text's are all VARCHAR."""
        if not self.layout.parquet:
            return ("VARCHAR",) * len(self.names)
        found = self._connection.execute(f"DESCRIBE {select('*', self.source)}").fetchall()
        return tuple(str(row[1]) for row in found)

    def mask(self, condition: str, source: str | None = None) -> NDArray[np.bool_]:
        """Say of each row whether an SQL condition holds, bool of shape (rows,); `source` has the rows in order."""
        import numpy as np

        found = self._connection.execute(select(f"{condition} AS v", source or self.source)).fetchnumpy()["v"]
        return np.asarray(np.ma.filled(found, False), np.bool_)

    def number_sql(self, column: str) -> str:
        """Give the SQL of a column as DOUBLE, NULL where a value is missing or no number; see `sql`."""
        value = self.sql(column)
        if self.kind(column) != "VARCHAR":
            return f"TRY_CAST({value} AS DOUBLE)"
        # of a text, not the bare column: DuckDB moves that cast into its CSV reader, where it stops at the first text;
        # and of no text with "_": what DuckDB takes 1_000 for, no other reader does
        text = as_text(value)
        return f"TRY_CAST(CASE WHEN contains({text}, '_') THEN NULL ELSE {text} END AS DOUBLE)"

    def kind(self, column: str) -> str:
        """Give DuckDB's name of a column's type, which is `VARCHAR` for every column of a text."""
        return self.types[self.layout.index(column, self.shown)]

    def _fetch(self, expression: str, source: str) -> NDArray[Any]:
        import numpy as np

        found = self._connection.execute(select(f"{expression} AS v", source)).fetchnumpy()["v"]
        return cast("NDArray[Any]", np.ma.asanyarray(found))

    def _code(self, column: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        place = self.layout.index(column, self.shown)
        if place not in self._codes:
            self._codes[place] = encode(self._connection, f"c{place}", self._source_of(f"c{place}"))
        return self._codes[place]

    def _read(self) -> str:
        if self.layout.parquet:
            names = ", ".join(f"c{place}" for place in range(len(self.names)))
            return f"{parquet(self.path)} AS t({names})"
        if self.layout.plain:
            return text_source(self.path, self.layout)
        return self._rewritten()

    def _rewritten(self) -> str:
        """Write the records anew in the one form of CSV on which all readers agree."""
        self._folder = tempfile.TemporaryDirectory(prefix="ml-ci-table-")
        copy = Path(self._folder.name) / "table.csv"
        self._lengths = array("q")
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for place, record in enumerate(rows(self.path, self.layout, self.shown)):
                self._lengths.append(len(record.raw))
                if record.fields:
                    writer.writerow(record.fields)
                else:
                    self._blank.append(place)
        return csv_source(copy, len(self.names), ",", False, 8 * max(self._lengths, default=0))

    def _count(self, holding: Callable[[Table], None] | None) -> int:
        try:
            rows = self._hold_at_once(holding) or _number(self._connection, self.source, len(self.names))
        except UserError:
            if not self.layout.plain:
                raise
            for _ in records(self.path, self.layout, self.shown):  # names the broken line
                pass
            self.source = self._rewritten()
            rows = _number(self._connection, self.source, len(self.names))
        if rows == 0:
            raise UserError(f"{self.shown} has a header and no rows", hint="A table needs at least one row.")
        self.rows = rows
        if holding is not None and not self._held:
            holding(self)
        return rows

    def _hold_at_once(self, holding: Callable[[Table], None] | None) -> int:
        """Hold columns of a plain text; count its rows where every value was read for that, and otherwise give 0."""
        if holding is None or not self.layout.plain:
            return 0
        holding(self)
        return _number(self._connection, HELD, 0) if self._is_read else 0


def _number(connection: Database, source: str, columns: int) -> int:
    last = f", count(c{columns - 1})" if columns else ""  # DuckDB reads no further than it has to
    found = connection.execute(select(f"count(*){last}", source)).fetchone()
    return int(found[0]) if found else 0

"""What rows a table holds, whatever their order, their columns' order, their file or the way they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.tables.duck import connect, select
from ml_ci.tables.row_hashes import hash_closely, hash_quickly
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import HELD, Table

# What a digest of this way to know rows begins with; what ledgers hold from before has nothing before it.
FORM = "2-"
# So many of the smallest row hashes are kept: they tell how much two tables have in common to a few percent.
SKETCH = 512


@dataclass(frozen=True)
class Content:
    """Know a table by its rows: their digest, their number, and the smallest hashes of them, sorted.

    The smallest hashes are a random sample of the distinct rows that is the same wherever a row occurs (a bottom-k
    sketch: Cohen and Kaspar 2007); with fewer distinct rows than `SKETCH` they are all of them.
    """

    digest: str
    rows: int
    sketch: tuple[int, ...] = ()

    @property
    def is_older(self) -> bool:
        """Whether the rows are known in the way of `older_content`, which no other way can be compared with."""
        return not self.digest.startswith(FORM)

    @property
    def known_below(self) -> float:
        """The bound up to which the sketch names every row."""
        return self.sketch[-1] if self.rows > SKETCH else float("inf")

    def share_in(self, other: Content) -> float:
        """Estimate the share of these rows, in [0, 1], that the other table holds too; 1 of the same content."""
        if self.digest == other.digest:
            return 1.0
        bound = min(self.known_below, other.known_below)
        own = {one for one in self.sketch if one <= bound}
        return len(own & set(other.sketch)) / len(own) if own else 0.0


def content(table: Table, columns: Sequence[str] = ()) -> Content:
    """Read a table's content, of all columns or of those named; the rows are streamed."""
    names = sorted(columns or table.names)
    if table.hashed and not columns:
        found = _Sum.of(table.ask_one(select(_SUMS, f"({select('hash(q) AS h', HELD)})")))
    else:
        found = _sum(table, names)
    said = [names, found.rows, found.crossed, found.total, list(found.sketch)]
    return Content(FORM + digest(["rows", FORM, *said]), found.rows, found.sketch)


@dataclass(frozen=True)
class _Sum:
    """What the hashes of some rows come to, in whatever order; `smallest` are sorted, equal ones too."""

    rows: int = 0
    crossed: int = 0
    total: int = 0
    smallest: tuple[int, ...] = ()

    @classmethod
    def of(cls, answer: tuple[Any, ...] | None) -> _Sum:
        """Take what was asked for by `_SUMS`."""
        number, crossed, total, smallest = answer or (0, 0, 0, ())
        return cls(int(number), int(crossed), int(total), tuple(int(one) for one in smallest))

    def __add__(self, other: _Sum) -> _Sum:
        smallest = tuple(sorted((*self.smallest, *other.smallest))[:SKETCH])
        return _Sum(self.rows + other.rows, self.crossed ^ other.crossed, self.total + other.total, smallest)

    @property
    def sketch(self) -> tuple[int, ...]:
        return tuple(sorted({*self.smallest}))


_SUMS = f"count(h), coalesce(bit_xor(h), 0), coalesce(sum(CAST(h AS HUGEINT)), 0), coalesce(min(h, {SKETCH}), [])"


def _sum(table: Table, names: Sequence[str]) -> _Sum:
    """Sum up the hashes of all rows: of most of them quickly, and of the others closely."""
    with connect(shown=table.shown) as connection:
        connection.execute("SET preserve_insertion_order = false")
        quick, found = hash_quickly(table, names), _Sum()
        if quick is not None:
            found = _Sum.of(connection.execute(select(_SUMS, quick)).fetchone())
        if found.rows < table.rows:
            found += _Sum.of(connection.execute(select(_SUMS, hash_closely(table, names, quick))).fetchone())
    return found


def older_content(table: Table, columns: Sequence[str] = ()) -> Content:
    """Read a table's content as it was known before `FORM`: what ledgers hold from then is found again by it."""
    names = sorted(columns or table.names)
    source, values = spell(table, names)
    hashed = select(f"md5_number_lower(concat_ws(chr(31), {', '.join(values)})) AS h", source)
    wanted = f"count(*), bit_xor(h), sum(CAST(h AS HUGEINT)), min(h, {SKETCH})"
    with connect(shown=table.shown) as connection:
        connection.execute("SET preserve_insertion_order = false")
        found = connection.execute(select(wanted, f"({hashed})")).fetchone()
    assert found is not None  # noqa: S101 - an aggregate has a row
    rows, crossed, total, smallest = found
    sketch = tuple(sorted({int(one) for one in smallest}))
    return Content(digest(["rows", names, rows, str(crossed), str(total), list(sketch)]), rows, sketch)

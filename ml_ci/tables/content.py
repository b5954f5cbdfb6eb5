"""What rows a table holds, whatever their order, their columns' order, their file or the way they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ml_ci.digests import digest
from ml_ci.tables.duck import connect, select
from ml_ci.tables.spelling import spell
from ml_ci.tables.table import Table

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

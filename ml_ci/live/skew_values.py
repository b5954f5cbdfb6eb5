"""What is compared of logged and computed features, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from ml_ci.frozen import dataclass

# So many rows are compared where nobody says otherwise, chosen by a hash of their id: the same ones tomorrow.
ROWS = 50_000
# What of a column's mismatches a cause has to explain before it is named.
EXPLAINED = 0.95
# So many pairs of values are shown of a column.
PAIRS = 3

CauseKind: TypeAlias = Literal["missing", "constant", "factor", "offset", "spelling", "stale", "column"]


@dataclass(frozen=True)
class Wanted:
    """Say what is compared, and how.

    `id` joins the two tables. `time` and `unit` are columns of the log that say when and of whom a row is; without a
    unit nobody can say that a value is stale. `beside` are columns that are no features. Numbers are equal within
    `within` of the larger one. `rows` is how many rows are chosen, None for all. A pair of values is shown where at
    least `enough` rows have it; with `single` it is a row's own, with its id.
    """

    id: str
    time: str | None = None
    unit: str | None = None
    beside: frozenset[str] = frozenset()
    within: float = 1e-6
    rows: int | None = ROWS
    enough: int = 5
    single: bool = False


@dataclass(frozen=True)
class Cause:
    """Say in words what `share` of a column's mismatches come from."""

    kind: CauseKind
    said: str
    share: float


@dataclass(frozen=True)
class Pair:
    """A value as it was logged and as it is computed again, and how many rows have both; `id` where it is one row's."""

    logged: Any
    computed: Any
    rows: int
    id: Any = None

    def __repr__(self) -> str:
        """Name it without its values: a traceback is no place for them."""
        return f"<pair of {self.rows:,} rows>"


@dataclass(frozen=True)
class ColumnSkew:
    """How many rows of a column differ, the cause (None: nothing explains enough of them), and some pairs."""

    mismatches: int
    cause: Cause | None = None
    pairs: tuple[Pair, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Skew:
    """What came out of a comparison of `rows` rows: `mismatches` of them differ in some column.

    `columns` has every column that was compared, in the order of the log. `logged` rows there are in all; `unmatched`
    of those that were chosen have no computed features. Columns that one table has alone are not compared.
    """

    rows: int
    mismatches: int
    columns: Mapping[str, ColumnSkew]
    logged: int
    unmatched: int
    only_logged: tuple[str, ...] = ()
    only_computed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

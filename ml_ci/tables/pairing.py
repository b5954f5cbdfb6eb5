"""Find the same rows in two tables: by their values, in whatever order, format and spelling they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml_ci.tables.duck import select
from ml_ci.tables.membership import content_columns, hash_rows
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def common(one: Table, other: Table, but: frozenset[str] = frozenset()) -> list[str]:
    """Give the columns that two tables share and that are a row's content, but those named."""
    left = {name.strip() for name in but}
    return [name for name in content_columns(one.names) if other.has(name) and name not in left]


def keys(table: Table, columns: Sequence[str]) -> NDArray[np.uint64]:
    """Give a number for the values of some columns, shape (rows,): equal for equal rows."""
    import numpy as np

    source, hashed = hash_rows(table, 0, list(columns))
    found = table.ask(select(f"CAST('0x' || substr({hashed}, 1, 16) AS UBIGINT) AS h", source))["h"]
    return np.asarray(found, np.uint64)


def pair(
    wanted: NDArray[np.uint64], given: NDArray[np.uint64], free: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """Give for each wanted key the place of the same one in `given`, -1 where there is none, shape (wanted,).

    Of equal keys the first takes the first, so that no place is taken twice; `free` says which places may be.
    """
    import numpy as np

    places = np.arange(len(given)) if free is None else np.flatnonzero(free)
    _, codes = np.unique(np.concatenate([wanted, given[places]]), return_inverse=True)
    size = len(codes) + 1
    numbered = codes.astype(np.int64) * size
    mine = numbered[: len(wanted)] + _occurrence(codes[: len(wanted)])
    theirs = numbered[len(wanted) :] + _occurrence(codes[len(wanted) :])
    order = np.argsort(theirs)
    at = np.searchsorted(theirs, mine, sorter=order)
    found = np.full(len(wanted), -1, np.intp)
    inside = at < len(theirs)
    hit = np.zeros(len(wanted), np.bool_)
    hit[inside] = theirs[order[at[inside]]] == mine[inside]
    found[hit] = places[order[at[hit]]]
    return found


def _occurrence(codes: NDArray[np.intp]) -> NDArray[np.int64]:
    """Count for each place how often its code occurred before."""
    import numpy as np

    order = np.argsort(codes, kind="stable")
    ranked = codes[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.zeros(0, np.intp)
    lengths = np.diff(np.r_[starts, len(ranked)])
    counted = np.arange(len(ranked)) - np.repeat(starts, lengths)
    found = np.zeros(len(codes), np.int64)
    found[order] = counted
    return found

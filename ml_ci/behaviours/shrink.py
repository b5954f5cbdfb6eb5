"""Shrink a broken pair of rows to what it takes: delta debugging towards the typical row, many pairs in one ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker, Cell
from ml_ci.behaviours.columns import Column, Columns, key
from ml_ci.behaviours.compare import BROKEN, NO_ANSWER
from ml_ci.behaviours.counterexample import Counterexample, tell
from ml_ci.behaviours.edits import disturb
from ml_ci.behaviours.pairs import MOST, Guard, Pair
from ml_ci.behaviours.shown import between, thin
from ml_ci.behaviours.variants import Editor
from ml_ci.spec.behaviours import Behaviour, Counterexamples

# So many broken rows are looked at for the pair to start from, and so often models are asked at most.
_ROWS, _ASKS = 64, 60
_REFINED = 3


def shrink(
    behaviour: Behaviour,
    holdout: Columns,
    found: NDArray[np.uint8],
    candidate: Asker,
    baseline: Asker | None = None,
    shown: Counterexamples = "shrunk",
) -> Counterexample | None:
    """Give the smallest pair of rows on which the candidate breaks a behaviour, from what `measure` found of it.

    None where nothing is to be shown, where it is broken on no row, or no pair breaks a second time; and of the kinds
    `same` and `cases`, whose rows are not edited.
    """
    if shown == "none" or not behaviour.columns:
        return None
    guard = Guard(behaviour, holdout, candidate, baseline)
    pair = guard.start(list(islice(broken_pairs(behaviour, holdout, found), _ROWS * behaviour.variants)))
    return None if pair is None else shrink_pair(guard, pair, shown)


def shrink_pair(guard: Guard, pair: Pair, shown: Counterexamples) -> Counterexample | None:
    """Shrink a pair that a guard started from; None where it does not break once more."""
    if shown != "full":
        pair = _reset(guard, pair)
        pair = _near(guard, pair)
        pair = _approach(guard, pair)
    if not guard.keep([pair])[0]:
        return None
    return tell(guard, pair, full=shown == "full")


def broken_pairs(behaviour: Behaviour, holdout: Columns, found: NDArray[np.uint8]) -> Iterator[Pair]:
    """Give the pairs of the first broken rows, by the hash of their content."""
    broken = np.flatnonzero((found == BROKEN) | (found == NO_ANSWER))
    rows = np.sort(broken[np.argsort(holdout.hashes[broken], kind="stable")][:_ROWS])
    for variants in Editor(behaviour, holdout).edit(rows):
        for row, cell in zip(rows[variants.places].tolist(), variants.cells, strict=True):
            yield Pair(row, variants.column, cell)


def _reset(guard: Guard, pair: Pair) -> Pair:
    """Set as many columns as can be to their typical values."""
    left = [name for name in guard.holdout.columns if name != pair.column and not _is_typical(guard, pair, name)]
    while left:
        block = _largest(guard, pair, left)
        if not block:
            break
        pair = pair.edit(_typical(guard, block))
        left = [name for name in left if name not in block]
    return pair


def _largest(guard: Guard, pair: Pair, columns: Sequence[str]) -> Sequence[str]:
    """Give the largest block of columns without which the pair still breaks; none where every one is needed."""
    blocks = iter(_blocks(columns))
    while chunk := list(islice(blocks, MOST)):
        if guard.asks >= _ASKS:
            break
        kept = guard.keep([pair.edit(_typical(guard, block)) for block in chunk])
        if kept.any():
            return chunk[int(kept.argmax())]
    return ()


def _blocks(columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Give all columns, halves, quarters and so on to single ones, and all but each of these, the largest first."""
    found: dict[tuple[str, ...], None] = {tuple(columns): None}
    parts = 2
    while parts < 2 * len(columns):
        edges = np.unique(np.linspace(0, len(columns), min(parts, len(columns)) + 1).astype(np.int64)).tolist()
        for start, end in pairwise(edges):
            found[(*columns[:start], *columns[end:])] = None
            found[tuple(columns[start:end])] = None
        parts *= 2
    return sorted((block for block in found if block), key=lambda block: -len(block))


def _near(guard: Guard, pair: Pair) -> Pair:
    """Bring the values that are left as near to the typical ones as they go, and to such as may be shown."""
    for name, column in guard.holdout.columns.items():
        if name != pair.column and not _is_typical(guard, pair, name):
            own = pair.value(name, guard.holdout)
            pair = _bring(guard, pair, name, between(column, _start(column), own))
    return pair


def _start(column: Column) -> Cell:
    return column.typical if column.typical is not None or not column.numbers else column.numbers[0]


def _approach(guard: Guard, pair: Pair) -> Pair:
    """Bring the two values of the edited column together; where a slip makes one of the other, both stay."""
    column, before = guard.holdout.columns[pair.column], pair.before(guard.holdout)
    if guard.behaviour.kind == "disturb":
        free = pair.after is None or key(pair.after) in map(key, _list_free(guard, column, before))
        return _bring(guard, pair, pair.column, between(column, _start(column), before)) if free else pair
    pair = _bring(guard, pair, None, [one for one in between(column, before, pair.after) if key(one) != key(before)])
    towards = between(column, pair.after, before)
    return _bring(guard, pair, pair.column, [one for one in towards if key(one) != key(pair.after)])


def _list_free(guard: Guard, column: Column, cell: Cell) -> list[Cell]:
    """Give what a slip makes of a value whatever it is."""
    return [one for how in guard.behaviour.by if how in ("unseen", "extreme") for one in disturb(column, cell, how)]


def _bring(guard: Guard, pair: Pair, name: str | None, values: Sequence[Cell]) -> Pair:
    """Take the first of some values with which the pair still breaks; `name` None is the value after.

    They are tried some at a time, then those before the first that was kept.
    """
    for _ in range(_REFINED):
        if not values or guard.asks >= _ASKS:
            break
        places = thin(values)
        pairs = [_with(pair, name, values[place]) for place in places]
        kept = guard.keep(pairs)
        if not kept.any():
            break
        first = int(kept.argmax())
        pair = pairs[first]
        values = values[places[first - 1] + 1 : places[first]] if first else ()
    return pair


def _with(pair: Pair, name: str | None, cell: Cell) -> Pair:
    return Pair(pair.row, pair.column, cell, pair.edits) if name is None else pair.edit({name: cell})


def _typical(guard: Guard, columns: Sequence[str]) -> dict[str, Cell]:
    return {name: guard.holdout.columns[name].typical for name in columns}


def _is_typical(guard: Guard, pair: Pair, name: str) -> bool:
    return key(pair.value(name, guard.holdout)) == key(guard.holdout.columns[name].typical)

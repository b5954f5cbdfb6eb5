"""The values that an edit puts in the place of one value: every one of them differs from it.

Whatever is chosen among many is chosen by a hash of the value: the same on every machine and in every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import overload

import numpy as np

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.columns import Column, hashed, key

QUANTILES = 8
# A range without width, of a column with one number.
_NO_WIDTH = 1.0


class Others(Sequence[Cell]):
    """Give every value of a column but one, the most frequent first, without a copy."""

    def __init__(self, column: Column, cell: Cell) -> None:
        self._values = column.present
        self._own = column.place_of[key(cell)]

    def __len__(self) -> int:
        return len(self._values) - 1

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        at = range(len(self))[place]
        return self._values[at + (at >= self._own)]


def vary(column: Column, cell: Cell) -> Sequence[Cell]:
    """Give every other value of the column, the most frequent first; none for a missing value, and one of no row."""
    return Others(column, cell) if key(cell) in column.place_of else ()


def raise_(column: Column, cell: Cell) -> tuple[Cell, ...]:
    """Give the quantiles of the column's distinct numbers above a number, the highest first."""
    return tuple(one for one in reversed(quantiles(column)) if _is_finite(cell) and one > cell)  # type: ignore[operator]


def lower(column: Column, cell: Cell) -> tuple[Cell, ...]:
    """Give the quantiles of the column's distinct numbers below a number, the lowest first."""
    return tuple(one for one in quantiles(column) if _is_finite(cell) and one < cell)  # type: ignore[operator]


def quantiles(column: Column) -> tuple[int | float, ...]:
    """Give the minimum, the maximum and what lies evenly between, by rank, of a column's distinct numbers.

    Of rows they would all be one number where most rows have it, such as 0.
    """
    numbers = column.numbers
    if not numbers:
        return ()
    places = np.unique(np.rint(np.linspace(0, len(numbers) - 1, QUANTILES + 1)).astype(np.int64))
    return tuple(numbers[place] for place in places.tolist())


def disturb(column: Column, cell: Cell, how: str) -> tuple[Cell, ...]:
    """Give what a slip makes of a value that is there: see `DISTURBANCES`."""
    if cell is None:
        return ()
    found = {key(one): one for one in DISTURBANCES[how](column, cell)}
    return tuple(one for one in found.values() if not _same(one, cell))


def _case(_: Column, cell: Cell) -> tuple[Cell, ...]:
    return (cell.lower(), cell.upper(), cell.title(), cell.swapcase()) if isinstance(cell, str) else ()


def _typo(_: Column, cell: Cell) -> tuple[Cell, ...]:
    """Swap two neighbours, leave one character out, write one twice."""
    if not isinstance(cell, str) or len(cell) < 2:
        return ()
    at = hashed("typo", cell) % (len(cell) - 1)
    swapped = next(
        (cell[:one] + cell[one + 1] + cell[one] + cell[one + 2 :] for one in _around(at, cell) if _differ(cell, one)),
        cell,
    )
    return swapped, cell[:at] + cell[at + 1 :], cell[: at + 1] + cell[at:]


def _around(at: int, text: str) -> list[int]:
    return [(at + step) % (len(text) - 1) for step in range(len(text) - 1)]


def _differ(text: str, at: int) -> bool:
    return text[at] != text[at + 1]


def _space(_: Column, cell: Cell) -> tuple[Cell, ...]:
    if not isinstance(cell, str):
        return ()
    return f" {cell}", f"{cell} ", cell.replace(" ", "  ")


def _missing(_: Column, __: Cell) -> tuple[Cell, ...]:
    return (None,)


def _unseen(column: Column, cell: Cell) -> tuple[Cell, ...]:
    """Give a text that no row of the holdout has; a number that none has is `extreme`, or nothing new."""
    if not isinstance(cell, str):
        return ()
    name = "unseen"
    while name in column.held_by:
        name += "-"
    return (name,)


def _extreme(column: Column, cell: Cell) -> tuple[Cell, ...]:
    """Give round numbers past the column's range: by its width, by ten times it, and by a thousand times it."""
    if not _is_finite(cell) or not column.numbers:
        return ()
    low, high = column.numbers[0], column.numbers[-1]
    width = (high - low) or _NO_WIDTH
    found = [
        edge
        for times in (1, 10, 1000)
        for edge in (_outwards(low - times * width, low, -1), _outwards(high + times * width, high, 1))
        if math.isfinite(edge)
    ]
    return tuple(map(int, found)) if column.whole else tuple(found)


def _outwards(number: float, past: float, sign: int) -> float:
    """Round to one digit, away from the range: then it is nobody's number."""
    if not math.isfinite(number) or number == 0:
        return past + sign * math.inf if not math.isfinite(number) else -1.0 if sign < 0 else 1.0
    step = 10.0 ** math.floor(math.log10(abs(number)))
    return (math.floor(number / step) if sign < 0 else math.ceil(number / step)) * step


def _text(_: Column, cell: Cell) -> tuple[Cell, ...]:
    """Give a number as text, as it comes from a form."""
    return (str(cell),) if isinstance(cell, int | float) and not isinstance(cell, bool) else ()


DISTURBANCES: Mapping[str, Callable[[Column, Cell], tuple[Cell, ...]]] = {
    "case": _case,
    "typo": _typo,
    "space": _space,
    "missing": _missing,
    "unseen": _unseen,
    "extreme": _extreme,
    "text": _text,
}


def _is_finite(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


def _same(one: Cell, other: Cell) -> bool:
    return type(one) is type(other) and one == other

"""Which values may be shown: such as many rows have, and such as nobody has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.columns import Column, Columns, key

# So many rows of the holdout have to have a value, or values together, before they are shown.
ENOUGH = 5
# So many values are tried in one ask.
POINTS = 17
_DIGITS = 3


def may_show(column: Column, cell: Cell) -> bool:
    """Say whether a value is nobody's: enough rows have it, or it is a round number that none has, or missing."""
    if cell is None:
        return True
    held = column.held_by.get(key(cell), 0)
    return held >= ENOUGH or (held == 0 and _is_round(column, cell))


def is_somebody(holdout: Columns, values: Mapping[str, Cell]) -> bool:
    """Say whether some rows, and too few, have these values together."""
    places = np.ones(holdout.rows, np.bool_)
    for name, cell in values.items():
        column = holdout.columns[name]
        same = np.array([key(one) == key(cell) for one in column.cells], np.bool_)
        places &= same[column.codes]
    return 0 < int(places.sum()) < ENOUGH


def between(column: Column, near: Cell, far: Cell) -> Sequence[Cell]:
    """Give the values of a column that may be shown from `near` on to `far` without it, nearest first.

    Numbers are those that enough rows have, and round ones; other values have no between: they are the most frequent
    ones, where the far one may not be shown.
    """
    if column.kind != "number":
        return () if may_show(column, far) else [one for one in column.present if may_show(column, one)][:POINTS]
    if not _is_number(near) or not _is_number(far):
        return ()
    start, end = float(near), float(far)  # type: ignore[arg-type]
    numbers = {one for one in column.numbers if may_show(column, one)} | set(_round_numbers(column, start, end))
    inside = [one for one in numbers if min(start, end) <= one <= max(start, end) and one != far]
    return sorted(inside, key=lambda one: abs(one - start))


def thin(values: Sequence[Cell]) -> list[int]:
    """Choose the places of so many values as one ask has, from the first to the last."""
    places = np.rint(np.linspace(0, len(values) - 1, min(POINTS, len(values)))).astype(np.int64)
    return sorted(set(map(int, places)))


def _round_numbers(column: Column, start: float, end: float) -> Iterator[int | float]:
    """Give round numbers between two that no row has, or enough."""
    for number in np.linspace(start, end, POINTS).tolist():
        rounded = _round(number, _width(column))
        cell = int(rounded) if column.whole else rounded
        if may_show(column, cell):
            yield cell


def _round(number: float, width: float) -> float:
    if not math.isfinite(number) or not width:
        return number
    return round(number, _DIGITS - 1 - math.floor(math.log10(width)))


def _is_round(column: Column, cell: Cell) -> bool:
    """Say whether a number of a column has no more digits than its range needs: then it is no near copy of a row's."""
    if column.kind != "number" or not _is_number(cell) or len(column.numbers) < 2:
        return False
    return float(cell) == _round(float(cell), _width(column))  # type: ignore[arg-type]


def _width(column: Column) -> float:
    return float(column.numbers[-1] - column.numbers[0]) if column.numbers else 0.0


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)

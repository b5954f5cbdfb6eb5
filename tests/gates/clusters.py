"""Moments of clusters that are written down, as evaluation counts them from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ml_ci.evaluation.clusters import Moments

CLASSES = (slice(0, 4), slice(4, 8), slice(0, 8))
NEGATIVE, POSITIVE = 0, 4


def moments(*kinds: tuple[Sequence[int], float, int]) -> Moments:
    """Sum kinds of clusters: the rows of each cell (8,), the weight of each row, and how many such clusters."""
    return of_weighted((rows, [count * weight for count in rows], number) for rows, weight, number in kinds)


def of_weighted(kinds: Iterable[tuple[Sequence[int], Sequence[float], int]]) -> Moments:
    """Sum kinds of clusters: the rows and the weight of each cell, and how many such clusters."""
    rows, totals, products = np.zeros(8, int), np.zeros(8), np.zeros((8, 8))
    number, largest, flagged = [0, 0, 0], [0.0, 0.0, 0.0], [0.0, 0.0]
    distinct: dict[tuple[float, ...], int] = {}
    for of_cell, weights, times in kinds:
        count, v = np.asarray(of_cell), np.asarray(weights, float)
        rows, totals, products = rows + times * count, totals + times * v, products + times * np.outer(v, v)
        for place, cells in enumerate(CLASSES):
            number[place] += times if count[cells].any() else 0
            largest[place] = max(largest[place], float(v[cells].sum()) if times else 0.0)
        for place, flags in enumerate(([0, 1, 4, 5], [2, 3, 6, 7])):
            flagged[place] = max(flagged[place], float(v[flags].sum()) if times else 0.0)
        key = tuple(v.tolist())
        distinct[key] = distinct.get(key, 0) + times
    return Moments(
        tuple(rows.tolist()),
        tuple(totals.tolist()),
        tuple(tuple(row) for row in products.tolist()),
        (number[0], number[1], number[2]),
        (largest[0], largest[1], largest[2]),
        (flagged[0], flagged[1]),
        distinct=tuple(sorted(distinct.items())),
    )


def errors(rows: int, wrong: int, place: int = NEGATIVE) -> list[int]:
    """Give the cells of a cluster of one class of which the candidate has so many wrong, the baseline none."""
    cells = [0] * 8
    right, fault = (0, 2) if place == NEGATIVE else (7, 5)
    cells[right], cells[fault] = rows - wrong, wrong
    return cells


def apart(rows: int, b: int, c: int) -> list[int]:
    """Give the cells of a cluster of negatives: `b` that only the candidate has wrong, `c` only the baseline."""
    return [rows - b - c, c, b, 0, 0, 0, 0, 0]

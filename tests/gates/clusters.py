"""Moments of clusters that are written down, as evaluation counts them from rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.count import Cells
from ml_ci.evaluation.values import Comparison, Evaluation

Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

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


@dataclass(frozen=True)
class Rows:
    """Rows of a holdout: arrays of one length; `baseline` None without one, `weights` None where all count as one."""

    label: Bools
    candidate: Bools
    baseline: Bools | None
    codes: Codes
    weights: Floats | None = None
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def take(self, order: Codes) -> Rows:
        """Give some of the rows, in this order."""
        return Rows(
            self.label[order],
            self.candidate[order],
            None if self.baseline is None else self.baseline[order],
            self.codes[order],
            None if self.weights is None else self.weights[order],
            {column: [values[at] for at in order] for column, values in self.slices.items()},
        )

    def swapped(self) -> Rows:
        """Give candidate and baseline in each other's place."""
        assert self.baseline is not None
        return Rows(self.label, self.baseline, self.candidate, self.codes, self.weights, self.slices)


def compare(rows: Rows, columns: tuple[str, ...] = ("customer_id",), **more: Any) -> Comparison:
    """Count rows one by one, as plainly as can be; with neither columns nor weights they are independent."""
    every = _count(rows, np.arange(len(rows.label)))
    slices = {
        column: {value: _count(rows, np.flatnonzero(np.array(values) == value)) for value in sorted(set(values))}
        for column, values in rows.slices.items()
    }
    sides = [
        Evaluation(
            getattr(every.cells, side),
            {
                column: {value: getattr(one.cells, side) for value, one in found.items()}
                for column, found in slices.items()
            },
            more.pop(f"metrics_of_{side}", {}),
        )
        for side in (("candidate",) if rows.baseline is None else ("candidate", "baseline"))
    ]
    together = None
    if columns or rows.weights is not None:
        moments = {column: {value: one.moments for value, one in found.items()} for column, found in slices.items()}
        weight = None if rows.weights is None else "weight"
        together = Clusters(columns, every.moments, moments, weight=weight, **more)
    if rows.baseline is None:
        return Comparison(sides[0], clusters=together)
    pairs = {column: {value: one.cells.paired for value, one in found.items()} for column, found in slices.items()}
    return Comparison(sides[0], sides[1], every.cells.paired, pairs, clusters=together)


@dataclass(frozen=True)
class _Counted:
    cells: Cells
    moments: Moments


def _count(rows: Rows, among: Codes) -> _Counted:
    baseline = np.zeros_like(rows.label) if rows.baseline is None else rows.baseline
    place = (4 * rows.label + 2 * rows.candidate + baseline.astype(int))[among]
    weights = np.ones(len(among)) if rows.weights is None else rows.weights[among]
    by_cluster: dict[int, tuple[list[int], list[float]]] = {}
    for cell, code, weight in zip(place.tolist(), rows.codes[among].tolist(), weights.tolist(), strict=True):
        counted, total = by_cluster.setdefault(code, ([0] * 8, [0.0] * 8))
        counted[cell] += weight > 0
        total[cell] += weight
    whole = np.bincount(place[weights > 0], minlength=8).tolist()
    return _Counted(Cells(tuple(whole)), of_weighted((*one, 1) for _, one in sorted(by_cluster.items())))


def _of_side(slices: Mapping[str, Mapping[str, _Counted]], side: str) -> dict[str, dict[str, Confusion]]:
    return {
        column: {value: getattr(one.cells, side) for value, one in found.items()} for column, found in slices.items()
    }

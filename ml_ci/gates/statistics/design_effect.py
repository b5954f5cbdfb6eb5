"""How many independent rows the rows of clusters count as: rows of one customer, patient or session are alike.

The design effect R divides every count before it goes into the methods for independent rows. It is measured with what
the holdout may lack: 4 clusters' worth of rows that all err (or all differ), so that few clusters, or few errors, are
not taken for a proof. One row each and equal weights: R = 1. All rows of a cluster alike: R is the size of a cluster.
No error at all: R is the clusters' size too (Kish 1965). It depends on no level, so p-values and Holm stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_ci.evaluation.clusters import ALL, NEGATIVES, POSITIVES, Moments
from ml_ci.gates.statistics.values import NEEDS_CAP, whole_rows

# So many clusters that err on every row may be missing from the holdout: room for 2 z / K, at least the rule of three.
MISSING = 4.0
# What differs by no more than rounding is equal.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Effect:
    """What the design effect of one score on one set of rows is made of.

    `rows` have a weight above 0 and belong to `clusters`; `total` is their weight, `size` the mean weight of a row's
    cluster. `num` is the spread of the clusters' sums of scores, `base` that of the rows' scores, `peak` the largest
    square of a score. `alone` says that each row is its own cluster, and all weigh the same. An effect of a planned
    holdout may have fractions of rows and clusters.
    """

    rows: float
    clusters: float
    total: float
    size: float
    num: float
    base: float
    peak: float = 1.0
    alone: bool = False

    @property
    def ratio(self) -> float:
        """The design effect: the weight that counts as one independent row; 1 without rows."""
        if not self.total > 0:
            return 1.0
        least = self.total / self.rows
        room = MISSING * self.peak * self.size
        return least if self.alone else max((self.num + room * self.size) / (self.base + room), least)

    @property
    def effective_rows(self) -> float:
        """How many independent rows these count as; the rows themselves where each stands alone."""
        return float(self.rows) if self.alone else _settle(self.total / self.ratio)

    @property
    def per_row(self) -> float:
        """The design effect in rows instead of weights: 1 is the least."""
        return self.rows / self.effective_rows if self.total > 0 else 1.0


def measure(moments: Moments, scores: Sequence[float], cells: Collection[int]) -> Effect:
    """Measure the effect for a score of each of the eight cells, on the rows of `cells`; the other scores are unused.

    A rate's score is 1 for a row of its part, that of a difference 1 where only the candidate, -1 where only the
    baseline adds a row to it. For another statistic it is the gradient by cell, times the rows.
    """
    kept = sorted(cells)
    total = float(sum(moments.totals[cell] for cell in kept))
    rows, place = sum(moments.rows[cell] for cell in kept), find_class(frozenset(cells))
    if not total > 0:
        return Effect(rows, moments.clusters[place], 0.0, 0.0, 0.0, 0.0)
    totals, table = np.array(moments.totals)[kept], np.array(moments.products)[np.ix_(kept, kept)]
    score = np.array(scores, dtype=np.float64)[kept]
    apart = score - float(totals @ score) / total
    return Effect(
        rows,
        moments.clusters[place],
        total,
        size=float(table.sum()) / total,
        num=max(float(apart @ table @ apart), 0.0),
        base=float(totals @ apart**2),
        peak=float((score**2).max()) or 1.0,
        alone=are_alone(moments, place),
    )


def count(moments: Moments, effect: Effect, cells: Collection[int]) -> float:
    """Count the independent rows that those of `cells` stand for; whole numbers where each row stands alone."""
    if effect.alone:
        return float(sum(moments.rows[cell] for cell in cells))
    return _settle(float(sum(moments.totals[cell] for cell in sorted(cells))) / effect.ratio)


def largest_share(moments: Moments, cells: Collection[int]) -> float:
    """Give the share of the weight of `cells` that the heaviest cluster has, or may have where it was not counted."""
    kept, every = sorted(cells), frozenset(cells)
    total = float(sum(moments.totals[cell] for cell in kept))
    if not total > 0:
        return 0.0
    if every in (NEGATIVES, POSITIVES, ALL):
        return moments.largest[find_class(every)] / total
    flagged = {frozenset({0, 1, 4, 5}): 0, frozenset({2, 3, 6, 7}): 1}.get(every)
    if moments.flagged is not None and flagged is not None:
        return moments.flagged[flagged] / total
    squares = float(np.array(moments.products)[np.ix_(kept, kept)].sum())
    return min(moments.largest[find_class(every)], math.sqrt(squares), total) / total


def grown(effect: Effect, times: float) -> Effect:
    """Give the effect of a holdout of so many times the clusters, which are like those that are there."""
    return replace(
        effect,
        rows=effect.rows * times,
        clusters=effect.clusters * times,
        total=effect.total * times,
        num=effect.num * times,
        base=effect.base * times,
    )


def growth(effect: Effect, wanted: float) -> float:
    """Give how many times the clusters it takes for `wanted` independent rows; inf without any to grow from."""
    if not effect.total > 0:
        return math.inf
    least = wanted / effect.rows
    if effect.alone:
        return least
    if not effect.base > 0:
        return max(wanted * effect.size / effect.total, least)
    room = MISSING * effect.peak * effect.size
    a, b, c = effect.total * effect.base, room * effect.total - wanted * effect.num, -room * effect.size * wanted
    # The root that is free of cancellation, whichever sign b has.
    root = math.sqrt(b * b - 4 * a * c)
    return max((root - b) / (2 * a) if b < 0 else -2 * c / (root + b), least)


def more(effect: Effect, further: int | None) -> tuple[int | None, int | None]:
    """Turn further independent rows into further clusters and the rows that they bring.

    None where no number of rows is expected to help; without any cluster nobody knows how many rows one brings.
    """
    if further is None or not effect.total > 0:
        return None, further
    if effect.alone:
        return further, further
    if further >= NEEDS_CAP:
        return NEEDS_CAP, NEEDS_CAP
    times = growth(effect, effect.effective_rows + further) - 1
    return whole_rows(effect.clusters * times - 1e3 * _ROUNDING), whole_rows(effect.rows * times - 1e3 * _ROUNDING)


def _settle(rows: float) -> float:
    """Give the whole number that only rounding keeps a count from, so that 100 clusters alike are 100 rows."""
    return float(round(rows)) if abs(rows - round(rows)) <= _ROUNDING * rows else rows


def find_class(cells: frozenset[int]) -> int:
    """Give the place of the class of these cells: negatives 0, positives 1, any other 2, as for all rows."""
    return 0 if cells == NEGATIVES else 1 if cells == POSITIVES else 2


def are_alone(moments: Moments, place: int = 2) -> bool:
    """Say whether each row of a class (0, 1; 2: all) is its own cluster, and all weigh the same."""
    cells = (NEGATIVES, POSITIVES, ALL)[place]
    rows, total = sum(moments.rows[cell] for cell in cells), float(sum(moments.totals[cell] for cell in cells))
    return moments.clusters[place] == rows and abs(moments.largest[place] * rows - total) <= _ROUNDING * total

"""Count clusters of rows: for each cell how much they weigh, and how that varies from cluster to cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.count import CELLS, Cells, Counts, make_outcome
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.packing import EXACT, Packer, Part, add_pairs, count_known, find_distinct, fits
from ml_ci.evaluation.slices import Slices

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Outcomes = NDArray[np.uint8]
Codes = NDArray[np.int64]

_GLANCE = 10_000  # rows: most slices that are no fact of the cluster show it there


def count_clusters(
    grouping: Grouping,
    counts: Counts,
    y_true: Bools,
    candidate: Bools,
    baseline: Bools | None = None,
    slices: Sequence[Slices] = (),
) -> Clusters:
    """Give the moments of all rows and of each slice; `counts` are those of the same arrays, and no weight is 0.

    Sums are float64: whole numbers are exact.
    """
    outcome = make_outcome(y_true, candidate, baseline)
    together = [one for one in slices if grouping.codes is not None and one.name not in grouping.alone]
    alone = [one for one in slices if one not in together]
    found = dict(_count_rows(grouping, counts, outcome, alone))
    if grouping.codes is None:
        whole = find_moments(grouping, outcome)
    else:
        values = max((len(one.values) for one in together), default=0)
        clusters = _Clusters(grouping, grouping.codes, outcome, values)
        whole = clusters.count_all(counts.all)
        for one in together:
            cells = counts.slices[one.name]
            found[one.name] = dict(zip(one.values, clusters.count(one, cells), strict=True))
    by_slice = {one.name: found[one.name] for one in slices}
    return Clusters(grouping.columns, whole, by_slice, grouping.known, grouping.weight, repeats=grouping.repeats)


def _count_rows(
    grouping: Grouping, counts: Counts, outcome: Outcomes, alone: Sequence[Slices]
) -> Iterator[tuple[str, Mapping[str, Moments]]]:
    """Count slices in which each row is a cluster of its own: with all of its answers, where it has several."""
    if grouping.rows is None or not alone:
        yield from ((one.name, _count_alone(grouping, outcome, one)) for one in alone)
        return
    number = int(grouping.rows.max()) + 1
    of_rows = replace(grouping, codes=grouping.rows, number=number, first_known=None, alone=frozenset())
    clusters = _Clusters(of_rows, grouping.rows, outcome, max(len(one.values) for one in alone))
    for one in alone:
        yield one.name, dict(zip(one.values, clusters.count(one, counts.slices[one.name]), strict=True))


def find_moments(grouping: Grouping, outcome: Outcomes) -> Moments:
    """Give the moments of rows with these outcomes, of shape (rows,)."""
    if grouping.codes is None:
        return _count_alone(grouping, outcome, Slices("", np.zeros(len(outcome), np.uint8), ("",)))[""]
    table = _tabulate(grouping.codes, outcome, grouping.number, grouping.weights).astype(np.float64, copy=False)
    rows = np.bincount(outcome, minlength=CELLS).tolist()
    return _sum_up(rows, _make_part(table, grouping.is_known), grouping)


def _tabulate(codes: Codes, outcome: Outcomes, number: int, weights: Floats | None) -> NDArray[Any]:
    """Give what each cluster weighs by cell, (clusters, 8), whole numbers without weights: compiled by SciPy."""
    from scipy.sparse import coo_array

    ones = np.ones(len(codes), np.int32) if weights is None else weights
    places = codes.astype(np.int32), outcome.astype(np.int32)
    return np.asarray(coo_array((ones, places), (number, CELLS)).toarray())


def _make_part(table: NDArray[Any], known: Bools | None) -> Part:
    pairs = add_pairs(table)
    return Part(table, pairs, count_known(pairs, known))


def _sum_up(rows: Sequence[int], part: Part, grouping: Grouping) -> Moments:
    totals = rows if grouping.weights is None else np.ones(len(part.table)) @ part.table
    return part.moments(rows, totals, grouping.distinct)


class _Clusters:
    """Count the clusters of one holdout slice by slice."""

    def __init__(self, grouping: Grouping, codes: Codes, outcome: Outcomes, most_values: int) -> None:
        self._grouping, self._codes, self._outcome, self._most_values = grouping, codes, outcome, most_values
        table = _tabulate(codes, outcome, grouping.number, grouping.weights)
        self._most = float(table.max(initial=0))
        self._fits = grouping.weights is None and fits(self._most, most_values * grouping.number)
        is_small = grouping.weights is None and self._most * len(codes) < EXACT
        self._table = table.astype(np.float32 if is_small else np.float64)  # half the memory, and the same sums

    def count_all(self, cells: Cells) -> Moments:
        """Give the moments of all rows."""
        return _sum_up(cells.n, _make_part(self._table, self._grouping.is_known), self._grouping)

    def count(self, of: Slices, cells: Mapping[str, Cells]) -> Iterator[Moments]:
        """Give the moments of each value in order; `cells` are its rows."""
        for value, part in zip(of.values, self._share_out(of), strict=True):
            yield _sum_up(cells[value].n, part, self._grouping)

    def _share_out(self, of: Slices) -> Iterator[Part]:
        own = self._find_fact(of)
        if own is not None:
            return self._share_whole(own, of)
        return self._packer.count(of, self._grouping.is_known) if self._fits else self._sort(of)

    def _find_fact(self, of: Slices) -> NDArray[Any] | None:
        """Give the value of each cluster where all its rows have one: its region, and not the day of each row."""
        seen, values = self._codes[:_GLANCE], of.codes[:_GLANCE]
        own = np.zeros(self._grouping.number, of.codes.dtype)
        own[seen] = values
        if not bool((own[seen] == values).all()):
            return None
        own = of.codes[self._row] if len(self._codes) else own
        return own if bool((own[self._codes] == of.codes).all()) else None

    @cached_property
    def _row(self) -> NDArray[np.intp]:
        """Give a row of each cluster."""
        row = np.zeros(self._grouping.number, np.intp)
        row[self._codes] = np.arange(len(self._codes))
        return row

    def _share_whole(self, own: NDArray[Any], of: Slices) -> Iterator[Part]:
        """Give each slice its clusters, where none stands in two."""
        order = np.argsort(own, kind="stable")
        table = np.take(self._table, order, axis=0, out=self._sorted, mode="clip")
        known = self._grouping.is_known
        edges = np.searchsorted(own[order], np.arange(len(of.values) + 1)).tolist()
        for low, high in pairwise(edges):
            own_known = None if known is None else known[order[low:high]]
            yield _make_part(table[low:high], own_known)

    def _sort(self, of: Slices) -> Iterator[Part]:
        """Give each slice the clusters that occur in it, however many of both there are."""
        number, known = self._grouping.number, self._grouping.is_known
        groups, codes = np.unique(of.codes.astype(np.int64) * number + self._codes, return_inverse=True)
        table = _tabulate(codes.reshape(-1), self._outcome, len(groups), self._grouping.weights).astype(np.float64)
        pairs = add_pairs(table)
        edges = np.searchsorted(groups, np.arange(len(of.values) + 1) * number).tolist()
        for low, high in pairwise(edges):
            own = None if known is None else known[groups[low:high] % number]
            yield Part(table[low:high], pairs[:, low:high], count_known(pairs[:, low:high], own))

    @cached_property
    def _sorted(self) -> NDArray[Any]:
        """Keep the memory of one table for all slices: fresh memory takes most of the time."""
        return np.empty_like(self._table)

    @cached_property
    def _packer(self) -> Packer:
        return Packer(self._codes, self._grouping.number, self._outcome, self._most_values, self._most)


def _count_alone(grouping: Grouping, outcome: Outcomes, of: Slices) -> Mapping[str, Moments]:
    """Count rows of which each is a cluster."""
    weights = np.ones(len(outcome)) if grouping.weights is None else grouping.weights
    key, bins = of.codes.astype(np.int64) * CELLS + outcome, CELLS * len(of.values)
    rows = np.bincount(key, minlength=bins).reshape(-1, CELLS)
    totals = np.bincount(key, weights, minlength=bins).reshape(-1, CELLS)
    squares = np.bincount(key, weights * weights, minlength=bins).reshape(-1, CELLS)
    most = np.zeros(bins)
    np.maximum.at(most, key, weights)
    known = np.zeros_like(rows)
    if grouping.codes is not None and grouping.is_known is not None:
        known = np.bincount(key[grouping.is_known[grouping.codes]], minlength=bins).reshape(-1, CELLS)
    distinct = _find_alone(key, weights, len(of.values)) if grouping.distinct else [None] * len(of.values)
    found = {}
    for place, value in enumerate(of.values):
        low, flagged_low, high, flagged_high = most[CELLS * place : CELLS * (place + 1)].reshape(4, 2).max(axis=1)
        found[value] = Moments(
            tuple(rows[place].tolist()),
            tuple(totals[place].tolist()),
            tuple(tuple(row) for row in np.diag(squares[place]).tolist()),
            _by_class(rows[place]),
            (max(low, flagged_low), max(high, flagged_high), max(low, flagged_low, high, flagged_high)),
            (max(low, high), max(flagged_low, flagged_high)),
            _by_class(known[place]),
            distinct[place],
        )
    return found


def _find_alone(key: Codes, weights: Floats, values: int) -> list[Any]:
    """Give the different rows of each slice."""
    cells = np.eye(CELLS)[key % CELLS] * weights[:, np.newaxis]
    place = key // CELLS
    return [find_distinct(cells[place == one]) for one in range(values)]


def _by_class(rows: NDArray[Any]) -> tuple[int, int, int]:
    half = CELLS // 2
    negatives, positives = int(rows[:half].sum()), int(rows[half:].sum())
    return negatives, positives, negatives + positives

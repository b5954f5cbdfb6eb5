"""Metrics by the eight cells of label, candidate and baseline: `4 * label + 2 * candidate + baseline`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ml_ci.evaluation.clusters import Moments
from ml_ci.metrics import TABLE, Cell, Cells

# The cells that make up each count of the candidate, and of the baseline.
CANDIDATE: Mapping[Cell, tuple[int, int]] = {"tn": (0, 1), "fp": (2, 3), "fn": (4, 5), "tp": (6, 7)}
BASELINE: Mapping[Cell, tuple[int, int]] = {"tn": (0, 2), "fp": (1, 3), "fn": (4, 6), "tp": (5, 7)}


@dataclass(frozen=True, slots=True)
class Score:
    """What each of the eight cells adds to a rate or difference, and the `cells` of the rows that it is about."""

    values: tuple[float, ...]
    cells: frozenset[int]

    def worth(self, value: float) -> frozenset[int]:
        """Give the cells of this score."""
        return frozenset(cell for cell in self.cells if self.values[cell] == value)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The four counts of one model with the weight of each row: rows of the population."""

    tp: Fraction
    fp: Fraction
    tn: Fraction
    fn: Fraction

    @property
    def rows(self) -> Fraction:
        return self.tp + self.fp + self.tn + self.fn


def rate(name: str) -> Score:
    """Score the candidate's share of rows: 1 in its part, 0 elsewhere in its whole."""
    row = TABLE[name]
    part = _places(row.part, CANDIDATE)
    return Score(tuple(float(cell in part) for cell in range(8)), _places(row.whole, CANDIDATE))


def difference(name: str) -> Score:
    """Score a rate's difference: 1 where only the candidate, -1 where only the baseline has a row in its part."""
    row = TABLE[name]
    own, other = _places(row.part, CANDIDATE), _places(row.part, BASELINE)
    values = tuple(float((cell in own) - (cell in other)) for cell in range(8))
    return Score(values, _places(row.whole, CANDIDATE))


def weigh(moments: Moments, baseline: bool) -> Weighed:
    """Give the counts of one side by their weights."""
    places = BASELINE if baseline else CANDIDATE
    tp, fp, tn, fn = (
        sum((Fraction(moments.totals[cell]) for cell in places[name]), Fraction(0)) for name in ("tp", "fp", "tn", "fn")
    )
    return Weighed(tp, fp, tn, fn)


def real_clusters(moments: Moments, named: int, place: int) -> int:
    """Count the clusters of a class (0, 1; 2: all) with each of the `named` known ones as one, and not each row."""
    known = moments.known[place]
    return moments.clusters[place] - known + min(known, named)


def count_rows(moments: Moments, baseline: bool) -> dict[Cell, int]:
    """Give the counts of one side in rows of a weight above 0."""
    places = BASELINE if baseline else CANDIDATE
    return {name: sum(moments.rows[cell] for cell in cells) for name, cells in places.items()}


def _places(cells: Cells, places: Mapping[Cell, tuple[int, int]]) -> frozenset[int]:
    return frozenset(place for cell in cells for place in places[cell])

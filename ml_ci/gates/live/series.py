"""The counts of closed windows as columns: how many rows of how many are wrong, in the sense of a gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.metrics import share
from ml_ci.gates.statistics.values import Floats
from ml_ci.live.values import Weighed, Window
from ml_ci.spec.live_gates import LiveLimit

# Of all rows, labelled or not: the one rate that needs no label.
UNLABELLED = "selection_rate"
_CELLS = {(True, False): 0, (False, True): 1, (False, False): 2, (True, True): 3}  # (positive, wrong): tp, fp, tn, fn


@dataclass(frozen=True, eq=False)
class Cells:
    """The four counts, as arrays of one shape."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats


def count(limit: LiveLimit, counts: Cells | Confusion) -> tuple[Floats, Floats]:
    """Give (wrong, rows) in the sense of a gate: a rate that has to be high is held against by what it leaves out."""
    part, whole = (np.asarray(one, dtype=np.float64) for one in share(counts, limit.metric))
    return (part if limit.upper else whole - part), whole


@dataclass(frozen=True, eq=False)
class Series:
    """The closed windows of one model: labelled rows by cell, predictions, and labels by decision; (windows,) each."""

    windows: tuple[Window, ...]
    cells: Cells
    rows: Floats
    positive: Floats
    due: Floats  # (windows, 2): decided positive, decided negative
    labelled: Floats

    def count(self, limit: LiveLimit) -> tuple[Floats, Floats]:
        """Give (wrong, rows) by window."""
        if limit.metric == UNLABELLED:
            return (self.positive if limit.upper else self.rows - self.positive), self.rows
        return count(limit, self.cells)


def make_series(windows: Sequence[Window]) -> Series:
    """Make columns of closed windows, in their order."""
    counts = [(one.counts.tp, one.counts.fp, one.counts.tn, one.counts.fn) for one in windows]
    cells = Cells(*_columns(counts, 4).T)
    predictions = _columns([(one.rows, one.positive) for one in windows], 2).T
    due = _columns([(one.decided_positive.due, one.decided_negative.due) for one in windows], 2)
    labelled = _columns([(one.decided_positive.labelled, one.decided_negative.labelled) for one in windows], 2)
    return Series(tuple(windows), cells, predictions[0], predictions[1], due, labelled)


def find_impossible(series: Series) -> Window | None:
    """Find a window whose counts cannot be, as in a damaged record; None where all can."""
    of_labels = series.cells.tp + series.cells.fp + series.cells.tn + series.cells.fn
    parts = [*vars(series.cells).values(), series.positive, series.labelled.min(axis=1)]
    wholes = [(series.positive, series.rows), (of_labels, series.labelled.sum(axis=1)), *_pairs(series)]
    good = np.all([part >= 0 for part in parts] + [part <= whole for part, whole in wholes], axis=0)
    bad = np.flatnonzero(~good)
    return series.windows[int(bad[0])] if len(bad) else None


def _pairs(series: Series) -> list[tuple[Floats, Floats]]:
    return [(series.labelled[:, side], series.due[:, side]) for side in (0, 1)]


@dataclass(frozen=True, eq=False)
class WeighedSeries:
    """Labelled rows by window and by their probability of being labelled, ascending: cells of (windows, kinds).

    `least` (windows,) is the smallest probability so far.
    """

    cells: Cells
    probability: Floats
    least: Floats


def make_weighed(windows: Sequence[Window]) -> WeighedSeries:
    """Make columns of the weighed rows of closed windows."""
    kinds = sorted({one.probability for window in windows for one in window.weighed}) or [1.0]
    place = {probability: at for at, probability in enumerate(kinds)}
    table = np.zeros((4, len(windows), len(kinds)))
    for at, window in enumerate(windows):
        for one in window.weighed:
            _add(table[:, at, place[one.probability]], one)
    smallest = [min((one.probability for one in window.weighed), default=1.0) for window in windows]
    least = np.minimum.accumulate(np.array(smallest)) if smallest else np.zeros(0)
    return WeighedSeries(Cells(*table), np.array(kinds), least)


def _add(cells: Floats, one: Weighed) -> None:
    cells[_CELLS[one.positive, True]] += one.wrong
    cells[_CELLS[one.positive, False]] += one.right


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(-1, width)

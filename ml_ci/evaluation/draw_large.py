"""Compute what a report draws of a holdout that is counted in chunks: the scores of one side are held at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.confusion import Paired
from ml_ci.evaluation.draw import Points, Sketch, Stated, choose_points, count_side, draw, drawable, sketch
from ml_ci.evaluation.flips import flips_among
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.metrics import Bools, Curve, Floats
from ml_ci.evaluation.pictures import CutCounts, Flips, Pictures
from ml_ci.evaluation.scores import Predictions, load
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.table import Table


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows that are counted: which are positive, what each weighs, and which of the table's they are (None: all).

    Weights are None where every row counts as one.
    """

    y_true: Bools
    weights: Floats | None = None
    kept: NDArray[np.bool_] | None = None

    def take(self, predictions: Predictions) -> Predictions:
        """Give the predictions of the rows that are counted, of those of every row."""
        return predictions if self.kept is None else predictions.take(self.kept)


def read_rows(holdout: Table, model: ModelSpec) -> Rows:
    """Read the labels of the holdout, and its weights."""
    y_true = read_labels(holdout, model.label, model.positive).y_true
    if model.weight is None:
        return Rows(y_true)
    weights = holdout.numbers(model.weight)
    kept = weights > 0
    return Rows(y_true[kept], weights[kept], kept)


@dataclass(eq=False)
class Drawing:
    """Draw two sides that are seen one after the other; the first is read again once the second is known.

    Until then nothing of it is held but its decisions: where cuts and bins lie depends on both.
    """

    rows: Rows
    files: Sequence[Path]
    stated: Stated
    paired: Paired
    _sketches: list[Sketch | None] = field(default_factory=list)
    _decision: Bools | None = None
    _differ: NDArray[np.intp] | None = None
    _second: Predictions | None = None
    _last: CutCounts | None = None

    def see(self, predictions: Predictions, of: Curve | None) -> None:
        """Look at the next side's predictions of the rows that are counted; `of` is its curve, where it is known."""
        self._sketches.append(sketch(self.rows.y_true, predictions, of))
        if self._decision is not None:
            self._differ = np.flatnonzero(self._decision != predictions.decision)
            self._second = predictions.take(self._differ)
        if len(self._sketches) < len(self.files):
            self._decision = predictions.decision.copy()
            return
        points = self._points()
        if points is not None and len(drawable(self._sketches)) == len(self.files) and predictions.score is not None:
            self._last = count_side(points, self.rows.y_true, predictions.score, of)

    def draw(self) -> Pictures:
        """Draw what was seen of every side."""
        points, counts, flips = self._points(), [], None
        if self._differ is not None:
            first = self.rows.take(load(self.files[0]))
            if points is not None and first.score is not None:
                counts.append(count_side(points, self.rows.y_true, first.score))
            flips = self._flips(first, self._differ)
        if self._last is not None:
            counts.append(self._last)
        return draw(self._sketches, points, counts, flips)

    def _points(self) -> Points | None:
        return choose_points(self._sketches, self.stated)

    def _flips(self, first: Predictions, differ: NDArray[np.intp]) -> Flips:
        assert self._second is not None  # noqa: S101 - both sides were seen
        return flips_among(differ, self.rows.y_true, first.take(differ), self._second, self.paired, self.rows.kept)

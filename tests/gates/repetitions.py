"""Holdouts that a noisy model is asked about several times, and the gates that may be put to its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.evaluate import Holdout
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.repeated import Repetitions, compare_repeated, stack
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.slices import Slices
from ml_ci.evaluation.values import Comparison
from ml_ci.gates.evidence import Case

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LIMITS = [
    "fpr <= 0.25",
    "fpr < 0.25",
    "recall >= 0.75",
    "precision >= 0.7",
    "accuracy >= 0.75",
    "selection_rate <= 0.5",
    "each(fnr, by=region) <= 0.25",
    "worst(fpr, by=region) <= 0.25",
    "gap(fpr, by=region) <= 0.05",
    "ratio(fnr, by=region) <= 1.2",
    "fp <= 20",
    "log_loss <= 0.5",
]
RELATIVE = [
    "fpr <= baseline.fpr",
    "fnr <= baseline.fnr + 0.01",
    "accuracy >= baseline.accuracy",
    "each(fpr, by=region) <= baseline.fpr",
    "fnr <= 1.2 * baseline.fnr",
    "precision >= baseline.precision",
    "f1 >= baseline.f1 - 0.01",
    "fpr + fnr <= baseline.fpr + baseline.fnr",
    "gap(fpr, by=region) <= baseline.gap(fpr, by=region)",
    "auc >= baseline.auc",
    "brier <= baseline.brier",
    "fn <= baseline.fn",
]


@dataclass(frozen=True, eq=False)
class Answers:
    """Scores of shape (repetitions, rows) of both sides for the rows of a holdout."""

    holdout: Holdout
    candidate: Floats
    baseline: Floats

    @property
    def comparison(self) -> Comparison:
        sides = [_side(scores) for scores in (self.candidate, self.baseline)]
        return compare_repeated(self.holdout, *sides, distinct=True)

    @property
    def case(self) -> Case:
        rows = Rows(stack(self.holdout, len(self.candidate)), self.candidate.ravel(), self.baseline.ravel())
        return Case(self.comparison, predictions=rows, row_clusters=rows)


@dataclass(frozen=True, eq=False)
class Rows:
    """The scored rows, as gates on scores read them."""

    holdout: Holdout
    candidate: Any
    baseline: Any
    weights: None = None

    @property
    def y_true(self) -> Any:
        return self.holdout.y_true

    @property
    def clusters(self) -> Any:
        assert self.holdout.grouping is not None
        return self.holdout.grouping.codes


def _side(scores: Floats) -> Repetitions:
    return Repetitions(tuple(Predictions(one >= 0.5, "probability", one) for one in scores), tuple({} for _ in scores))


def make_holdout(rng: np.random.Generator, rows: int) -> Holdout:
    """Give rows of both classes in two regions."""
    label = np.arange(rows) % 2 == 1
    region = Slices("region", (rng.random(rows) < 0.5).astype(np.uint8), ("north", "south"))
    return Holdout(Labels(label, label.astype(np.int32), ("0", "1")), (region,))


def answer(
    rng: np.random.Generator,
    holdout: Holdout,
    repetitions: int,
    *,
    center: float = 0.67,
    spreads: Sequence[float] = (1.0, 0.3, 0.5),
    shared: Floats | None = None,
) -> Floats:
    """Give scores: a row's own, what the whole repetition is off by, and noise of each answer.

    Decisions are at 0.5, and the scores a logistic function of the sum. `shared` is what rows are for both models.
    """
    of_row, of_repetition, of_answer = spreads
    rows = len(holdout.y_true)
    own = rng.normal(size=rows) if shared is None else shared
    total = center * np.where(holdout.y_true, 1.0, -1.0) + of_row * own
    total = total + of_repetition * rng.normal(size=(repetitions, 1)) + of_answer * rng.normal(size=(repetitions, rows))
    return np.asarray(1 / (1 + np.exp(-total)), np.float64)

"""Choose the threshold on the validation rows, before the holdout is scored."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.metrics import Curve, curve
from ml_ci.evaluation.scores import Predictions, own_scale
from ml_ci.spec.values import Threshold

# At each threshold of a curve: the measured metric, and whether the limit is from above (`fpr`) or from below.
FROM_ABOVE = frozenset({"fpr", "fnr", "selection_rate"})
FROM_BELOW = frozenset({"tpr", "recall", "tnr", "precision"})


def choose(y_true: NDArray[np.bool_], predictions: Predictions, threshold: Threshold) -> float:
    """Give the cut, on the scores' own scale, at which a row with score >= cut is positive.

    A stated value is taken as it is. `fpr=0.01` takes the largest-recall cut whose FPR measured on these validation
    rows is at most 0.01, the same for `selection_rate`; `recall=0.9` (also `tpr`), the highest cut with at least that
    recall; `fnr` likewise; `tnr` as 1 - fpr; `precision=0.8` the lowest cut with at least that precision.
    When no score can be positive the cut lies above every score. StageFailed, with code `threshold-undefined`, for
    labels without scores, validation rows of one class, an unknown metric, and a precision that no cut reaches.
    """
    if threshold.metric is None or threshold.at is None:
        return own_scale(predictions.kind, 0.5 if threshold.value is None else threshold.value)
    if predictions.score is None:
        raise _fail_undefined(
            threshold, "the model gives labels and no scores", "Remove `threshold:`, or predict scores."
        )
    drawn = curve(y_true, predictions.score)
    if not drawn.positives or not drawn.negatives:
        absent = "negatives" if drawn.positives else "positives"
        raise _fail_undefined(threshold, f"the validation rows hold no {absent}", "Add rows of both classes.")
    return _cut(drawn, threshold.metric, threshold.at, threshold)


def _cut(drawn: Curve, metric: str, at: float, threshold: Threshold) -> float:
    value = _measure(drawn, metric)
    if value is None:
        known = ", ".join(sorted(FROM_ABOVE | FROM_BELOW))
        raise _fail_undefined(threshold, f"{metric!r} is not one of {known}", "Choose one of them.")
    allowed = np.flatnonzero(value <= at if metric in FROM_ABOVE else value >= at)
    if metric in ("fpr", "selection_rate", "tnr"):  # the lowest cut finds the most positives
        return float(drawn.threshold[allowed[-1]]) if len(allowed) else math.nextafter(drawn.threshold[0], math.inf)
    if not len(allowed):
        raise _fail_undefined(
            threshold, f"no threshold reaches it (the best is {float(value.max()):.4g})", "Ask for less."
        )
    return float(drawn.threshold[allowed[-1 if metric == "precision" else 0]])


def _measure(drawn: Curve, metric: str) -> NDArray[np.float64] | None:
    if metric in ("fpr", "tnr"):
        fpr = drawn.fp / drawn.negatives
        return fpr if metric == "fpr" else 1 - fpr
    if metric in ("tpr", "recall", "fnr"):
        tpr = drawn.tp / drawn.positives
        return 1 - tpr if metric == "fnr" else tpr
    if metric == "selection_rate":
        return (drawn.tp + drawn.fp) / (drawn.positives + drawn.negatives)
    return drawn.tp / (drawn.tp + drawn.fp) if metric == "precision" else None


def _fail_undefined(threshold: Threshold, why: str, hint: str) -> StageFailed:
    said = f"`threshold: {threshold.metric}={threshold.at:g}` cannot be chosen: {why}"
    return StageFailed(Failure("evaluation", "threshold-undefined", said, hint))

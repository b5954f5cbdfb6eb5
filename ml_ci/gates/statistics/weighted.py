"""Measure score metrics on weighted rows, many sets of weights at once.

Each metric is prepared once for the scores of the negatives and of the positives; the prepared function takes the
weights of both (replicates, rows of the class) and gives one value per replicate, NaN where it is undefined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ml_ci.evaluation.metrics import ECE_BINS
from ml_ci.gates.statistics.values import Floats

Prepared: TypeAlias = Callable[[Floats, Floats], Floats]
Prepare: TypeAlias = Callable[[Floats, Floats], Prepared]


@dataclass(frozen=True, slots=True)
class ScoreMetric:
    """Name a metric of (y_true, score) and how to prepare it.

    `smooth` says that changing a share u of the rows of one class moves the metric by at most u.
    """

    name: str
    prepare: Prepare
    smooth: bool = False


def auc(negatives: Floats, positives: Floats) -> Prepared:
    """Prepare the area under the ROC curve; ties count one half; undefined without both classes."""
    order = _order(negatives)
    ranked = np.sort(negatives)
    below, up_to = np.searchsorted(ranked, positives, "left"), np.searchsorted(ranked, positives, "right")
    tied = bool((below != up_to).any())

    def value(weights_n: Floats, weights_p: Floats) -> Floats:
        """Give the metric of each replicate."""
        beaten = _cumulate(weights_n, order)
        wins = np.take(beaten, below, axis=1)
        if tied:
            wins = 0.5 * (wins + np.take(beaten, up_to, axis=1))
        total = np.einsum("rp,rp->r", weights_p, wins)
        return _over(total, weights_n.sum(axis=1) * weights_p.sum(axis=1))

    return value


def average_precision(negatives: Floats, positives: Floats) -> Prepared:
    """Prepare average precision, the sum of precision times gained recall; undefined without positives."""
    curve = _curve(negatives, positives)

    def value(weights_n: Floats, weights_p: Floats) -> Floats:
        """Give the metric of each replicate."""
        hits, alarms = curve(weights_n, weights_p)
        gained = np.diff(hits, axis=1, prepend=0.0)
        found = hits + alarms
        precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
        return _over(np.einsum("rg,rg->r", gained, precision), weights_p.sum(axis=1))

    return value


def recall_at(fpr: float) -> ScoreMetric:
    """Give the metric "largest recall whose false positive rate is at most `fpr`"; undefined without both classes."""

    def prepare(negatives: Floats, positives: Floats) -> Prepared:
        """Prepare for these scores."""
        curve = _curve(negatives, positives)

        def value(weights_n: Floats, weights_p: Floats) -> Floats:
            """Give the metric of each replicate."""
            hits, alarms = curve(weights_n, weights_p)
            total_n, total_p = weights_n.sum(axis=1), weights_p.sum(axis=1)
            allowed = _over(alarms, total_n[:, np.newaxis]) <= fpr
            best = np.where(allowed, hits, 0.0).max(axis=1, initial=0.0)
            return np.where(total_n > 0, _over(best, total_p), np.nan)

        return value

    return ScoreMetric(f"recall_at(fpr={fpr:g})", prepare)


def log_loss(negatives: Floats, positives: Floats) -> Prepared:
    """Prepare the mean negative log likelihood (nats), scores clipped by one float's epsilon as scikit-learn does."""
    least = float(np.finfo(np.float64).eps)
    loss_n = -np.log1p(-np.clip(negatives, least, 1 - least))
    return _mean_of(loss_n, -np.log(np.clip(positives, least, 1 - least)))


def brier(negatives: Floats, positives: Floats) -> Prepared:
    """Prepare the mean squared distance between score and label."""
    return _mean_of(negatives**2, (1 - positives) ** 2)


def expected_calibration_error(bins: int = ECE_BINS) -> ScoreMetric:
    """Give the metric "distance between mean score and share of positives, averaged over `bins` equal bins"."""

    def prepare(negatives: Floats, positives: Floats) -> Prepared:
        """Prepare for these scores."""
        table_n, table_p = _bin_up(negatives, negatives, bins), _bin_up(positives, positives - 1, bins)

        def value(weights_n: Floats, weights_p: Floats) -> Floats:
            """Give the metric of each replicate."""
            apart = np.abs(weights_n @ table_n + weights_p @ table_p).sum(axis=1)
            return _over(apart, weights_n.sum(axis=1) + weights_p.sum(axis=1))

        return value

    return ScoreMetric("ece", prepare)


METRICS = {
    metric.name: metric
    for metric in (
        ScoreMetric("auc", auc, smooth=True),
        ScoreMetric("average_precision", average_precision),
        ScoreMetric("log_loss", log_loss),
        ScoreMetric("brier", brier, smooth=True),
        expected_calibration_error(),
    )
}


def named(name: str) -> ScoreMetric:
    """Give the metric of a name as conditions write it, `auc` or `recall_at(fpr=0.01)`; KeyError for any other."""
    if name.startswith("recall_at(fpr=") and name.endswith(")"):
        return recall_at(float(name.removeprefix("recall_at(fpr=").removesuffix(")")))
    return METRICS[name]


def _curve(negatives: Floats, positives: Floats) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Prepare true and false positives at each distinct score of the positives, from the highest down."""
    distinct = np.unique(positives)[::-1]
    orders = _order(negatives), _order(positives)
    below_n, below_p = (np.searchsorted(np.sort(scores), distinct, "left") for scores in (negatives, positives))

    def counted(weights_n: Floats, weights_p: Floats) -> tuple[Floats, Floats]:
        sums_n, sums_p = _cumulate(weights_n, orders[0]), _cumulate(weights_p, orders[1])
        return sums_p[:, -1:] - np.take(sums_p, below_p, axis=1), sums_n[:, -1:] - np.take(sums_n, below_n, axis=1)

    return counted


def _order(scores: Floats) -> npt.NDArray[np.intp] | None:
    """Give the order from low to high; None where the scores have it already, which saves a pass per replicate."""
    return None if bool((scores[1:] >= scores[:-1]).all()) else np.argsort(scores, kind="stable")


def _cumulate(weights: Floats, order: npt.NDArray[np.intp] | None) -> Floats:
    ordered = weights if order is None else np.take(weights, order, axis=1)
    sums = np.zeros((weights.shape[0], weights.shape[1] + 1))
    np.cumsum(ordered, axis=1, out=sums[:, 1:])
    return sums


def _mean_of(of_negatives: Floats, of_positives: Floats) -> Prepared:
    def value(weights_n: Floats, weights_p: Floats) -> Floats:
        """Give the metric of each replicate."""
        total = weights_n @ of_negatives + weights_p @ of_positives
        return _over(total, weights_n.sum(axis=1) + weights_p.sum(axis=1))

    return value


def _bin_up(score: Floats, value: Floats, bins: int) -> Floats:
    which = np.minimum((score * bins).astype(np.intp), bins - 1)
    return np.where(which[:, np.newaxis] == np.arange(bins), value[:, np.newaxis], 0.0)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

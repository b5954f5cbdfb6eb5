"""The metrics that need the score of every row, each row counted as often as it weighs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Cost

ECE_BINS = 15

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Count true and false positives at every threshold that a score gives, from the highest down.

    `threshold`, `tp` and `fp` have one element per distinct score: rows with score >= threshold are positive. Rows are
    whole numbers; their weights, where there are, are sums of float64.
    """

    threshold: Floats
    tp: NDArray[np.int64] | Floats
    fp: NDArray[np.int64] | Floats
    positives: float
    negatives: float


def curve(y_true: Bools, score: Floats, weights: Floats | None = None) -> Curve:
    """Sort the rows by score, ties together; `weights` are float64 of shape (rows,), None where each counts as one."""
    if weights is not None:
        return _weighted_curve(y_true, score, weights)
    if len(score) and score.min() >= 0:
        return _curve_of_bits(y_true, score)
    falling, of_positives = np.sort(score)[::-1], np.sort(score[y_true])  # faster than to sort places
    last = _ends(falling)
    threshold, positives = falling[last], len(of_positives)
    tp = positives - np.searchsorted(of_positives, threshold)
    return Curve(threshold, tp, last + 1 - tp, positives, len(y_true) - positives)


def _curve_of_bits(y_true: Bools, score: Floats) -> Curve:
    """Sort scores that are not negative by their bits, which are in their order, with the label behind them.

    One sort, in half of the time that two take. 0 is added, as the bits of -0.0 are others than those of 0.0.
    """
    one = np.uint64(1)
    both = ((score + 0.0).view(np.uint64) << one) | y_true
    both.sort()
    falling = both[::-1]
    threshold = (falling >> one).view(np.float64)
    last = _ends(threshold)
    tp = np.cumsum(falling & one, dtype=np.int64)[last]
    positives = int(np.count_nonzero(y_true))
    return Curve(threshold[last], tp, last + 1 - tp, positives, len(y_true) - positives)


def _weighted_curve(y_true: Bools, score: Floats, weights: Floats) -> Curve:
    order = np.argsort(score, kind="stable")[::-1]
    falling = score[order]
    last = _ends(falling)
    tp = np.cumsum(np.where(y_true, weights, 0.0)[order])[last]
    fp = np.cumsum(np.where(y_true, 0.0, weights)[order])[last]
    ends = (float(tp[-1]), float(fp[-1])) if len(last) else (0.0, 0.0)
    return Curve(falling[last], tp, fp, *ends)


def _ends(falling: Floats) -> NDArray[np.intp]:
    """Give the last place of each score among equal ones."""
    return np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1) if len(falling) else np.zeros(0, np.intp)


def auc(of: Curve) -> float | None:
    """Give the area under the ROC curve, ties counting half; None without positives or without negatives."""
    if not of.positives or not of.negatives:
        return None
    tp, fp = np.append(0, of.tp), np.append(0, of.fp)
    doubled = np.sum(np.diff(fp) * (tp[1:] + tp[:-1])).item()
    return float(doubled / (2 * of.positives * of.negatives))


def average_precision(of: Curve) -> float | None:
    """Give the sum over thresholds of precision times the step in recall; None without positives."""
    if not of.positives:
        return None
    steps = np.diff(np.append(0, of.tp))
    return float(np.sum(steps * (of.tp / (of.tp + of.fp))) / of.positives)


def recall_at(of: Curve, fpr: float) -> float | None:
    """Give the largest recall of a threshold whose FPR is at most `fpr`; None without positives or negatives."""
    if not of.positives or not of.negatives:
        return None
    allowed = of.tp[of.fp / of.negatives <= fpr]  # 29 of 100 are 0.29, and 0.29 * 100 is less than 29
    return float(allowed[-1] / of.positives) if len(allowed) else 0.0


def log_loss(y_true: Bools, probability: Floats, weights: Floats | None = None) -> float | None:
    """Give the mean negative log-likelihood in nats, probabilities kept 2.2e-16 from 0 and 1; None without rows."""
    if not len(y_true):
        return None
    tiny = np.finfo(np.float64).eps
    kept = np.clip(probability, tiny, 1 - tiny)
    return -_average(np.log(np.where(y_true, kept, 1 - kept)), weights)


def brier(y_true: Bools, probability: Floats, weights: Floats | None = None) -> float | None:
    """Give the mean squared difference of probability and label; None without rows."""
    return _average((probability - y_true) ** 2, weights) if len(y_true) else None


def _average(values: Floats, weights: Floats | None) -> float:
    return float(np.mean(values) if weights is None else np.average(values, weights=weights))


def ece(y_true: Bools, probability: Floats, weights: Floats | None = None) -> float | None:
    """Give the expected calibration error over 15 bins of equal width, [k/15, (k+1)/15), the last with its end.

    The mean over rows of |share of positives - mean probability| of the row's bin (Guo et al. 2017); None without rows.
    """
    if not len(y_true):
        return None
    bins = np.minimum((probability * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    if weights is not None:
        gaps = np.bincount(bins, weights=weights * (y_true - probability), minlength=ECE_BINS)
        return float(np.sum(np.abs(gaps)) / np.sum(weights))
    hits = np.bincount(bins, weights=y_true, minlength=ECE_BINS)
    said = np.bincount(bins, weights=probability, minlength=ECE_BINS)
    return float(np.sum(np.abs(hits - said)) / len(y_true))


def cost(of: Confusion | Weighted, price: Cost) -> float | None:
    """Give what the errors cost per row, in the currency of `price`; None without rows."""
    return (of.fp * price.fp + of.fn * price.fn) / of.rows if of.rows else None


def costs(of: Confusion | Weighted, price: Cost | None) -> dict[str, float | None]:
    """Give `cost` and `cost_per_1000` by name; nothing without a price."""
    if price is None:
        return {}
    each = cost(of, price)
    return {"cost": each, "cost_per_1000": None if each is None else 1000 * each}


RANKING: Mapping[str, Callable[[Curve], float | None]] = {"auc": auc, "average_precision": average_precision}
CALIBRATION: Mapping[str, Callable[[Bools, Floats, Floats | None], float | None]] = {
    "log_loss": log_loss,
    "brier": brier,
    "ece": ece,
}
OF_SCORES = (*RANKING, *CALIBRATION)


def of_scores(
    y_true: Bools,
    score: Floats | None,
    kind: str,
    wanted: Collection[str] = OF_SCORES,
    weights: Floats | None = None,
    drawn: Curve | None = None,
) -> dict[str, float | None]:
    """Give the wanted metrics of scores, by name; `recall_at(fpr=X)` among them. No weight is 0.

    None where undefined: everything for labels, the calibration metrics for margins. `drawn` is the curve where it is
    known.
    """
    ranks = [name for name in wanted if name in RANKING or name.startswith("recall_at(")]
    if drawn is None and score is not None and kind != "label" and ranks:
        drawn = curve(y_true, score, weights)
    found: dict[str, float | None] = {}
    for name in wanted:
        if name in CALIBRATION:
            defined = score is not None and kind == "probability"
            found[name] = CALIBRATION[name](y_true, score, weights) if defined and score is not None else None
        elif name in ranks:
            found[name] = None if drawn is None else _rank(name, drawn)
    return found


def _rank(name: str, drawn: Curve) -> float | None:
    if name in RANKING:
        return RANKING[name](drawn)
    return recall_at(drawn, float(name.removeprefix("recall_at(fpr=").removesuffix(")")))

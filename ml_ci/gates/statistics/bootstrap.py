"""Resample the stored predictions, for metrics that are no proportions.

Rows are resampled within their class, the same rows for candidate and baseline; `replicates` turns what comes out into
bias-corrected and accelerated bounds (BCa, Efron 1987; the stratified acceleration is Davison and Hinkley's, 1997,
section 5.3). The same seed gives the same replicates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics import resampling
from ml_ci.gates.statistics.replicates import Replicates
from ml_ci.gates.statistics.resampling import Stratum
from ml_ci.gates.statistics.values import Floats
from ml_ci.gates.statistics.weighted import Prepared, ScoreMetric, named

REPLICATES = 2_000


@dataclass(frozen=True, slots=True)
class Term:
    """Weigh one metric, of the candidate or of the baseline, in a sum of metrics."""

    metric: ScoreMetric
    baseline: bool = False
    weight: float = 1.0


def of_scores(
    y_true: npt.ArrayLike,
    candidate: npt.ArrayLike,
    metric: str | ScoreMetric,
    baseline: npt.ArrayLike | None = None,
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Replicates:
    """Resample `metric(candidate)` or, with a baseline, `metric(candidate) - metric(baseline)`; see `of_terms`."""
    chosen = named(metric) if isinstance(metric, str) else metric
    terms = [Term(chosen)] if baseline is None else [Term(chosen), Term(chosen, baseline=True, weight=-1.0)]
    return of_terms(y_true, candidate, baseline, terms, replicates=replicates, seed=seed)


def of_terms(
    y_true: npt.ArrayLike,
    candidate: npt.ArrayLike,
    baseline: npt.ArrayLike | None,
    terms: Sequence[Term],
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Replicates:
    """Resample a weighted sum of metrics of both models on the same resampled rows.

    `y_true` (rows,) is True for the positives; `candidate` and `baseline` (rows,) are scores in the same row order.
    A NaN score or a metric without the class it needs gives an undefined estimate, which no judgement passes. Of a
    class of more than 100,000 rows the spread is measured on a bag of so many; the estimate is always of all rows.
    """
    labels = np.asarray(y_true, dtype=bool)
    sides = {False: _scores(labels, candidate)}
    if baseline is not None:
        sides[True] = _scores(labels, baseline)
    if any(np.isnan(scores).any() for scores in sides.values()):
        return Replicates(math.nan, np.full(replicates, math.nan), undefined="a score is NaN")
    rng = np.random.default_rng(seed)
    negatives, positives = resampling.strata(labels, rng)
    classes = _by_score(negatives, sides[False]), _by_score(positives, sides[False])
    value = _sum(classes, sides, terms)
    drawn = np.concatenate([value(*both) for both in resampling.weights(classes, replicates, rng)])
    bag = float(value(*resampling.measured(classes))[0])
    whole = bag if _complete(classes) else _measure(labels, sides, terms)
    smooth = all(term.metric.smooth for term in terms) and _change(terms) <= 1.0
    rows = tuple(stratum.rows for stratum in classes)
    return Replicates(whole, drawn + (whole - bag), _acceleration(classes, value, rng), rows, smooth)


def _scores(labels: npt.NDArray[np.bool_], scores: npt.ArrayLike) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != labels.shape or values.ndim != 1:
        raise ValueError("labels and scores must be one-dimensional and of one length")
    return values


def _by_score(stratum: Stratum, scores: Floats) -> Stratum:
    """Put the rows into the candidate's order once, so that no replicate has to."""
    positions = stratum.positions
    return replace(stratum, positions=positions[np.argsort(scores[positions], kind="stable")])


def _sum(classes: tuple[Stratum, Stratum], sides: dict[bool, Floats], terms: Sequence[Term]) -> Prepared:
    negatives, positives = (stratum.positions for stratum in classes)
    scores = ((sides[term.baseline][negatives], sides[term.baseline][positives]) for term in terms)
    prepared = [(term.weight, term.metric.prepare(*both)) for term, both in zip(terms, scores, strict=True)]

    def value(weights_n: Floats, weights_p: Floats) -> Floats:
        """Give the weighted sum of all terms for each replicate."""
        total = np.zeros(len(weights_n))
        for weight, metric in prepared:
            total += weight * metric(weights_n, weights_p)
        return total

    return value


def _change(terms: Sequence[Term]) -> float:
    """Give how much the sum can move when one share of rows changes on both sides, in units of that share."""
    return max(sum(abs(term.weight) for term in terms if term.baseline is side) for side in (False, True))


def _complete(classes: tuple[Stratum, Stratum]) -> bool:
    return all(len(stratum.positions) == stratum.rows for stratum in classes)


def _measure(labels: npt.NDArray[np.bool_], sides: dict[bool, Floats], terms: Sequence[Term]) -> float:
    rows = np.flatnonzero(~labels), np.flatnonzero(labels)
    everyone = Stratum(rows[0], len(rows[0])), Stratum(rows[1], len(rows[1]))
    return float(_sum(everyone, sides, terms)(*resampling.measured(everyone))[0])


def _acceleration(classes: tuple[Stratum, Stratum], value: Prepared, rng: np.random.Generator) -> float:
    """Give a sixth of the influences' skewness, from groups of rows left out in turn, centred within their class."""
    left: tuple[list[float], list[float]] = ([], [])
    for index, weights_n, weights_p in resampling.left_out(classes, rng):
        left[index].extend(value(weights_n, weights_p).tolist())
    influence = np.array([np.mean(values) - one for values in left for one in values])
    spread = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * spread**1.5) if spread > 0.0 else 0.0

"""Resample the stored predictions, for metrics that are no proportions.

Rows are resampled within their class, the same rows for candidate and baseline; `replicates` turns what comes out into
bias-corrected and accelerated bounds (BCa, Efron 1987; the stratified acceleration is Davison and Hinkley's, 1997,
section 5.3). The same seed gives the same replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics import cluster_resampling, resampling
from ml_ci.gates.statistics.cluster_resampling import Groups
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
    groups: Groups | None = None,
) -> Replicates:
    """Resample a weighted sum of metrics of both models on the same resampled rows.

    `y_true` (rows,) is True for the positives; `candidate` and `baseline` (rows,) are scores in the same row order.
    A NaN score or a metric without the class it needs gives an undefined estimate, which no judgement passes. Of a
    class of more than 100,000 rows the spread is measured on a bag of so many; the estimate is always of all rows.
    `groups` are the clusters that are drawn instead of rows, None where rows are independent; see `widened` for few.
    """
    labels = np.asarray(y_true, dtype=bool)
    sides = {False: _scores(labels, candidate)}
    if baseline is not None:
        sides[True] = _scores(labels, baseline)
    if any(np.isnan(scores).any() for scores in sides.values()):
        return Replicates(math.nan, np.full(replicates, math.nan), undefined="a score is NaN")
    rng = np.random.default_rng(seed)
    if groups is not None and not groups.alone:
        return _of_clusters(labels, sides, terms, groups, replicates, rng)
    negatives, positives = resampling.strata(labels, rng)
    classes = _by_score(negatives, sides[False]), _by_score(positives, sides[False])
    value = _sum(classes, sides, terms)
    drawn = np.concatenate([value(*both) for both in resampling.weights(classes, replicates, rng)])
    bag = float(value(*resampling.measured(classes))[0])
    whole = bag if _complete(classes) else _measure(labels, sides, terms)
    rows = tuple(stratum.rows for stratum in classes)
    skewness = _acceleration(resampling.left_out(classes, rng), value)
    return Replicates(whole, drawn + (whole - bag), skewness, rows, _is_smooth(terms))


def _of_clusters(
    labels: npt.NDArray[np.bool_],
    sides: dict[bool, Floats],
    terms: Sequence[Term],
    groups: Groups,
    replicates: int,
    rng: np.random.Generator,
) -> Replicates:
    """Resample clusters; the rows of each class are as many as its clusters count as where all of one are alike."""
    sample = cluster_resampling.take(labels, sides[False], groups, rng)
    value = _sum(sample.classes, sides, terms)
    drawn = np.concatenate([value(*both) for both in sample.weights(replicates, rng)])
    bag = float(value(*sample.measured())[0])
    whole = _measure(labels, sides, terms, groups.weights)
    rows = tuple(cluster_resampling.independent_rows(groups, labels == wanted).worth for wanted in (False, True))
    skewness = _acceleration(sample.left_out(rng), value)
    return Replicates(whole, drawn + (whole - bag), skewness, rows, _is_smooth(terms))


def _is_smooth(terms: Sequence[Term]) -> bool:
    return all(term.metric.smooth for term in terms) and _change(terms) <= 1.0


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


def _measure(
    labels: npt.NDArray[np.bool_], sides: dict[bool, Floats], terms: Sequence[Term], weights: Floats | None = None
) -> float:
    rows = np.flatnonzero(~labels), np.flatnonzero(labels)
    everyone = Stratum(rows[0], len(rows[0])), Stratum(rows[1], len(rows[1]))
    value = _sum(everyone, sides, terms)
    if weights is None:
        return float(value(*resampling.measured(everyone))[0])
    return float(value(weights[rows[0]][np.newaxis, :], weights[rows[1]][np.newaxis, :])[0])


def _acceleration(left_out: Iterable[tuple[int, Floats, Floats]], value: Prepared) -> float:
    """Give a sixth of the influences' skewness, from groups of rows left out in turn, centred within their class."""
    left: dict[int, list[float]] = {}
    for index, weights_n, weights_p in left_out:
        left.setdefault(index, []).extend(value(weights_n, weights_p).tolist())
    influence = np.array([np.mean(values) - one for values in left.values() for one in values])
    spread = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * spread**1.5) if spread > 0.0 else 0.0

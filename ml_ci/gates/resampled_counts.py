"""Cells of counts that are resampled, what is asked of them, and how many rows of them count as one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.clusters import ALL, NEGATIVES, POSITIVES, Moments
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.gates import clustered, metrics
from ml_ci.gates.cells import Score
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.question import Question
from ml_ci.gates.statistics import bootstrap_counts
from ml_ci.gates.statistics.bootstrap_counts import Counts, Statistic
from ml_ci.gates.statistics.design_effect import Effect, largest_share
from ml_ci.gates.statistics.values import Floats
from ml_ci.gates.view import View
from ml_ci.metrics import COUNTS, HIGHER_IS_WORSE, OF_COST

# Where each cell (both err, the candidate only, the baseline only, neither) of negatives and positives is counted.
_PAIRED = (((3,), (2,), (1,), (0,)), ((4,), (5,), (6,), (7,)))
_ALONE = (((), (2, 3), (), (0, 1)), ((), (4, 5), (), (6, 7)))


@dataclass(frozen=True, slots=True)
class Basis:
    """The cells of each slice's negatives and positives, in turn, and how many (weighted) rows count as one.

    `effect` is the one that counts, None where rows are independent; `share` is the largest that one cluster has of a
    class or of all rows, in any of the slices.
    """

    classes: list[Floats]
    ratio: float = 1.0
    effect: Effect | None = None
    share: float = 0.0


def basis_of(question: Question, view: View) -> Basis:
    """Count what is resampled; where rows belong together, the slice with the largest design effect counts for all."""
    crossed = _cross(question, view)
    if view.clusters is None:
        return Basis([_array(one) for paired in crossed for one in (paired.negatives, paired.positives)])
    if view.clusters.weight is not None and any(atom.key in COUNTS for atom, _ in question.difference.weights):
        raise UnprovableError("counts of rows beside weighted rates are not proven; gate them apart")
    asked = over(question)
    views = [view] if asked is None else [view.of_slice(asked.by, name) for name in view.kept(_of_candidate(asked))[0]]
    places = _PAIRED if question.relative else _ALONE
    classes, found, share = [], [], 0.0
    for of_slice, paired in zip(views, crossed, strict=True):
        moments = of_slice.moments()
        if moments is None:
            classes += [_array(paired.negatives), _array(paired.positives)]
            continue
        both = (_sum(moments, places[0]), _sum(moments, places[1]))
        classes += both
        share = max(share, *(largest_share(moments, kept) for kept in (NEGATIVES, POSITIVES, ALL)))
        scaled = _in_clusters(moments, both)
        found += [
            _effect(of_slice, moments, bootstrap_counts.gradient(scaled, one), places)
            for one in _statistics(question, view)
        ]
    worst = max(found, key=lambda effect: effect.ratio, default=None)
    return Basis(classes, 1.0 if worst is None else worst.ratio, worst, share)


def _statistics(question: Question, view: View) -> list[Statistic]:
    """Give what is smooth in one slice's counts: the whole; or, over slices, each of its metrics and their sum."""
    if over(question) is None:
        return [statistic_of(question, view)]
    weights = [(atom, float(weight)) for atom, weight in question.difference.weights]
    parts = [[one] for one in weights] + ([weights] if len(weights) > 1 else [])
    return [_of_one_slice(part) for part in parts]


def _of_one_slice(weights: list[tuple[Metric | OverSlices, float]]) -> Statistic:
    def statistic(candidate: Counts, baseline: Counts) -> Floats:
        """Give the sum of a slice's metrics for each resample."""
        terms = [
            weight * metrics.arrays(baseline if atom.baseline else candidate, atom.key)[:, 0]
            for atom, weight in weights
        ]
        return np.asarray(np.sum(terms, axis=0), dtype=np.float64)

    return statistic


def _effect(view: View, moments: Moments, slopes: Floats, places: tuple[tuple[tuple[int, ...], ...], ...]) -> Effect:
    scores, total = [0.0] * 8, float(sum(moments.totals))
    for of_class, row in zip(places, slopes, strict=True):
        for where, slope in zip(of_class, row, strict=True):
            for cell in where:
                scores[cell] = total * float(slope)
    return clustered.measure(view, moments, Score(tuple(scores), ALL))


def _in_clusters(moments: Moments, both: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Give the cells in units of a row's cluster: what weighs how much, and is there how often, changes no slope."""
    squares, total = math.fsum(map(math.fsum, moments.products)), math.fsum(moments.totals)
    unit = squares / total if total > 0 else 1.0
    return both[0] / unit, both[1] / unit


def _sum(moments: Moments, places: tuple[tuple[int, ...], ...]) -> Floats:
    return np.array([sum(moments.totals[cell] for cell in where) for where in places], dtype=np.float64)


def _array(found: PairedErrors) -> Floats:
    return np.array([found.both, found.candidate_only, found.baseline_only, found.neither], dtype=np.float64)


def _of_candidate(atom: OverSlices) -> OverSlices:
    return replace(atom, baseline=False)


def _cross(question: Question, view: View) -> list[Paired]:
    """Give the paired errors of all rows, or of every slice that is not left out."""
    slices = over(question)
    if slices is None:
        return [(view.paired() if question.relative else None) or _make_unpaired(view.confusion(False))]
    kept, _ = view.kept(replace(slices, baseline=False))
    if not question.relative:
        return [_make_unpaired(counts) for counts in kept.values()]
    paired = view.case.comparison.paired_slices.get(",".join(slices.by), {})
    if any(name not in paired for name in kept):
        raise UndefinedError("the slices of candidate and baseline were not counted together; run the evaluation again")
    return [paired[name] for name in kept]


def over(question: Question) -> OverSlices | None:
    """Give the metric over slices that is asked about; None where it is one set of rows."""
    atom = question.candidate.weights[0][0]
    return atom if isinstance(atom, OverSlices) and atom.function != "each" else None


def _make_unpaired(counts: Confusion) -> Paired:
    return Paired(
        negatives=PairedErrors(candidate_only=counts.fp, neither=counts.tn),
        positives=PairedErrors(candidate_only=counts.fn, neither=counts.tp),
    )


def statistic_of(question: Question, view: View) -> Statistic:
    """Give what a question is about as a function of the counts of both models."""

    def statistic(candidate: Counts, baseline: Counts) -> Floats:
        """Give candidate minus limit for each resample of the counts; NaN where a metric is undefined."""
        terms = [
            float(weight) * _values(atom, baseline if atom.baseline else candidate, view)
            for atom, weight in question.difference.weights
        ]
        return np.asarray(np.sum(terms, axis=0), dtype=np.float64)

    return statistic


def _values(atom: Metric | OverSlices, side: Counts, view: View) -> Floats:
    """Give a metric per replicate, (replicates,), from counts (replicates, slices)."""
    if isinstance(atom, Metric) and atom.name in OF_COST:
        fp, fn = view.case.cost or (math.nan, math.nan)
        per = 1000 if atom.name == "cost_per_1000" else 1
        return np.asarray(per * (fp * side.fp + fn * side.fn) / (side.tp + side.fp + side.tn + side.fn))[:, 0]
    values: Floats = metrics.arrays(side, atom.key)
    if isinstance(atom, Metric) or atom.function == "each":
        return values[:, 0]
    if atom.function == "worst":
        return np.asarray(values.max(axis=1) if atom.metric in HIGHER_IS_WORSE else values.min(axis=1))
    return bootstrap_counts.gap(values) if atom.function == "gap" else bootstrap_counts.ratio(values)

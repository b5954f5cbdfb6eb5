"""Put a question that has no closed form to resamples: of the counts of both models, or of their scored rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.gates import metrics
from ml_ci.gates.question import Question
from ml_ci.gates.statistics import bootstrap, bootstrap_counts, replicates
from ml_ci.gates.statistics.bootstrap_counts import Counts
from ml_ci.gates.statistics.replicates import Replicates
from ml_ci.gates.statistics.values import NEEDS_CAP, POWER, Evidence, Floats
from ml_ci.gates.statistics.weighted import named
from ml_ci.gates.view import UndefinedError, View
from ml_ci.metrics import HIGHER_IS_WORSE, OF_COST

_MOST_REPLICATES = 200_000


def judge_counts(question: Question, view: View, alpha: float, seed: int) -> Evidence:
    """Judge a question about metrics of the counts at one-sided `alpha`; the same `seed` gives the same evidence.

    Bounds are of the candidate's value, or of its difference to the baseline where the limit depends on it.
    """
    size = int(min(max(bootstrap_counts.REPLICATES, 20 / alpha), _MOST_REPLICATES))
    found = bootstrap_counts.of_counts(_cells(question, view), _statistic(question, view), replicates=size, seed=seed)
    return _judge(found, question, view, alpha)


def judge_scores(question: Question, view: View, alpha: float, seed: int) -> Evidence:
    """Judge a question about metrics of the scores, of one model or of both on the same rows; see `judge_counts`.

    Raises UndefinedError where the predictions were not kept.
    """
    rows = view.case.predictions
    if rows is None or (question.relative and rows.baseline is None):
        raise UndefinedError("the scored rows are needed for a proof, and not there; run the evaluation again")
    terms = [
        bootstrap.Term(named(str(replace(atom, baseline=False))), atom.baseline, sign * float(weight))
        for side, sign in ((question.candidate, 1.0), (question.limit, -1.0))
        for atom, weight in side.weights
    ]
    baseline = rows.baseline if question.relative else None
    found = bootstrap.of_terms(rows.y_true, rows.candidate, baseline, terms, seed=seed)
    return _judge(found, question, view, alpha)


def judge_own(question: Question, view: View, alpha: float) -> Evidence:
    """Judge a question about metrics of the user's own code, on resamples that were made by that code."""
    own = view.case.own
    if own is None:
        raise UndefinedError("the user's own metric was not resampled; run the evaluation again")
    estimate = float(view.total(question.difference)[0])
    values = np.sum(
        [float(weight) * own(atom.key, atom.baseline) for atom, weight in question.difference.weights], axis=0
    )
    return _judge(Replicates(estimate, np.asarray(values, np.float64), cautious=True), question, view, alpha)


def _judge(found: Replicates, question: Question, view: View, alpha: float) -> Evidence:
    """Hold `candidate - weighted baseline` against the constant of the limit."""
    judge = replicates.at_most if question.upper else replicates.at_least
    constant = float(question.limit.constant)
    evidence = judge(found, constant, alpha)
    shift = _shift(question, view)
    low = None if evidence.low is None else evidence.low + shift
    high = None if evidence.high is None else evidence.high + shift
    needs = evidence.needs
    if evidence.outcome == "inconclusive":
        away = found.estimate - constant
        needs = _further_rows(away if question.upper else -away, found.values, view.confusion(False).rows, alpha)
    return replace(evidence, low=low, high=high, needs=needs)


def _shift(question: Question, view: View) -> float:
    """Give what turns "candidate - weighted baseline" into the difference to the baseline: 0 for a weight of 1."""
    weights = tuple((atom, weight - 1) for atom, weight in question.limit.weights)
    if len(weights) != 1 or not weights[0][1]:
        return 0.0
    return float(view.total(Linear(question.limit.constant * 0, weights))[0])


def _cells(question: Question, view: View) -> list[Paired]:
    """Give the paired errors of all rows, or of every slice that is not left out."""
    over = _over(question)
    if over is None:
        return [(view.paired() if question.relative else None) or _make_unpaired(view.confusion(False))]
    kept, _ = view.kept(replace(over, baseline=False))
    if not question.relative:
        return [_make_unpaired(counts) for counts in kept.values()]
    paired = view.case.comparison.paired_slices.get(",".join(over.by), {})
    if any(name not in paired for name in kept):
        raise UndefinedError("the slices of candidate and baseline were not counted together; run the evaluation again")
    return [paired[name] for name in kept]


def _over(question: Question) -> OverSlices | None:
    atom = question.candidate.weights[0][0]
    return atom if isinstance(atom, OverSlices) and atom.function != "each" else None


def _make_unpaired(counts: Confusion) -> Paired:
    return Paired(
        negatives=PairedErrors(candidate_only=counts.fp, neither=counts.tn),
        positives=PairedErrors(candidate_only=counts.fn, neither=counts.tp),
    )


def _statistic(question: Question, view: View) -> Callable[[Counts, Counts], Floats]:

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


def _further_rows(away: float, values: Floats, rows: int, alpha: float) -> int | None:
    """Estimate the further rows as for the score test: n ((z_alpha + z_power) / |T|)^2 - n; None where T >= 0.

    T is how far `away` from the limit the measured value lies, in units of the resamples' spread; their mean lies a
    little off it, which near the limit would make several times more or fewer rows of it.
    """
    known = values[np.isfinite(values)]
    spread = float(known.std()) if known.size else 0.0
    if not away < 0 or not spread > 0:
        return None
    wanted = rows * ((ndtri(1 - alpha) + ndtri(POWER)) * spread / away) ** 2 - rows
    return int(min(max(math.ceil(wanted), 1), NEEDS_CAP))

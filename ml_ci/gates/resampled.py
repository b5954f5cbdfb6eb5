"""Put a question that has no closed form to resamples: of the counts of both models, or of their scored rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ml_ci.evaluation.clusters import ALL, NEGATIVES, POSITIVES
from ml_ci.gates import clustered, giants, resampled_counts, resampled_scores
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.procedure import shift_of
from ml_ci.gates.question import Question
from ml_ci.gates.resampled_counts import statistic_of
from ml_ci.gates.statistics import bootstrap, bootstrap_counts, design_effect, replicates
from ml_ci.gates.statistics.replicates import Replicates
from ml_ci.gates.statistics.special import ndtri
from ml_ci.gates.statistics.values import NEEDS_CAP, POWER, Evidence, Floats, undecided
from ml_ci.gates.statistics.weighted import named
from ml_ci.gates.view import View

_MOST_REPLICATES = 200_000


def judge_counts(question: Question, view: View, alpha: float, seed: int) -> Evidence:
    """Judge a question about metrics of the counts at one-sided `alpha`; the same `seed` gives the same evidence.

    Bounds are of the candidate's value, or of its difference to the baseline where the limit depends on it.
    """
    size = int(min(max(bootstrap_counts.REPLICATES, 20 / alpha), _MOST_REPLICATES))
    basis = resampled_counts.basis_of(question, view)
    found = bootstrap_counts.of_cells(
        basis.classes, statistic_of(question, view), replicates=size, seed=seed, ratio=basis.ratio
    )
    evidence = _judge(found, question, view, alpha)
    return _hold(evidence, view, basis.share) if basis.effect is not None and not basis.effect.alone else evidence


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
    basis = resampled_scores.basis_of(view, rows.y_true)
    groups = None if basis is None else basis.groups
    if basis is not None and basis.too_few:
        return undecided(replicates.METHOD, basis.too_few)
    found = bootstrap.of_terms(rows.y_true, rows.candidate, baseline, terms, seed=seed, groups=groups)
    evidence = _judge(resampled_scores.widen(found, basis, alpha), question, view, alpha)
    return evidence if basis is None else _hold(evidence, view, basis.share)


def judge_own(question: Question, view: View, alpha: float) -> Evidence:
    """Judge a question about metrics of the user's own code, on resamples that were made by that code."""
    own = view.case.own
    if own is None:
        raise UndefinedError("the user's own metric was not resampled; run the evaluation again")
    moments = view.moments()
    together = moments is not None and not design_effect.are_alone(moments)
    if together and (view.clusters is None or view.clusters.weight is not None):
        raise UnprovableError("your own metric knows no weights; gate a rate, or leave weight: out")
    if together and not own.clustered:
        raise UnprovableError("your own metric was resampled row by row, and rows belong together; evaluate again")
    estimate = float(view.total(question.difference)[0])
    values = np.sum(
        [float(weight) * own(atom.key, atom.baseline) for atom, weight in question.difference.weights], axis=0
    )
    found = Replicates(estimate, np.asarray(values, np.float64), cautious=True)
    if not together or moments is None:
        return _judge(found, question, view, alpha)
    few = resampled_scores.find_few(view, moments)
    if few:
        return undecided(replicates.METHOD, few)
    evidence = _judge(resampled_scores.widen_by(found, moments, alpha), question, view, alpha)
    share = max(design_effect.largest_share(moments, cells) for cells in (NEGATIVES, POSITIVES, ALL))
    return _hold(evidence, view, share)


def _hold(found: Evidence, view: View, share: float) -> Evidence:
    """Say in clusters what would decide it, and leave undecided what rests on a giant among them."""
    if found.needs is not None:
        found = replace(found, needs_clusters=clustered.further_clusters(view, found.needs))
    if share < giants.GIANT or found.outcome == "fail":
        return found
    return giants.withhold(found, share, view, clustered.size(view))


def _judge(found: Replicates, question: Question, view: View, alpha: float) -> Evidence:
    """Hold `candidate - weighted baseline` against the constant of the limit."""
    judge = replicates.at_most if question.upper else replicates.at_least
    constant = float(question.limit.constant)
    evidence = judge(found, constant, alpha)
    shift = shift_of(question, view)
    low = None if evidence.low is None else evidence.low + shift
    high = None if evidence.high is None else evidence.high + shift
    needs = evidence.needs
    if evidence.outcome == "inconclusive":
        away = found.estimate - constant
        needs = _further_rows(away if question.upper else -away, found.values, view.confusion(False).rows, alpha)
    return replace(evidence, low=low, high=high, needs=needs)


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

"""Judge the procedure beside the artifact: the same question put to the models of several seeds.

The artifact that would be promoted has been judged on the holdout. Whether another seed would have done as well is
another question, and luck with the one does not answer the other: a gate passes only where both are proven.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.question import Question
from ml_ci.gates.view import View
from ml_ci.gates.wording import in_points, points, said, title

if TYPE_CHECKING:
    from ml_ci.gates.statistics.values import Evidence


def differences(question: Question, view: View) -> list[float]:
    """Give, seed by seed, what is held against the constant of the limit; NaN where it is undefined.

    It is the candidate's value; where the limit depends on the baseline, less the baseline's of the same seed.
    """
    return [_total(question.difference, of_seed) for of_seed in _views(view)]


def evidence(question: Question, view: View, alpha: float) -> Evidence:
    """Judge the mean over the seeds, paired by seed, at one-sided `alpha`."""
    from ml_ci.gates.statistics import seeds

    judge = seeds.difference_at_most if question.upper else seeds.difference_at_least
    return judge(differences(question, view), float(question.limit.constant), alpha)


def together(artifact: Evidence, procedure: Evidence, alpha: float) -> Evidence:
    """Join both: pass where both pass, fail where one fails at half the level (Bonferroni), else inconclusive."""
    p_fail = min(1.0, 2 * min(artifact.p_fail, procedure.p_fail))
    if artifact.outcome == procedure.outcome == "pass":
        return artifact
    if "fail" in (artifact.outcome, procedure.outcome) and p_fail <= alpha:
        return replace(artifact, outcome="fail", p_fail=p_fail, needs=None)
    needs = None if artifact.outcome == "pass" else artifact.needs
    return replace(artifact, outcome="inconclusive", p_fail=p_fail, needs=needs)


def mean_holds(question: Question, view: View) -> bool:
    """Say whether the mean over the seeds is within the limit; False where it is undefined for one of them."""
    mean, limit = statistics.fmean(differences(question, view)), float(question.limit.constant)
    return mean <= limit if question.upper else mean >= limit


def told(question: Question, view: View) -> str:
    """Say what the seeds gave: `over 5 seeds FNR 8.9% ± 0.4 points, +0.7 points ± 0.3 points to the baseline`."""
    atom = question.single
    values = [_total(question.candidate, of_seed) for of_seed in _views(view)]
    own = f"over {len(values)} seeds {title(atom) if atom else 'the sum'} {_spread(values, atom, signed=False)}"
    if not question.relative:
        return own
    return f"{own}, {_spread(differences(question, view), atom, signed=True)} to the baseline"


def _views(view: View) -> list[View]:
    seeds = view.case.comparison.seeds
    if view.clusters is not None and view.clusters.weight is not None and any(one.clusters is None for one in seeds):
        raise UnprovableError("the models of the seeds were counted without the weights of the rows; evaluate again")
    return [replace(view, case=replace(view.case, comparison=one)) for one in seeds]


def _total(sum_of: Linear, view: View) -> float:
    try:
        return float(view.total(sum_of)[0])
    except UndefinedError:
        return math.nan


def _spread(values: list[float], atom: Metric | OverSlices | None, *, signed: bool) -> str:
    if not all(math.isfinite(value) for value in values):
        return "undefined for at least one seed"
    mean, spread = statistics.fmean(values), statistics.stdev(values)
    shown = points(mean, atom) if signed else said(atom, round(mean, 9))[0]
    return f"{shown} ± {points(spread, atom).lstrip('+') if in_points(atom) else f'{spread:.3f}'}"

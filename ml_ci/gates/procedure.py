"""Judge what several models of one procedure, or several answers of one model, come to: the same question to each.

Of seeds: the artifact that would be promoted has been judged on the holdout. Whether another seed would have done as
well is another question, and luck with the one does not answer the other: a gate passes only where both are proven.
Of repetitions: all answers are counted together, and what is proven by the rows is widened by the repetitions' spread.
Of both: no gate fails within what two of them differ by.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.defined import UndefinedError, UnprovableError
from ml_ci.gates.metrics import is_proportion
from ml_ci.gates.question import Question
from ml_ci.gates.view import View
from ml_ci.gates.wording import in_points, points, said, title

if TYPE_CHECKING:
    from ml_ci.gates.statistics.repeated import Repeated
    from ml_ci.gates.statistics.values import Evidence

# Without a confidence, the level at which a mean is told from the spread of those it is of.
_LEVEL = 0.025
_ROUNDING = 1e-12


def differences(question: Question, view: View) -> list[float]:
    """Give, one by one, what is held against the constant of the limit; NaN where it is undefined.

    It is the candidate's value; where the limit depends on the baseline, less the baseline's of the same seed, or of
    the same repetition.
    """
    return [_total(question.difference, of_seed) for of_seed in _views(view)]


def evidence(question: Question, view: View, alpha: float) -> Evidence:
    """Judge the mean over the seeds, paired by seed, at one-sided `alpha`."""
    from ml_ci.gates.statistics import seeds

    judge = seeds.difference_at_most if question.upper else seeds.difference_at_least
    return judge(differences(question, view), float(question.limit.constant), alpha)


def widen(evidence: Evidence, question: Question, view: View, way: str, alpha: float) -> Evidence:
    """Add to what the rows prove the spread between repetitions; of one repetition nothing."""
    if not view.case.comparison.repeats:
        return evidence
    from ml_ci.gates.statistics import repeated

    return repeated.widen(evidence, _repeated(question, view, way), alpha)


def add_reach(reach: float, question: Question, view: View, alpha: float) -> float:
    """Add the spread between repetitions to how far a difference may be off; inf where that is not known."""
    if not view.case.comparison.repeats:
        return reach
    from scipy.special import stdtrit

    of = _repeated(question, view, "")
    own = -float(stdtrit(len(of.values) - 1, alpha)) * of.error
    return math.hypot(reach, own) if math.isfinite(own) else math.inf


def repetitions_needed(evidence: Evidence, question: Question, view: View, way: str, alpha: float) -> int | None:
    """Give how many repetitions would decide what the rows by themselves decide; None where no number would."""
    from ml_ci.gates.statistics import repeated

    return repeated.more(evidence, _repeated(question, view, way), alpha)


def _repeated(question: Question, view: View, way: str) -> Repeated:
    from ml_ci.gates.statistics.repeated import Repeated

    mean = _total(question.difference, view)
    shift = shift_of(question, view) if way in ("counts", "scores") else 0.0
    rate = question.single is not None and is_proportion(question.single.key) and not question.relative
    rate = rate and not (isinstance(question.single, OverSlices) and question.single.function in ("gap", "ratio"))
    limit = float(question.limit.constant)
    return Repeated(differences(question, view), mean, limit, question.upper, shift, rate)


def is_beyond(question: Question, view: View) -> bool:
    """Say whether the mean breaks the limit by more than any two seeds, or repetitions, of one model differ by.

    Student's bound at 2.5% has to say so too: two that are alike by chance are no proof of a small spread. False where
    the value is undefined for one of them. What has no spread is beyond the limit by any difference.
    """
    found = differences(question, view)
    limit = float(question.limit.constant)
    mean = statistics.fmean(found)
    excess = mean - limit if question.upper else limit - mean
    spread = spread_of(question, view)
    if not math.isfinite(excess) or not math.isfinite(spread):
        return False
    own = statistics.stdev(found) / math.sqrt(len(found))
    if spread <= _ROUNDING and own <= _ROUNDING:
        return True
    if excess <= spread:
        return False
    if own <= _ROUNDING:
        return True
    from scipy.special import stdtr

    return float(stdtr(len(found) - 1, -excess / own)) <= _LEVEL


def spread_of(question: Question, view: View) -> float:
    """Give the largest difference of two seeds, or repetitions, of one model: of the candidate's, or the baseline's."""
    sides = (question.candidate, Linear(Fraction(0), question.limit.weights))
    values = [[_total(side, one) for one in _views(view)] for side in sides]
    if not all(math.isfinite(value) for of_side in values for value in of_side):
        return math.nan
    return max(max(of_side) - min(of_side) for of_side in values)


def name_several(view: View) -> str:
    """Name what there are several of: `seeds`, or `repetitions`."""
    return "seeds" if view.case.comparison.seeds else "repetitions"


def tell_inside(question: Question, view: View) -> str:
    """Say why a gate that is not within its limit does not fail."""
    spread, atom, several = spread_of(question, view), question.single, name_several(view)
    if not math.isfinite(spread):
        return f"it is undefined for at least one of the {several}, so that their spread is not known"
    size = f"{100 * spread:.2g} points" if in_points(atom) else f"{spread:.2g}"
    more = "a margin to the limit, or more of them," if several == "repetitions" else "a margin to the limit"
    return f"the limit lies within what two {several} of one model differ by ({size}): {more} would decide it"


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
    """Say what they gave: `over 5 seeds FNR 8.9% ± 0.4 points, +0.7 points ± 0.3 points to the baseline`."""
    atom = question.single
    values = [_total(question.candidate, of_seed) for of_seed in _views(view)]
    over = f"over {len(values)} {name_several(view)}"
    own = f"{over} {title(atom) if atom else 'the sum'} {_spread(values, atom, signed=False)}"
    if not question.relative:
        return own
    return f"{own}, {_spread(differences(question, view), atom, signed=True)} to the baseline"


def shift_of(question: Question, view: View) -> float:
    """Give what turns "candidate - weighted baseline" into the difference to the baseline: 0 for a weight of 1."""
    weights = tuple((atom, weight - 1) for atom, weight in question.limit.weights)
    if len(weights) != 1 or not weights[0][1]:
        return 0.0
    return float(view.total(Linear(question.limit.constant * 0, weights))[0])


def _views(view: View) -> list[View]:
    seeds = view.case.comparison.several
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
        return "undefined for at least one"
    mean, spread = statistics.fmean(values), statistics.stdev(values)
    shown = points(mean, atom) if signed else said(atom, round(mean, 9))[0]
    return f"{shown} ± {points(spread, atom).lstrip('+') if in_points(atom) else f'{spread:.3f}'}"

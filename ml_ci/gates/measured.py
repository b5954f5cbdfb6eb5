"""What one question comes to on one set of rows, as measured: the numbers, and whether they hold."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Operator
from ml_ci.frozen import dataclass
from ml_ci.gates.defined import UndefinedError
from ml_ci.gates.question import Question
from ml_ci.gates.view import View

# Beyond rounding in a metric that is no fraction of counts, a difference is a difference.
_ROUNDING = Fraction(1, 10**12)


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of a question: candidate, limit, the baseline's same metric or None, and whether it holds."""

    value: Fraction
    limit: Fraction
    baseline: Fraction | None
    holds: bool


def measure(question: Question, view: View) -> Measured:
    """Give the numbers of a question in one view; UndefinedError where one of them is not defined."""
    value, exact_value = view.total(question.candidate)
    limit, exact_limit = view.total(question.limit)
    slack = Fraction(0) if exact_value and exact_limit else _ROUNDING * max(Fraction(1), abs(limit))
    alone = question.baseline_alone
    baseline = None if alone is None else limit if alone is question.limit else view.total(alone)[0]
    return Measured(value, limit, baseline, _holds(value, question.operator, limit, slack))


def beside(question: Question, view: View, measured: Measured) -> float | None:
    """Give the baseline's same metric, to be read beside the candidate's; None where it has none, or is undefined."""
    if measured.baseline is not None:
        return float(measured.baseline)
    if question.single is None or view.case.comparison.baseline is None:
        return None
    try:
        return float(view.total(Linear(Fraction(0), ((replace(question.single, baseline=True), Fraction(1)),)))[0])
    except UndefinedError:
        return None


def _holds(value: Fraction, operator: Operator, limit: Fraction, slack: Fraction = Fraction(0)) -> bool:
    """Compare; `slack` is the rounding that `<=` and `>=` forgive."""
    if operator == "<=":
        return value <= limit + slack
    if operator == ">=":
        return value >= limit - slack
    return value < limit if operator == "<" else value > limit

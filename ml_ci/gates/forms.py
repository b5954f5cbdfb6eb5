"""In which form a question is put: as a margin to the baseline, as a limit that anything is within."""

from __future__ import annotations

from fractions import Fraction

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric, OverSlices
from ml_ci.gates.question import Question, twin
from ml_ci.metrics import find


def cancels(question: Question) -> bool:
    """Say whether nothing but a number remains when the baseline is the candidate itself."""
    weights = tuple((twin(atom), weight) for atom, weight in question.limit.weights)
    return not (_plain(question.candidate) - _plain(Linear(Fraction(0), weights))).weights


def _plain(sum_of: Linear) -> Linear:
    """Write each(fnr) as fnr: beside each, the baseline's metric is the same slice's."""
    weights = (
        (Metric(atom.metric, of=atom.of), weight)
        if isinstance(atom, OverSlices) and atom.function == "each"
        else (atom, weight)
        for atom, weight in sum_of.weights
    )
    return Linear(sum_of.constant, tuple(weights))


def is_any(question: Question, bound: float) -> bool:
    """Say whether every value of a share of rows is within a bound, so that nothing is proven by it."""
    atom = question.single
    row = None if atom is None or (isinstance(atom, OverSlices) and atom.function == "ratio") else find(atom.key)
    if row is None or not row.bounded:
        return False
    return bound >= 1 if question.upper else bound <= (-1 if question.relative else 0)


def margin(question: Question) -> Fraction | None:
    """Give the margin to the baseline's same metric, in `each` to the same slice's; None for another form."""
    plain = Question(_plain(question.candidate), question.limit, question.operator)
    return plain.margin

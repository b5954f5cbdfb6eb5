"""One comparison of a gate in the form in which it is judged: candidate on the left, limit on the right."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from functools import cached_property

from ml_ci.conditions.check import TURNED, links
from ml_ci.conditions.linear import Linear, linear
from ml_ci.conditions.tree import Comparison, Metric, Operator, OverSlices


@dataclasses.dataclass(frozen=True)  # one is made for each slice, and these are made faster
class Question:
    """Ask whether `candidate operator limit` holds.

    `candidate` has metrics of the candidate only, and weight 1 where it is a single one; `limit` has a constant and
    metrics of the baseline. What is asked for in every slice is kept.
    """

    candidate: Linear
    limit: Linear
    operator: Operator
    confidence: float | None = None

    @property
    def upper(self) -> bool:
        """Whether the limit is an upper one."""
        return self.operator in ("<=", "<")

    @property
    def relative(self) -> bool:
        """Whether the limit depends on the baseline."""
        return bool(self.limit.weights)

    @cached_property
    def single(self) -> Metric | OverSlices | None:
        """The one metric of the candidate, or None when there are several."""
        return self.candidate.weights[0][0] if len(self.candidate.weights) == 1 else None

    @property
    def of_baseline(self) -> Metric | OverSlices | None:
        """The one metric of the baseline, or None when there is none or several."""
        return self.limit.weights[0][0] if len(self.limit.weights) == 1 else None

    @cached_property
    def baseline_alone(self) -> Linear | None:
        """The one metric of the baseline as a sum: the very limit where nothing is added to it; None as above."""
        if self.of_baseline is None:
            return None
        alone = Linear(Fraction(0), ((self.of_baseline, Fraction(1)),))
        return self.limit if alone == self.limit else alone

    @cached_property
    def margin(self) -> Fraction | None:
        """What is added to the baseline's same metric, or None when the limit has another form."""
        if self.single is None or len(self.limit.weights) != 1:
            return None
        atom, weight = self.limit.weights[0]
        return self.limit.constant if weight == 1 and twin(atom) == self.single else None

    @property
    def difference(self) -> Linear:
        """What is held against the constant of the limit: the candidate's sum, less the baseline's."""
        return self.candidate - Linear(Fraction(0), self.limit.weights)

    @cached_property
    def behaviours(self) -> frozenset[str]:
        """The behaviours that it is about, `""` among them where it is about labels too."""
        return frozenset(atom.of for atom, _ in (*self.candidate.weights, *self.limit.weights))

    @property
    def behaviour(self) -> str:
        """The one behaviour that it is about, "" for labels, and for a mixture."""
        return next(iter(self.behaviours)) if len(self.behaviours) == 1 else ""

    @cached_property
    def by(self) -> tuple[str, ...] | None:
        """The columns of `each`, or None when the question is about all rows."""
        for atom, _ in self.candidate.weights:
            if isinstance(atom, OverSlices) and atom.function == "each":
                return atom.by
        return None


def twin(atom: Metric | OverSlices) -> Metric | OverSlices:
    """Give the candidate's metric for one of the baseline."""
    if isinstance(atom, Metric):
        return Metric(atom.name, False, atom.at, atom.of)
    return OverSlices(atom.function, atom.metric, atom.by, False, atom.of)


def questions(comparison: Comparison) -> tuple[Question, ...]:
    """Split a comparison, or a chain of them, into questions."""
    pairs = ((linear(left) - linear(right), operator) for left, operator, right in links(comparison))
    return tuple(_question(difference, operator, comparison.confidence) for difference, operator in pairs)


def _question(difference: Linear, operator: Operator, confidence: float | None) -> Question:
    weights = difference.weights
    candidate = Linear(Fraction(0), tuple(one for one in weights if not one[0].baseline))
    rest = Linear(difference.constant, tuple(one for one in weights if one[0].baseline))
    scale = candidate.weights[0][1]
    if len(candidate.weights) > 1:
        scale = Fraction(1 if scale > 0 else -1)
    turned = TURNED[operator] if scale < 0 else operator
    return Question(candidate.scaled(1 / scale), rest.scaled(-1 / scale), turned, confidence)

"""A comparison as a weighted sum of metrics: the form in which gates are judged."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ml_ci.conditions.tree import Expression, Metric, Number, OverSlices


@dataclass(frozen=True, slots=True)
class Linear:
    """A constant and the weight of each metric, exact; a weight is never zero."""

    constant: Fraction
    weights: tuple[tuple[Metric | OverSlices, Fraction], ...] = ()

    def __add__(self, other: Linear) -> Linear:
        weights = dict(self.weights)
        for atom, weight in other.weights:
            weights[atom] = weights.get(atom, Fraction(0)) + weight
        kept = tuple((atom, weight) for atom, weight in weights.items() if weight)
        return Linear(self.constant + other.constant, kept)

    def __sub__(self, other: Linear) -> Linear:
        return self + other.scaled(Fraction(-1))

    def scaled(self, factor: Fraction) -> Linear:
        """Multiply by a number."""
        weights = tuple((atom, weight * factor) for atom, weight in self.weights) if factor else ()
        return Linear(self.constant * factor, weights)


class NotLinearError(ValueError):
    """Two metrics are multiplied."""


def linear(expression: Expression) -> Linear:
    """Bring an expression into linear form; raise NotLinearError for a product of two metrics."""
    if isinstance(expression, Number):
        return Linear(expression.exact)
    if isinstance(expression, Metric | OverSlices):
        return Linear(Fraction(0), ((expression, Fraction(1)),))
    left, right = linear(expression.left), linear(expression.right)
    if expression.operator == "*":
        return _product(left, right)
    return left + right if expression.operator == "+" else left - right


def _product(left: Linear, right: Linear) -> Linear:
    if left.weights and right.weights:
        raise NotLinearError
    return right.scaled(left.constant) if not left.weights else left.scaled(right.constant)

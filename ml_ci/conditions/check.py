"""Refuse comparisons that can be read and mean nothing, or that could only ever pass or only ever fail."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.conditions.linear import Linear, NotLinearError, linear
from ml_ci.conditions.tree import Comparison, Expression, Metric, Number, Operator, OverSlices
from ml_ci.metrics import WITHIN_ONE

TURNED: dict[Operator, Operator] = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a comparison means nothing, and what to write instead."""

    message: str
    suggestion: str


def links(comparison: Comparison) -> tuple[tuple[Expression, Operator, Expression], ...]:
    """Split a chain into its pairs: `a <= b <= c` into `a <= b` and `b <= c`."""
    return tuple(zip(comparison.terms[:-1], comparison.operators, comparison.terms[1:], strict=True))


def check(comparison: Comparison) -> Refusal | None:
    """Refuse a comparison that no gate can mean; None when it stands."""
    for left, operator, right in links(comparison):
        try:
            difference = linear(left) - linear(right)
        except NotLinearError:
            return Refusal("two metrics are not multiplied", "multiply a metric with a number")
        refusal = _check_sides(difference) or _check_range(left, operator, right)
        if refusal is not None:
            return refusal
    return None


def _check_sides(difference: Linear) -> Refusal | None:
    atoms = [atom for atom, _ in difference.weights]
    if all(atom.baseline or (isinstance(atom, Metric) and atom.holdout) for atom in atoms):
        return Refusal("a gate compares a metric of the candidate", "write, for example, fpr <= 0.05")
    each = [atom for atom in atoms if isinstance(atom, OverSlices) and atom.function == "each"]
    if len({atom.by for atom in each}) > 1:
        return Refusal("each(...) by two different columns in one comparison", "make two gates of it")
    beside = [atom for atom in atoms if isinstance(atom, Metric) and not atom.baseline]
    if each and beside:
        hint = f"write each({beside[0]}, by=COLUMN), or gap({beside[0]}, by=COLUMN)"
        return Refusal(f"{beside[0]} of all rows beside each(...) is ambiguous", hint)
    return None


def _check_range(left: Expression, operator: Operator, right: Expression) -> Refusal | None:
    if isinstance(left, Number):
        return _check_limit(right, TURNED[operator], left)
    if isinstance(right, Number):
        return _check_limit(left, operator, right)
    return None


def _check_limit(side: Expression, operator: Operator, limit: Number) -> Refusal | None:
    if isinstance(side, OverSlices) and side.function == "ratio":
        return _check_ratio(operator, limit)
    name = side.name if isinstance(side, Metric) else side.metric if isinstance(side, OverSlices) else ""
    if name not in WITHIN_ONE or 0 <= limit.value <= 1:
        return None
    hint = f"write {float(limit.exact / 100):.6g}" if 1 < limit.value <= 100 else "write a number between 0 and 1"
    return Refusal(f"{side} lies between 0 and 1, {limit} is no limit for it", hint)


def _check_ratio(operator: Operator, limit: Number) -> Refusal | None:
    if operator in ("<=", "<") and limit.value >= 1:
        return None
    inverse = f"{float(1 / limit.exact):.4g}" if 0 < limit.value < 1 else "1.25"
    return Refusal("ratio is the highest slice's rate over the lowest's, never below 1", f"write <= {inverse}")

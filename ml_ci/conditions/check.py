"""Refuse conditions that can be read and mean nothing, or that could only ever pass or only ever fail."""

from __future__ import annotations

from fractions import Fraction

from ml_ci.conditions.errors import ConditionError
from ml_ci.conditions.linear import Linear, NotLinear, linear
from ml_ci.conditions.names import WITHIN_ONE
from ml_ci.conditions.tree import Comparison, Condition, Expression, Metric, Number, OverSlices


def check(condition: Condition) -> None:
    """Raise ConditionError, at column 1, for the first comparison that no gate can mean."""
    for comparison in condition.comparisons:
        for left, operator, right in links(comparison):
            _check_link(left, operator, right)


def links(comparison: Comparison) -> tuple[tuple[Expression, str, Expression], ...]:
    """Split a chain into its pairs: `a <= b <= c` into `a <= b` and `b <= c`."""
    pairs = zip(comparison.terms, comparison.operators, comparison.terms[1:], strict=False)
    return tuple((left, operator, right) for left, operator, right in pairs)


def _check_link(left: Expression, operator: str, right: Expression) -> None:
    try:
        difference = linear(left) - linear(right)
    except NotLinear:
        raise ConditionError("two metrics are not multiplied", 1, "multiply a metric with a number") from None
    _check_sides(difference)
    if isinstance(left, Number):
        _check_limit(right, _TURNED[operator], left)
    elif isinstance(right, Number):
        _check_limit(left, operator, right)


def _check_sides(difference: Linear) -> None:
    atoms = [atom for atom, _ in difference.weights]
    if not any(not atom.baseline for atom in atoms):
        raise ConditionError("a gate compares a metric of the candidate", 1, "write, for example, fpr <= 0.05")
    each = [atom for atom in atoms if isinstance(atom, OverSlices) and atom.function == "each"]
    if len({atom.by for atom in each}) > 1:
        raise ConditionError("each(...) by two different columns in one comparison", 1, "make two gates of it")
    beside = [str(atom) for atom in atoms if isinstance(atom, Metric) and not atom.baseline]
    if each and beside:
        hint = f"write each({beside[0]}, by=...) or gap(...)"
        raise ConditionError(f"{beside[0]} of all rows beside each(...) is ambiguous", 1, hint)


def _check_limit(side: Expression, operator: str, limit: Number) -> None:
    name = side.name if isinstance(side, Metric) else side.metric if isinstance(side, OverSlices) else ""
    function = side.function if isinstance(side, OverSlices) else ""
    if function == "ratio":
        _check_ratio(operator, limit)
    elif name in WITHIN_ONE and not 0 <= limit.value <= 1:
        share = float(limit.exact / 100)
        hint = f"write {share:.6g}" if 1 < limit.value <= 100 else "write a number between 0 and 1"
        raise ConditionError(f"{side} lies between 0 and 1, {limit} is no limit for it", 1, hint)


def _check_ratio(operator: str, limit: Number) -> None:
    message = "ratio is the largest slice's rate over the smallest's, never below 1"
    if operator in (">=", ">") or limit.value < 1:
        inverse = f"{float(Fraction(1) / limit.exact):.4g}" if 0 < limit.value < 1 else "1.25"
        raise ConditionError(message, 1, f"write <= {inverse}")


_TURNED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}

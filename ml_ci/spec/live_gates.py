"""The forms of gates that live rows can answer: one rate against a limit, or against the champion's.

Each function gives the form of a condition, or raises ValueError with what is wrong and what to write instead.
"""

from __future__ import annotations

from ml_ci.conditions import Condition
from ml_ci.conditions.check import TURNED
from ml_ci.conditions.linear import Linear, linear
from ml_ci.conditions.tree import Metric, Operator, OverSlices
from ml_ci.frozen import dataclass
from ml_ci.metrics import OF_COUNTS, PROPORTIONS, TABLE

_SHARES = OF_COUNTS & PROPORTIONS
_PAIRED = frozenset(name for name in OF_COUNTS if TABLE[name].paired)


@dataclass(frozen=True)
class LiveLimit:
    """`metric` has to be at most (`upper`) or at least its limit: `margin`, or `margin` beside the holdout's rate."""

    metric: str
    upper: bool
    margin: float
    holdout: bool = False


def find_limit(condition: Condition) -> LiveLimit:
    """Read a gate of `live:`: `fpr <= 0.05`, `recall >= holdout.recall - 0.05`."""
    metric, upper, margin, other = _read(condition, "holdout")
    if metric.name not in _SHARES:
        raise ValueError(
            f"{metric.name} is no share of rows, which live rows are judged by; choose one of "
            f"{', '.join(sorted(_SHARES))}"
        )
    if not other and not 0 < margin < 1:
        raise ValueError(f"a limit of {metric.name} lies between 0 and 1, both excluded, got {margin:.6g}")
    if other and not -1 < margin < 1:
        raise ValueError(f"a margin lies between -1 and 1, got {margin:.6g}")
    return LiveLimit(metric.name, upper, margin, other)


def find_margin(condition: Condition) -> LiveLimit:
    """Read a gate of a stage with traffic: `fnr <= baseline.fnr + 0.02`, where the baseline is the champion."""
    metric, upper, margin, other = _read(condition, "baseline")
    if metric.name not in _PAIRED:
        known = ", ".join(sorted(_PAIRED))
        raise ValueError(f"{metric.name} compares no two models on live rows; choose one of {known}")
    if not other:
        raise ValueError(f"a stage with traffic compares with the champion; write {_example(metric.name, upper)}")
    if not -1 < margin < 1:
        raise ValueError(f"a margin lies between -1 and 1, got {margin:.6g}")
    return LiveLimit(metric.name, upper, margin)


def _example(name: str, upper: bool) -> str:
    return f"{name} <= baseline.{name} + 0.02" if upper else f"{name} >= baseline.{name} - 0.02"


def _read(condition: Condition, reference: str) -> tuple[Metric, bool, float, bool]:
    """Give the metric, whether it is bounded from above, the margin, and whether it stands beside the reference's."""
    if len(condition.comparisons) != 1 or len(condition.comparisons[0].operators) != 1:
        raise ValueError("a gate of live rows is one comparison; make several gates of it")
    comparison = condition.comparisons[0]
    if comparison.confidence is not None:
        instead = "false_alarms: says how sure an alarm is" if reference == "holdout" else "confidence: says how sure"
        raise ValueError(f"`@` has no meaning for live rows: {instead}; leave it out")
    left, right = (linear(term) for term in comparison.terms)
    weights = dict((left - right).weights)
    own = [atom for atom in weights if not atom.baseline and not getattr(atom, "holdout", False)]
    form = f"write, for example, fnr <= {reference}.fnr + 0.05"
    if len(own) != 1 or not isinstance(own[0], Metric) or own[0].of or own[0].at is not None:
        over = any(isinstance(atom, OverSlices) for atom in weights)
        raise ValueError(f"live rows are judged by one rate{' of all rows' if over else ''}; {form}")
    metric = own[0]
    weight = weights.pop(metric)
    alike = all(isinstance(atom, Metric) and atom.name == metric.name for atom in weights)
    if abs(weight) != 1 or not alike or any(factor != -weight for factor in weights.values()):
        raise ValueError(f"a rate stands beside a number and {reference}.{metric.name} only; {form}")
    return metric, *_direct(comparison.operators[0], left - right, weight > 0), bool(weights)


def _direct(operator: Operator, difference: Linear, kept: bool) -> tuple[bool, float]:
    """Say whether the rate is bounded from above, and by how much; a rate on the right is turned to the left."""
    turned = operator if kept else TURNED[operator]
    margin = -difference.constant if kept else difference.constant
    return turned in ("<=", "<"), float(margin)

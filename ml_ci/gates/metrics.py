"""Every metric that the four counts give, exact: undefined is None, never zero."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any, Protocol

from ml_ci.conditions.names import OF_COUNTS, PROPORTIONS
from ml_ci.evaluation.confusion import Confusion

if TYPE_CHECKING:
    from fractions import Fraction


class Counts(Protocol):
    """The four counts: whole numbers, or arrays of replicates."""

    @property
    def tp(self) -> Any: ...
    @property
    def fp(self) -> Any: ...
    @property
    def tn(self) -> Any: ...
    @property
    def fn(self) -> Any: ...


# Part and whole of each metric that is one count over another; f1 is one too, of no set of rows.
_SHARES: dict[str, Callable[[Counts], tuple[Any, Any]]] = {
    "fpr": lambda c: (c.fp, c.fp + c.tn),
    "fnr": lambda c: (c.fn, c.fn + c.tp),
    "tpr": lambda c: (c.tp, c.fn + c.tp),
    "recall": lambda c: (c.tp, c.fn + c.tp),
    "tnr": lambda c: (c.tn, c.fp + c.tn),
    "precision": lambda c: (c.tp, c.tp + c.fp),
    "npv": lambda c: (c.tn, c.tn + c.fn),
    "accuracy": lambda c: (c.tp + c.tn, c.tp + c.tn + c.fp + c.fn),
    "prevalence": lambda c: (c.tp + c.fn, c.tp + c.tn + c.fp + c.fn),
    "selection_rate": lambda c: (c.tp + c.fp, c.tp + c.tn + c.fp + c.fn),
    "f1": lambda c: (2 * c.tp, 2 * c.tp + c.fp + c.fn),
}

_TOTALS: dict[str, Callable[[Counts], Any]] = {
    "tp": lambda c: c.tp,
    "fp": lambda c: c.fp,
    "tn": lambda c: c.tn,
    "fn": lambda c: c.fn,
    "rows": lambda c: c.tp + c.tn + c.fp + c.fn,
    "positives": lambda c: c.tp + c.fn,
    "negatives": lambda c: c.tn + c.fp,
}

# What a proportion is a share of, in words.
OF_ROWS = {
    "fpr": "negatives",
    "tnr": "negatives",
    "fnr": "positives",
    "tpr": "positives",
    "recall": "positives",
    "precision": "rows predicted positive",
    "npv": "rows predicted negative",
    "accuracy": "rows",
    "prevalence": "rows",
    "selection_rate": "rows",
    "f1": "rows labelled or predicted positive",
    "mcc": "rows of each class and of each prediction",
    "balanced_accuracy": "rows of each class",
    "cost": "rows",
    "cost_per_1000": "rows",
}


def share(counts: Counts, name: str) -> tuple[Any, Any]:
    """Give part and whole of a proportion (or of f1); KeyError for any other metric."""
    return _SHARES[name](counts)


def exact(confusion: Confusion, name: str) -> Fraction | float | None:
    """Give a metric of the counts, as a fraction where it is one (all but mcc); None where it is undefined.

    KeyError for a metric that the counts do not give.
    """
    from fractions import Fraction  # a run that reuses everything does not need it

    if name in _TOTALS:
        return Fraction(_TOTALS[name](confusion))
    if name in _SHARES:
        part, whole = share(confusion, name)
        return Fraction(part, whole) if whole else None
    if name == "balanced_accuracy":
        tpr, tnr = exact(confusion, "tpr"), exact(confusion, "tnr")
        return None if tpr is None or tnr is None else (tpr + tnr) / 2
    if name == "mcc":
        return _mcc(confusion)
    raise KeyError(name)


def arrays(counts: Counts, name: str) -> Any:
    """Give a metric of arrays of counts, elementwise; NaN where it is undefined."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        if name in _TOTALS:
            return np.asarray(_TOTALS[name](counts), dtype=float)
        if name in _SHARES:
            part, whole = share(counts, name)
            return np.divide(part, whole)
        if name == "balanced_accuracy":
            return (arrays(counts, "tpr") + arrays(counts, "tnr")) / 2
        if name == "mcc":
            numerator, squared = _mcc_parts(counts)
            return numerator / np.sqrt(squared)
    raise KeyError(name)


def metrics_of(confusion: Confusion) -> dict[str, float | None]:
    """Give every rate and score of the counts by name, in the condition language's words; None where undefined."""
    names = sorted(OF_COUNTS - _TOTALS.keys(), key=_order)
    values = ((name, exact(confusion, name)) for name in names)
    return {name: None if value is None else float(value) for name, value in values}


def is_proportion(name: str) -> bool:
    """Say whether the metric is a share of rows, to which a binomial bound applies."""
    return name in PROPORTIONS


def _order(name: str) -> tuple[int, str]:
    first = ("fpr", "fnr", "tpr", "tnr", "precision", "recall", "accuracy")
    return (first.index(name) if name in first else len(first), name)


def _mcc_parts(c: Counts) -> tuple[Any, Any]:
    """Matthews 1975: numerator, and the square of the denominator."""
    return c.tp * c.tn - c.fp * c.fn, (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)


def _mcc(confusion: Confusion) -> float | None:
    numerator, squared = _mcc_parts(confusion)
    return float(numerator / sqrt(squared)) if squared else None

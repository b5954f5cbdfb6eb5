"""Every metric that the four counts give, exact: undefined is None, never zero."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, Protocol

from ml_ci.evaluation.confusion import Confusion
from ml_ci.metrics import COUNTS, OF_COUNTS, PROPORTIONS, TABLE, Cells

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


def share(counts: Counts, name: str) -> tuple[Any, Any]:
    """Give part and whole of a proportion (or of f1); KeyError for any other metric."""
    row = TABLE[name]
    if not row.whole:
        raise KeyError(name)
    return _total(counts, row.part), _total(counts, row.whole)


def _total(counts: Counts, cells: Cells) -> Any:
    first, *more = cells
    total = getattr(counts, first)
    for cell in more:
        total = total + getattr(counts, cell)
    return total


def exact(confusion: Counts, name: str) -> Fraction | float | None:
    """Give a metric of the counts, as a fraction where it is one (all but mcc); None where it is undefined.

    KeyError for a metric that the counts do not give.
    """
    from fractions import Fraction  # a run that reuses everything does not need it

    if name in COUNTS:
        return Fraction(_total(confusion, TABLE[name].part))
    if TABLE[name].whole:
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
        if name in COUNTS:
            return np.asarray(_total(counts, TABLE[name].part), dtype=float)
        if TABLE[name].whole:
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
    values = ((name, exact(confusion, name)) for name in TABLE if name in OF_COUNTS - COUNTS)
    return {name: None if value is None else float(value) for name, value in values}


def is_proportion(name: str) -> bool:
    """Say whether the metric is a share of rows, to which a binomial bound applies."""
    return name in PROPORTIONS


def _mcc_parts(c: Counts) -> tuple[Any, Any]:
    """Matthews 1975: numerator, and the square of the denominator."""
    return c.tp * c.tn - c.fp * c.fn, (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)


def _mcc(confusion: Counts) -> float | None:
    numerator, squared = _mcc_parts(confusion)
    return float(numerator / sqrt(squared)) if squared else None

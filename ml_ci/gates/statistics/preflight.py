"""Say before any training whether a holdout of this size could ever prove a gate."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.gates.statistics import limits, paired, power
from ml_ci.gates.statistics.values import checked_alpha
from ml_ci.spec.values import Method


@dataclass(frozen=True, slots=True)
class Preflight:
    """Say what `rows` independent rows of the gate's class can prove at best, which is without a single error.

    `smallest_rows` are the fewest that could prove the gate as written, None where no number of them can without an
    improvement; `smallest_limit` is the smallest limit or margin that these rows can prove, None without rows.
    """

    provable: bool
    rows: float
    smallest_rows: int | None
    smallest_limit: float | None


def for_difference(rows: float, margin: float, alpha: float, method: Method = "score") -> Preflight:
    """Check `candidate - baseline <= margin` on so many rows, by the method that `paired` would choose.

    A margin of 0 or less is provable by an improvement alone: `provable` is True where `rows` rows of which every one
    is corrected would prove it, and `smallest_rows` is None.
    """
    checked_alpha(alpha)
    least = power.provable_rows(margin, alpha, method)
    provable = _by_improvement(rows, margin, alpha, method) if least is None else rows >= least
    return Preflight(provable, rows, least, power.provable_margin(rows, alpha, method))


def for_limit(rows: float, limit: float, alpha: float) -> Preflight:
    """Check `errors / rows <= limit` on so many rows; for `rate >= limit` ask for `1 - limit`."""
    least = limits.rows_without_errors(limit, checked_alpha(alpha))
    provable = least is not None and rows >= least
    return Preflight(provable, rows, least, limits.smallest_limit(rows, alpha))


def _by_improvement(rows: float, margin: float, alpha: float, method: Method) -> bool:
    if rows <= 0:
        return False
    return paired.differences_at_most(0, rows, rows, margin, alpha, method, effective=True)[0].outcome == "pass"

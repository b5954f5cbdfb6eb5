"""What a test of one gate shows: an outcome, one-sided bounds, p-values, and how many more rows would decide it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Outcome: TypeAlias = Literal["pass", "fail", "inconclusive"]
Floats: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.ArrayLike

# Estimates of further rows stop here: beyond it the honest sentence is "more than ten million".
NEEDS_CAP = 10_000_000

# The chance with which further rows prove a limit, if the measured shares are the true ones: by the normal
# approximation as it is planned, by e-values as they grow on average.
POWER = 0.8
EVEN = 0.5
_CHANCES = {"anytime": EVEN, "bounds of every slice": None}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Say what the data prove about one limit.

    `low` and `high` are one-sided bounds, each at alpha (together an interval at 1 - 2 alpha), of the value or of
    the difference to the baseline; None where nothing can be said. `p_pass` is the p-value against "worse than the
    limit" (small: proven to hold), `p_fail` against "within the limit" (small: proven to be broken). `needs`
    estimates the further rows that would decide it, at most `NEEDS_CAP`; None where more rows are not expected to
    help. `needs_clusters` are the clusters that bring these rows, None where rows are independent. `method` is the one
    that was used. `reason` says what is undefined or missing, or "". `withheld` says that the bounds prove nothing, as
    one cluster holds too much of the rows.
    """

    outcome: Outcome
    low: float | None
    high: float | None
    p_pass: float
    p_fail: float
    needs: int | None = None
    method: str = ""
    reason: str = ""
    needs_clusters: int | None = None
    withheld: bool = False

    @property
    def interval(self) -> tuple[float, float] | None:
        """Give both bounds, or None where one of them is unknown."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def chance(self) -> float | None:
        """Give the chance with which `needs` prove it if the measured shares are the true ones; None for no such."""
        return None if self.needs is None else _CHANCES.get(self.method, POWER)


def whole_rows(rows: float) -> int:
    """Round an estimate of further rows up, to at least 1 and at most `NEEDS_CAP`."""
    return max(1, math.ceil(min(rows, NEEDS_CAP)))


def squared_ratio(part: float, whole: float) -> float:
    """Give (part / whole)^2, without overflow next to a `whole` of 0."""
    return min(abs(part / whole), 1e100) ** 2 if whole else math.inf


def undecided(method: str, reason: str, needs: int | None = None) -> Evidence:
    """Give the evidence of no evidence: inconclusive, without bounds, for a named reason."""
    return Evidence("inconclusive", None, None, 1.0, 1.0, needs, method, reason)


def outcome(p_pass: float, p_fail: float, alpha: float) -> Outcome:
    """Decide from both p-values; a NaN proves nothing."""
    if p_pass <= alpha:
        return "pass"
    return "fail" if p_fail <= alpha else "inconclusive"


def mirrored(evidence: Evidence, pivot: float = 0.0) -> Evidence:
    """Turn the evidence of `pivot - x` into the evidence of `x`; outcome and p-values stay, the bounds swap."""
    low = None if evidence.high is None else pivot - evidence.high
    high = None if evidence.low is None else pivot - evidence.low
    kept = (evidence.p_pass, evidence.p_fail, evidence.needs, evidence.method, evidence.reason, evidence.needs_clusters)
    return Evidence(evidence.outcome, low, high, *kept)


def checked_alpha(alpha: float) -> float:
    """Give alpha back; ValueError unless 0 < alpha < 0.5 (a one-sided level)."""
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, not {alpha!r}")
    return alpha


def columns(*values: Any) -> tuple[Floats, ...]:
    """Give one-dimensional float arrays of one common length; a number stands for an array of size one."""
    arrays = [np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in values]
    if any(array.ndim != 1 for array in arrays):
        raise ValueError("counts and limits must be numbers or one-dimensional arrays")
    if len({len(array) for array in arrays}) == 1:
        return tuple(arrays)
    return tuple(np.broadcast_arrays(*arrays))


def checked_counts(whole: Floats, *parts: Floats) -> None:
    """Check counts; ValueError unless all are whole numbers of at least 0 that together are at most `whole`."""
    rest = whole - sum(parts)
    every = np.concatenate([*parts, whole, rest])
    if not (every >= 0).all() or not np.isfinite(every).all() or not (np.floor(every) == every).all():
        raise ValueError("counts must be whole numbers, none below 0 and none above the rows they are part of")


def checked_parts(whole: Floats, *parts: Floats) -> None:
    """Check counts in independent rows, which are no whole numbers; ValueError unless each is at least 0.

    Together they are at most `whole`, up to rounding.
    """
    rest = whole - sum(parts)
    every = np.concatenate([*parts, whole, rest + 1e-9 * (1 + whole)])
    if not (every >= 0).all() or not np.isfinite(every).all():
        raise ValueError("independent rows must be numbers, none below 0 and none above the rows they are part of")


def checked_limits(limits: Floats) -> None:
    """Check limits or margins; ValueError on NaN."""
    if np.isnan(limits).any():
        raise ValueError("a limit must not be NaN")

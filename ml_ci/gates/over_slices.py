"""Prove a limit on the worst slice, on the gap or on the ratio between slices, from exact bounds of each slice.

The slices are different rows, so each has its own Clopper-Pearson bounds. "The worst is within the limit" means that
every slice is: an intersection-union test (Berger 1982), each slice at the full level. "The gap is within the limit"
means that every pair is: each pair at the full level, half of it for the one's upper and half for the other's lower
bound. The contrary, that some slice or some pair breaks it, is a union: the level is divided over the slices
(Bonferroni). All of it holds at every sample size; with few rows it is rather undecided than wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ml_ci.conditions.tree import OverSlices
from ml_ci.gates.statistics import limits
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, Floats
from ml_ci.metrics import HIGHER_IS_WORSE

METHOD = "bounds of every slice"

_SMALLEST_P = 1e-12
# Where a search may stop: two percent are close enough for an estimate of rows, and for Holm on the safe side.
_CLOSE = 1.02

Bound = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lower and the upper bound as functions of their one-sided level."""

    low: Bound
    high: Bound

    def clears(self, limit: float, upper: bool, alpha: float) -> bool:
        """Say whether the limit is proven to hold."""
        return self.high(alpha) <= limit if upper else self.low(alpha) >= limit

    def breaks(self, limit: float, upper: bool, alpha: float) -> bool:
        """Say whether the limit is proven to be broken."""
        return self.low(alpha) > limit if upper else self.high(alpha) < limit


def judge(atom: OverSlices, parts: Sequence[tuple[int, int]], limit: float, upper: bool, alpha: float) -> Evidence:
    """Judge `atom <= limit` (or `>=`, where `upper` is False) at one-sided `alpha`.

    `parts` are (part, whole) of the rate in each slice, whole > 0. The bounds are each at `alpha`. `p_pass` is given
    as `alpha` where it is at most that, else as 1.
    """
    x = np.array([part for part, _ in parts], dtype=np.float64)
    n = np.array([whole for _, whole in parts], dtype=np.float64)
    bounds = _bounds(atom, x, n)
    low, high = bounds.low(alpha), bounds.high(alpha)
    if bounds.clears(limit, upper, alpha):
        return Evidence("pass", low, high, alpha, 1.0, None, METHOD)
    if bounds.breaks(limit, upper, alpha):
        return Evidence("fail", low, high, 1.0, _p_fail(bounds, limit, upper, alpha), None, METHOD)
    needs = _further_rows(atom, x, n, limit, upper, alpha)
    return Evidence("inconclusive", low, high, 1.0, 1.0, needs, METHOD)


def _bounds(atom: OverSlices, x: Floats, n: Floats) -> Bounds:
    if atom.function == "worst":
        return _highest(x, n) if atom.metric in HIGHER_IS_WORSE else _lowest(x, n)
    return _gap(x, n) if atom.function == "gap" else _ratio(x, n)


def _highest(x: Floats, n: Floats) -> Bounds:
    return Bounds(
        low=lambda alpha: float(limits.lower(x, n, alpha / len(x)).max()),
        high=lambda alpha: float(limits.upper(x, n, alpha).max()),
    )


def _lowest(x: Floats, n: Floats) -> Bounds:
    return Bounds(
        low=lambda alpha: float(limits.lower(x, n, alpha).min()),
        high=lambda alpha: float(limits.upper(x, n, alpha / len(x)).min()),
    )


def _gap(x: Floats, n: Floats) -> Bounds:
    def low(alpha: float) -> float:
        every = alpha / (2 * len(x))
        return max(float(limits.lower(x, n, every).max() - limits.upper(x, n, every).min()), 0.0)

    def high(alpha: float) -> float:
        return _largest_of_pairs(limits.upper(x, n, alpha / 2)[:, None] - limits.lower(x, n, alpha / 2))

    return Bounds(low, high)


def _ratio(x: Floats, n: Floats) -> Bounds:
    def low(alpha: float) -> float:
        every = alpha / (2 * len(x))
        return max(float(limits.lower(x, n, every).max() / limits.upper(x, n, every).min()), 1.0)

    def high(alpha: float) -> float:
        with np.errstate(divide="ignore"):
            return _largest_of_pairs(limits.upper(x, n, alpha / 2)[:, None] / limits.lower(x, n, alpha / 2))

    return Bounds(low, high)


def _largest_of_pairs(table: Floats) -> float:
    """Give the largest entry off the diagonal: a slice is not compared with itself."""
    return float(table[~np.eye(len(table), dtype=bool)].max())


def _further_rows(atom: OverSlices, x: Floats, n: Floats, limit: float, upper: bool, alpha: float) -> int | None:
    """Estimate how many further rows, spread over the slices as they are, would prove the limit at the same rates.

    None where the measured rates break the limit, or reach it only beyond ten million rows.
    """

    def proven(times: float) -> bool:
        return _bounds(atom, x * times, n * times).clears(limit, upper, alpha)

    least, most = 1.0, NEEDS_CAP / float(n.sum())
    if not proven(most):
        return None
    while most / least > _CLOSE:
        middle = math.sqrt(least * most)
        least, most = (least, middle) if proven(middle) else (middle, most)
    return max(math.ceil((most - 1) * float(n.sum())), 1)


def _p_fail(bounds: Bounds, limit: float, upper: bool, alpha: float) -> float:
    """Find the smallest level at which the limit is still proven to be broken; at `alpha` it is."""
    low, high = math.log(_SMALLEST_P), math.log(alpha)
    while high - low > _CLOSE - 1:
        middle = (low + high) / 2
        low, high = (low, middle) if bounds.breaks(limit, upper, math.exp(middle)) else (middle, high)
    return math.exp(high)

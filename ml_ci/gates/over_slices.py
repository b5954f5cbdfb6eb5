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

import numpy as np

from ml_ci.conditions.names import HIGHER_IS_WORSE
from ml_ci.conditions.tree import OverSlices
from ml_ci.gates.statistics import limits
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, Floats

METHOD = "bounds of every slice"

# So many halvings find a p-value to seven digits of its logarithm: enough for Holm.
_STEPS = 28
_SMALLEST_P = 1e-12
_SCALINGS = 14

Bounds = Callable[[float], tuple[float, float]]


def judge(atom: OverSlices, parts: Sequence[tuple[int, int]], limit: float, upper: bool, alpha: float) -> Evidence:
    """Judge `atom <= limit` (or `>=`, where `upper` is False) at one-sided `alpha`.

    `parts` are (part, whole) of the rate in each slice, whole > 0. The bounds are each at `alpha`. `p_pass` is given
    as `alpha` where it is at most that, else as 1.
    """
    x = np.array([part for part, _ in parts], dtype=np.float64)
    n = np.array([whole for _, whole in parts], dtype=np.float64)
    bounds = _bounds(atom, x, n)
    low, high = bounds(alpha)
    holds, breaks = (high <= limit, low > limit) if upper else (low >= limit, high < limit)
    if holds:
        return Evidence("pass", low, high, alpha, 1.0, None, METHOD)
    if breaks:
        return Evidence("fail", low, high, 1.0, _p_fail(bounds, limit, upper, alpha), None, METHOD)
    needs = _further_rows(atom, x, n, limit, upper, alpha)
    return Evidence("inconclusive", low, high, 1.0, 1.0, needs, METHOD)


def _bounds(atom: OverSlices, x: Floats, n: Floats) -> Bounds:
    if atom.function == "worst":
        return _highest(x, n) if atom.metric in HIGHER_IS_WORSE else _lowest(x, n)
    return _gap(x, n) if atom.function == "gap" else _ratio(x, n)


def _highest(x: Floats, n: Floats) -> Bounds:
    def bounds(alpha: float) -> tuple[float, float]:
        return float(limits.lower(x, n, alpha / len(x)).max()), float(limits.upper(x, n, alpha).max())

    return bounds


def _lowest(x: Floats, n: Floats) -> Bounds:
    def bounds(alpha: float) -> tuple[float, float]:
        return float(limits.lower(x, n, alpha).min()), float(limits.upper(x, n, alpha / len(x)).min())

    return bounds


def _gap(x: Floats, n: Floats) -> Bounds:
    def bounds(alpha: float) -> tuple[float, float]:
        every, pair = alpha / (2 * len(x)), alpha / 2
        low = limits.lower(x, n, every).max() - limits.upper(x, n, every).min()
        return max(float(low), 0.0), _largest_of_pairs(limits.upper(x, n, pair)[:, None] - limits.lower(x, n, pair))

    return bounds


def _ratio(x: Floats, n: Floats) -> Bounds:
    def bounds(alpha: float) -> tuple[float, float]:
        every, pair = alpha / (2 * len(x)), alpha / 2
        low = limits.lower(x, n, every).max() / limits.upper(x, n, every).min()
        with np.errstate(divide="ignore"):
            ratios = limits.upper(x, n, pair)[:, None] / limits.lower(x, n, pair)
        return max(float(low), 1.0), _largest_of_pairs(ratios)

    return bounds


def _largest_of_pairs(table: Floats) -> float:
    """Give the largest entry off the diagonal: a slice is not compared with itself."""
    return float(table[~np.eye(len(table), dtype=bool)].max())


def _further_rows(atom: OverSlices, x: Floats, n: Floats, limit: float, upper: bool, alpha: float) -> int | None:
    """Estimate how many further rows, spread over the slices as they are, would prove the limit at the same rates.

    None where the measured rates break the limit, or reach it only beyond ten million rows.
    """
    least, most = 1.0, NEEDS_CAP / float(n.sum())
    if not _proven(atom, x, n, limit, upper, alpha, most):
        return None
    for _ in range(_SCALINGS):
        middle = math.sqrt(least * most)
        least, most = (least, middle) if _proven(atom, x, n, limit, upper, alpha, middle) else (middle, most)
    return max(math.ceil((most - 1) * float(n.sum())), 1)


def _proven(atom: OverSlices, x: Floats, n: Floats, limit: float, upper: bool, alpha: float, times: float) -> bool:
    low, high = _bounds(atom, x * times, n * times)(alpha)
    return high <= limit if upper else low >= limit


def _p_fail(bounds: Bounds, limit: float, upper: bool, alpha: float) -> float:
    """Find the smallest level at which the bound still breaks the limit; at `alpha` it does."""
    low, high = math.log(_SMALLEST_P), math.log(alpha)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        ends = bounds(math.exp(middle))
        breaks = ends[0] > limit if upper else ends[1] < limit
        low, high = (low, middle) if breaks else (middle, high)
    return math.exp(high)

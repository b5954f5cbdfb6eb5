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
from ml_ci.gates.statistics import design_effect, limits
from ml_ci.gates.statistics.design_effect import Effect
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


def judge(
    atom: OverSlices,
    parts: Sequence[tuple[float, float]],
    limit: float,
    upper: bool,
    alpha: float,
    effects: Sequence[Effect | None] = (),
) -> Evidence:
    """Judge `atom <= limit` (or `>=`, where `upper` is False) at one-sided `alpha`.

    `parts` are (part, whole) of the rate in each slice, whole > 0, in independent rows; `effects` say what those were
    counted from where rows are clustered. The bounds are each at `alpha`. `p_pass` is given as `alpha` where it is at
    most that, else as 1.
    """
    x = np.array([part for part, _ in parts], dtype=np.float64)
    n = np.array([whole for _, whole in parts], dtype=np.float64)
    bounds = _bounds(atom, x, n)
    low, high = bounds.low(alpha), bounds.high(alpha)
    if bounds.clears(limit, upper, alpha):
        return Evidence("pass", low, high, alpha, 1.0, None, METHOD)
    if bounds.breaks(limit, upper, alpha):
        return Evidence("fail", low, high, 1.0, _p_fail(bounds, limit, upper, alpha), None, METHOD)
    grow = _growth(x, n, effects or [None] * len(x))
    needs = _further_rows(atom, grow, limit, upper, alpha)
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


@dataclass(frozen=True, slots=True)
class _Growth:
    """Grow every slice alike: from `rows` rows, to (part, whole) of so many times the rows or clusters."""

    rows: float
    to: Callable[[float], tuple[Floats, Floats]]


def _growth(x: Floats, n: Floats, effects: Sequence[Effect | None]) -> _Growth:
    if all(effect is None or effect.alone for effect in effects):
        return _Growth(float(n.sum()), lambda times: (x * times, n * times))

    def to(times: float) -> tuple[Floats, Floats]:
        sizes = [
            rows * times if effect is None else design_effect.grown(effect, times).effective_rows
            for rows, effect in zip(n, effects, strict=True)
        ]
        return x / n * np.array(sizes), np.array(sizes)

    whole = sum(float(rows) if effect is None else effect.rows for rows, effect in zip(n, effects, strict=True))
    return _Growth(whole, to)


def _further_rows(atom: OverSlices, grow: _Growth, limit: float, upper: bool, alpha: float) -> int | None:
    """Estimate how many further rows, spread over the slices as they are, would prove the limit at the same rates.

    None where the measured rates break the limit, or reach it only beyond ten million rows.
    """

    def proven(times: float) -> bool:
        return _bounds(atom, *grow.to(times)).clears(limit, upper, alpha)

    least, most = 1.0, NEEDS_CAP / grow.rows
    if not proven(most):
        return None
    while most / least > _CLOSE:
        middle = math.sqrt(least * most)
        least, most = (least, middle) if proven(middle) else (middle, most)
    return max(math.ceil((most - 1) * grow.rows), 1)


def _p_fail(bounds: Bounds, limit: float, upper: bool, alpha: float) -> float:
    """Find the smallest level at which the limit is still proven to be broken; at `alpha` it is."""
    low, high = math.log(_SMALLEST_P), math.log(alpha)
    while high - low > _CLOSE - 1:
        middle = (low + high) / 2
        low, high = (low, middle) if bounds.breaks(limit, upper, math.exp(middle)) else (middle, high)
    return math.exp(high)

"""Axes on which a normal distribution is a straight line: of a DET curve, where small rates are to be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

from ml_ci.reports.page.curves.frame import Axis

_NORMAL = NormalDist()
_TICKS = (0.0001, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
_LEAST, MOST = 0.0001, 0.99


def axis_of_rates(title: str, step: float, shown: Sequence[float]) -> Axis:
    """Give an axis from half of the least rate that there can be to 60%, or beyond what has to be `shown`."""
    low = min(max(step / 2, _LEAST), 0.05)
    high = min(max(0.6, *(rate * 1.2 for rate in shown)) if shown else 0.6, MOST)
    ends = _probit(low), _probit(high)
    ticks = tuple((round(_probit(rate), 5), f"{rate * 100:g}%") for rate in _TICKS if low <= rate <= high)
    return Axis(title, ends[0], ends[1], ticks=ticks)


def clamp(rate: float, axis: Axis) -> float:
    """Give the place of a rate: 0, which has none on this scale, lies on its edge, and so does what is below it.

    What lies beyond the upper end is left there: the plot is cut off, not bent.
    """
    return max(axis.low, _probit(min(max(rate, _LEAST / 1e4), 1 - _LEAST / 1e4)))


def _probit(rate: float) -> float:
    return _NORMAL.inv_cdf(rate)

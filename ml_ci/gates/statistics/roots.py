"""Find roots of many monotone functions at once, or of one alone, each inside its bracket."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ml_ci.gates.statistics.values import Floats

ITERATIONS = 200
TOLERANCE = 1e-11


def roots(function: Callable[[Floats], Floats], low: Floats, high: Floats, tolerance: float = TOLERANCE) -> Floats:
    """Solve function(x) = 0 elementwise, where function(low) >= 0 >= function(high), to `tolerance`.

    Method: false position as Anderson and Bjoerck 1973 corrected it, with a bisection in every fourth round, so that
    the bracket always closes. Where the sign does not change the answer is the end that is nearest to a root:
    `low` if function(low) <= 0, else `high`. `function` maps an array of the brackets' shape to the same shape.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _close_in(function, low, high, tolerance)


def _close_in(function: Callable[[Floats], Floats], low: Floats, high: Floats, tolerance: float) -> Floats:
    at_low, at_high = function(low), function(high)
    high = np.where(at_low <= 0, low, high)
    low = np.where(at_high >= 0, high, low)
    was_left = np.full(low.shape, -1)
    for turn in range(1, ITERATIONS):
        width = high - low
        # A bracket that has closed stays as it is: an answer does not depend on what else is asked.
        still = width > 2 * tolerance
        if not still.any():
            break
        if turn % 4:
            least = np.minimum(tolerance, 0.5 * width)
            probe = low + width * (at_low / (at_low - at_high))
            # Keeping off the ends by the tolerance closes the bracket from its far side too.
            probe = np.fmax(np.fmin(probe, high - least), low + least)
        else:
            probe = 0.5 * (low + high)
        value = function(probe)
        left = value > 0
        # An end that stays twice in a row is weighed down, which draws the next probe to its side.
        weight = np.where(was_left == left, _weight(value, np.where(left, at_low, at_high)), 1.0)
        low, high = np.where(left & still, probe, low), np.where(left | ~still, high, probe)
        at_low, at_high = np.where(left, value, at_low * weight), np.where(left, at_high * weight, value)
        was_left = left
    return 0.5 * (low + high)


def _weight(value: Floats, replaced: Floats) -> Floats:
    weight = 1.0 - value / replaced
    return np.where(weight > 0, weight, 0.5)


def root(function: Callable[[float], float], low: float, high: float, tolerance: float = TOLERANCE) -> float:
    """Solve one function(x) = 0: the same steps as `roots`, in plain numbers, to the same bits.

    numpy takes ten times as long for arrays of one element.
    """
    at_low, at_high = function(low), function(high)
    high = low if at_low <= 0 else high
    low = high if at_high >= 0 else low
    was_left: bool | None = None
    for turn in range(1, ITERATIONS):
        width = high - low
        if not width > 2 * tolerance:
            break
        probe = 0.5 * (low + high)
        if turn % 4:
            least = min(tolerance, 0.5 * width)
            share = _divide(at_low, at_low - at_high)
            inside = high - least if math.isnan(share) else min(low + width * share, high - least)
            probe = max(inside, low + least)
        value = function(probe)
        left = value > 0
        weight = 1.0
        if was_left is left:
            weight = 1.0 - _divide(value, at_low if left else at_high)
            weight = weight if weight > 0 else 0.5
        if left:
            low, at_low, at_high = probe, value, at_high * weight
        else:
            high, at_low, at_high = probe, at_low * weight, value
        was_left = left
    return 0.5 * (low + high)


def _divide(part: float, whole: float) -> float:
    """Divide as numpy does: by zero it is without end, and 0/0 is NaN."""
    if whole:
        return part / whole
    return math.nan if part == 0 or math.isnan(part) else math.copysign(math.inf, part) * math.copysign(1.0, whole)

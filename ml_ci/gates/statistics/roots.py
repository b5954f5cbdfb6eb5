"""Find roots of many monotone functions at once, each inside its bracket."""

from __future__ import annotations

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

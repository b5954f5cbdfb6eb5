"""Bound the difference of two paired rates exactly, by two Clopper-Pearson bounds at half the level each.

U = CPupper(b, n, alpha/2) - CPlower(c, n, alpha/2); valid for every n and alpha, wider than the score interval.
"""

from __future__ import annotations

import numpy as np

from ml_ci.gates.statistics import limits
from ml_ci.gates.statistics.roots import roots
from ml_ci.gates.statistics.values import Floats, Numbers, columns

TINY = 1e-150


def upper(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from above at one-sided `alpha`; 1 without rows."""
    return limits.upper(b, n, alpha / 2) - limits.lower(c, n, alpha / 2)


def lower(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from below at one-sided `alpha`; the mirror image of `upper`."""
    return -upper(c, b, n, alpha)


def bounds(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> tuple[Floats, Floats]:
    """Give lower and upper bounds."""
    return lower(b, c, n, alpha), upper(b, c, n, alpha)


def p_above(b: Numbers, c: Numbers, n: Numbers, margin: Numbers) -> Floats:
    """Give the p-value against "the difference is above `margin`": the smallest alpha at which upper <= margin.

    Found where both halves of alpha are equal: P(X <= b | t + m) = P(X >= c | t) = alpha / 2.
    """
    b, c, n, m = columns(b, c, n, margin)
    inside = np.clip(m, -1.0, 1.0)

    def lead(t: Floats) -> Floats:
        # In logarithms, which are straighter, and off zero, which has none.
        ratio = (limits.at_or_below(b, n, t + inside) + TINY) / (limits.at_or_above(c, n, t) + TINY)
        return np.log(ratio)

    # Both halves are below 1/2 only for b / n - m < t < c / n; without such a t nothing is shown.
    rows = np.maximum(n, 1.0)
    least, most = np.maximum(np.maximum(0.0, -inside), b / rows - inside), c / rows
    share = roots(lead, np.minimum(least, most), most, tolerance=1e-12)
    # Without a baseline-only error its lower bound is 0 at every level, so that t is 0.
    half = limits.at_or_below(b, n, np.where(c > 0, share + inside, inside))
    answer = np.where((least < most) | (c == 0), np.minimum(2 * half, 1.0), 1.0)
    answer = np.where(n > 0, answer, 1.0)
    return np.where(m >= 1.0, 0.0, np.where(m < -1.0, 1.0, answer))

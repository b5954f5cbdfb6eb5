"""Test the difference of two paired rates by Tango's score statistic (Statistics in Medicine 17, 1998).

`b` = rows where only the candidate errs, `c` = rows where only the baseline errs, `n` = rows of the class.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ml_ci.gates.statistics.roots import root, roots
from ml_ci.gates.statistics.special import ndtri
from ml_ci.gates.statistics.values import Floats, Numbers, columns

_FEW = 4  # so few are searched for one by one, faster than at once


def statistic(b: Numbers, c: Numbers, n: Numbers, margin: Numbers) -> Floats:
    """Give T(m): far below zero proves a difference below `margin`, far above zero one above it.

    NaN where it is 0/0 (no rows; b = c = 0 at m = 0; b = n at m = 1, c = n at m = -1). At m = 0 it is McNemar's
    (b - c) / sqrt(b + c). For |m| > 1, which no difference reaches, it is -inf or +inf.
    """
    b, c, n, m = columns(b, c, n, margin)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = (b - c - n * m) / np.sqrt(variance(b, c, n, np.minimum(np.maximum(m, -1.0), 1.0)))
    return np.where(np.abs(m) <= 1.0, inside, np.where(n > 0, np.copysign(np.inf, -m), np.nan))


def restricted(b: Floats, c: Floats, n: Floats, m: Floats) -> Floats:
    """Give q, the likeliest share of baseline-only errors among all rows if the true difference were `m`."""
    return _restricted(b, c, n, m, np.sqrt, np.maximum)  # type: ignore[no-any-return]


def _restricted(b: Any, c: Any, n: Any, m: Any, sqrt: Any, larger: Any) -> Any:
    """Do it with arrays, or with plain numbers."""
    half = (2 * n - b + c) * m - (b + c)
    inside = half * half + 8 * n * c * m * (1 - m)
    share = (sqrt(larger(inside, 0.0)) - half) / (4 * n)
    # No table has less; a rounding error below it would be a variance of 0, and that a proof out of nothing.
    return larger(share, larger(-m, 0.0))


def variance(b: Floats, c: Floats, n: Floats, m: Floats) -> Floats:
    """Give the variance of b - c under the true difference `m`: n (2 q + m (1 - m)), at least n |m| (1 - |m|)."""
    return n * (2 * restricted(b, c, n, m) + m * (1 - m))


def upper(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from above at one-sided `alpha`: T(U) = -z; 1 without rows."""
    b, c, n = columns(b, c, n)
    return _upper(b, c, n, float(-ndtri(alpha)))


def lower(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from below at one-sided `alpha`: T(L) = +z; the mirror image of `upper`."""
    return -upper(c, b, n, alpha)


def bounds(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> tuple[Floats, Floats]:
    """Give lower and upper bounds together, in one search."""
    b, c, n = columns(b, c, n)
    z = float(-ndtri(alpha))
    if len(b) <= _FEW:
        each = list(zip(b.tolist(), c.tolist(), n.tolist(), strict=True))
        lows = [-_upper_of_one(c_, b_, n_, z) for b_, c_, n_ in each]
        return np.array(lows), np.array([_upper_of_one(*one, z) for one in each])
    both = _upper(np.concatenate([b, c]), np.concatenate([c, b]), np.concatenate([n, n]), z)
    return -both[len(b) :], both[: len(b)]


def _upper(b: Floats, c: Floats, n: Floats, z: float) -> Floats:
    rows = np.maximum(n, 1.0)
    measured = np.clip((b - c) / rows, -1.0, 1.0)

    def excess(m: Floats) -> Floats:
        # T(m) + z times the standard error: the same root, finite at the ends of [-1, 1].
        return b - c - rows * m + z * np.sqrt(variance(b, c, rows, m))

    # Where T is 0/0 at the measured difference the equation has a second, false root there: closed forms.
    untouched, reversed_all = (b == 0) & (c == 0), c == rows
    start = np.where(untouched | reversed_all, 1.0, measured)
    found = roots(excess, start, np.ones_like(rows))
    found = np.where(untouched, z * z / (rows + z * z), found)
    found = np.where(reversed_all, (z * z - rows) / (z * z + rows), found)
    return np.where(n > 0, found, 1.0)


def _upper_of_one(b: float, c: float, n: float, z: float) -> float:
    """Do what `_upper` does, in plain numbers and to the same bits."""
    if not n > 0:
        return 1.0
    rows = max(n, 1.0)
    if c == rows:
        return (z * z - rows) / (z * z + rows)
    if b == 0 and c == 0:
        return z * z / (rows + z * z)

    def excess(m: float) -> float:
        spread = rows * (2 * _restricted(b, c, rows, m, math.sqrt, max) + m * (1 - m))
        return b - c - rows * m + z * math.sqrt(spread)

    return root(excess, min(max((b - c) / rows, -1.0), 1.0), 1.0)

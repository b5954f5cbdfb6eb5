"""Test a paired difference with e-values: valid at any time, also while rows are added between looks.

A bet on every row, averaged over twelve stakes (Ville 1939; Waudby-Smith and Ramdas 2024). It depends on the counts
alone. It covers one fixed pair of models while rows are added, not models chosen after a verdict on the same rows.
"""

from __future__ import annotations

import math

import numpy as np

from ml_ci.gates.statistics.roots import roots
from ml_ci.gates.statistics.values import Floats, Numbers, columns

STAKES = 0.95 * np.geomspace(0.05, 1.0, 12)
LOST = np.log1p(-STAKES)


def log_e_pass(b: Numbers, c: Numbers, n: Numbers, margin: Numbers) -> Floats:
    """Give ln E against "the difference is above `margin`"; proven at ln(1 / alpha). `margin` inside (-1, 1).

    Against "the difference is at most `margin`" with `b` and `c` swapped and the margin negated.
    """
    return _log_average(*(column[:, np.newaxis] for column in columns(b, c, n, margin)))


def growth(b: Numbers, c: Numbers, n: Numbers, margin: Numbers) -> Floats:
    """Give the growth of ln E_pass per row of the best stake at these shares; above 0 it is reached in the end."""
    b, c, n, m = (column[:, np.newaxis] for column in columns(b, c, n, margin))
    best: Floats = (_terms(b, c, n, m) / n).max(axis=1)
    return best


def p_above(b: Numbers, c: Numbers, n: Numbers, margin: Numbers) -> Floats:
    """Give 1 / E, at most 1: the p-value against "the difference is above `margin`", valid at any time."""
    b, c, n, m = columns(b, c, n, margin)
    inside = np.abs(m) < 1.0
    found = np.exp(-np.maximum(log_e_pass(b, c, n, np.where(inside, m, 0.0)), 0.0))
    return np.where(inside, found, np.where(m >= 1.0, 0.0, 1.0))


def upper(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from above: the margin at which E reaches 1 / alpha; 1 where none does."""
    b, c, n = columns(b, c, n)
    edge = 1.0 - 1e-12

    wide = b[:, np.newaxis], c[:, np.newaxis], n[:, np.newaxis]
    wanted = -math.log(alpha)

    def missing(m: Floats) -> Floats:
        return wanted - _log_average(*wide, m[:, np.newaxis])

    # At the measured difference no bet has won (ln(1 + x) <= x), so that the bound lies above it.
    rows = np.maximum(n, 1.0)
    measured = np.clip((b - c) / rows, -edge, edge)
    # Mostly it lies near: a few standard errors above; a search from 1 would take twice as long.
    near = np.minimum(measured + (2.5 * np.sqrt((b + c + 1) * wanted) + 4 * wanted) / rows, edge)
    found = roots(missing, measured, np.where(missing(near) <= 0, near, edge), tolerance=1e-9)
    return np.where(found >= 1.0 - 1e-8, 1.0, found)


def lower(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> Floats:
    """Bound each difference from below; the mirror image of `upper`."""
    return -upper(c, b, n, alpha)


def bounds(b: Numbers, c: Numbers, n: Numbers, alpha: float) -> tuple[Floats, Floats]:
    """Give lower and upper bounds together, in one search."""
    b, c, n = columns(b, c, n)
    both = upper(np.concatenate([b, c]), np.concatenate([c, b]), np.concatenate([n, n]), alpha)
    return -both[len(b) :], both[: len(b)]


def _log_average(b: Floats, c: Floats, n: Floats, m: Floats) -> Floats:
    """Average E over the stakes, in logarithms; the columns are (elements, 1)."""
    terms = _terms(b, c, n, m)
    top = terms.max(axis=1)
    average: Floats = top + np.log(np.exp(terms - top[:, np.newaxis]).mean(axis=1))
    return average


def _terms(b: Floats, c: Floats, n: Floats, m: Floats) -> Floats:
    stakes = STAKES / (1 - m)
    gained: Floats = b * LOST + c * np.log1p(stakes * (1 + m)) + (n - b - c) * np.log1p(stakes * m)
    return gained

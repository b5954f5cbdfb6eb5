"""Test whether one rate is above a limit, while rows keep coming: e-values of one rate.

An e-value is what a fair bet against "the rate is at most the limit" has made of 1 (Ville 1939): 1 / alpha is seldom
reached, however often one looks. Here the bet is on alternatives at several odds (rows independent: a likelihood
ratio, Wald 1945), or it is a stake on each window's rate (Waudby-Smith and Ramdas, JRSS B 2024), which is fair
whatever the rows of a window have in common. The average over alternatives, or stakes, is an e-value again.

"Below" is "above" of the complement: `wrong` and `rows - wrong` swapped, the limit taken from 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ml_ci.gates.statistics.values import Floats, Numbers

# Gives, from errors, rows and limits, ln E of each window by alternative: one axis more, the last.
Terms: TypeAlias = Callable[[Numbers, Numbers, Numbers], Floats]

LOG_ODDS = np.log(np.geomspace(1.1, 16.0, 12))
STAKES = 0.95 * np.geomspace(0.02, 1.0, 12)
WEIGHED_STAKES = 0.95 * np.geomspace(0.004, 1.0, 16)


def bet_on_rows(wrong: Numbers, rows: Numbers, limit: Numbers) -> Floats:
    """Give ln E against "the rate is at most `limit`" by alternative, (..., 12), where rows are independent.

    ln E_j = k ln(p_j / L) + (n - k) ln((1 - p_j) / (1 - L)), logit p_j = logit L + ln o_j. Rows of several windows add
    up. 0 without rows. `limit` inside (0, 1), else ValueError.
    """
    k, n, at = _checked(wrong, rows, limit)
    # In terms of odds, so that a limit next to 0 or 1 loses no digits: (1 - p) / (1 - L) = 1 / (1 - L + L o).
    lost = -np.log1p(at * np.expm1(LOG_ODDS))
    gained: Floats = n * lost + k * LOG_ODDS
    return gained


def bet_on_windows(wrong: Numbers, rows: Numbers, limit: Numbers) -> Floats:
    """Give ln E against "the mean rate is at most `limit`" by stake, (..., 12): each window is one observation.

    ln E_j = ln(1 + l_j (k / n - L)), l_j = .95 g_j / L. 0 without rows. `limit` inside (0, 1), else ValueError.
    """
    k, n, at = _checked(wrong, rows, limit)
    rate = np.divide(k, n, out=np.broadcast_to(at, np.broadcast_shapes(k.shape, n.shape, at.shape)).copy(), where=n > 0)
    won: Floats = np.log1p(STAKES * (rate - at) / at)
    return won


def bet_on_weighed(
    wrong: Numbers, right: Numbers, probability: Numbers, limit: Numbers, least: Numbers | None = None
) -> Floats:
    """Give ln E against "the rate is at most `limit`" by stake, (..., 16), of rows that had a label by known chance.

    `wrong`, `right` (..., kinds) count the labelled rows of the class whose `probability` (kinds,) of being labelled
    is the same; the kinds are added up. ln E_j is the sum over rows of ln(1 + l_j (x - L) / pi), l_j = .95 g_j pi_min /
    L (inverse probability weighting as Horvitz and Thompson 1952, as a bet). `least` (...) is pi_min where it is known
    of more rows than these. ValueError unless every probability is in (0, 1], `least` is at most that of each row, and
    `limit` inside (0, 1).
    """
    chance = np.atleast_1d(np.asarray(probability, dtype=np.float64))
    k, other = (np.asarray(one, dtype=np.float64) for one in (wrong, right))
    some = k + other > 0
    found = np.where(some, chance, 1.0).min(axis=-1, initial=1.0)
    smallest = found if least is None else np.asarray(least, dtype=np.float64)
    if not ((chance > 0) & (chance <= 1)).all() or not ((smallest > 0) & (smallest <= found)).all():
        raise ValueError("a probability of being labelled lies above 0, is at most 1, and at least the smallest")
    k, _, at = _checked(k, k + other, np.expand_dims(np.asarray(limit, dtype=np.float64), -1))
    # Kinds without rows bet nothing, whatever their probability.
    odds = np.where(some, np.expand_dims(smallest, -1) / chance, 0.0)
    share = WEIGHED_STAKES * odds[..., np.newaxis]
    terms = k * np.log1p(share * (1 - at) / at) + other[..., np.newaxis] * np.log1p(-share)
    summed: Floats = terms.sum(axis=-2)
    return summed


def average(terms: Floats) -> Floats:
    """Average e-values over their last axis, in logarithms; -inf where all of them are 0."""
    top = terms.max(axis=-1)
    safe = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        averaged: Floats = safe + np.log(np.exp(terms - safe[..., np.newaxis]).mean(axis=-1))
    return averaged


def log_e_above(wrong: Numbers, rows: Numbers, limit: float, bet: Terms = bet_on_rows) -> float:
    """Give ln E against "the rate is at most `limit`" of all windows (windows,) together; proven at ln(1 / alpha)."""
    return float(average(np.atleast_2d(bet(np.atleast_1d(wrong), np.atleast_1d(rows), limit)).sum(axis=0)))


def log_e_below(wrong: Numbers, rows: Numbers, limit: float, bet: Terms = bet_on_rows) -> float:
    """Give ln E against "the rate is at least `limit`"; the mirror image of `log_e_above`."""
    return log_e_above(np.subtract(rows, wrong), rows, 1.0 - limit, bet)


def _checked(wrong: Numbers, rows: Numbers, limit: Numbers) -> tuple[Floats, Floats, Floats]:
    """Give the columns with one axis more; ValueError on counts that cannot be, and on limits that prove nothing."""
    k, n, at = (np.asarray(one, dtype=np.float64)[..., np.newaxis] for one in (wrong, rows, limit))
    if not (np.isfinite(n).all() and (k >= 0).all() and (k <= n).all()):
        raise ValueError("counts must be whole numbers, none below 0 and none above the rows they are part of")
    if not ((at > 0) & (at < 1)).all():
        raise ValueError("a limit of a rate lies between 0 and 1, both excluded")
    return k, n, at

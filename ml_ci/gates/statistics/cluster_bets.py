"""Test a paired difference of clusters with e-values: one bet a cluster, valid at any time.

As `evalues`, whose bets are one a row: rows of one cluster lose or win together, so they are no bets of their own. A
cluster's bet is on the mean difference of its rows, and is as large as its share of the largest cluster that the
holdout had at the first look; a later, larger one counts as that. Only new clusters add evidence after a look.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ml_ci.gates.statistics.evalues import STAKES
from ml_ci.gates.statistics.roots import roots
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, Floats, checked_alpha, mirrored, outcome, undecided

METHOD = "anytime"
_EDGE = 1.0 - 1e-12


@dataclass(frozen=True, slots=True)
class Bets:
    """The clusters that are alike, as arrays (kinds,): the size of a bet in [0, 1], its mean difference, the number."""

    sizes: Floats
    differences: Floats
    numbers: Floats

    def turned(self) -> Bets:
        """Give the bets on baseline minus candidate."""
        return Bets(self.sizes, -self.differences, self.numbers)


def place(
    distinct: Iterable[tuple[Sequence[float], int]],
    scores: Sequence[float],
    cells: Collection[int],
    largest: float,
) -> Bets:
    """Bet on the clusters given as different cells with their number; see `evaluation.clusters.Moments.distinct`.

    `scores` by cell are 1 where only the candidate adds a row, -1 where only the baseline, `largest` is the weight at
    which a bet is full. Clusters without rows in `cells` are no bets.
    """
    kept = sorted(cells)
    pairs = list(distinct)
    table = np.array([cluster for cluster, _ in pairs], dtype=np.float64).reshape(-1, 8)
    numbers = np.array([number for _, number in pairs], dtype=np.float64)
    weights = table[:, kept].sum(axis=1)
    there = weights > 0
    sums = table[:, kept] @ np.asarray(scores, dtype=np.float64)[kept]
    sizes = np.minimum(weights[there] / largest, 1.0)
    return Bets(sizes, np.clip(sums[there] / weights[there], -1.0, 1.0), numbers[there])


def log_e_pass(bets: Bets, margin: float) -> float:
    """Give ln E against "the difference is above `margin`"; proven at ln(1 / alpha). `margin` inside (-1, 1)."""
    return _log_average(_terms(bets, margin))


def p_above(bets: Bets, margin: float) -> float:
    """Give 1 / E, at most 1: the p-value against "the difference is above `margin`", valid at any time."""
    if not abs(margin) < 1.0:
        return 0.0 if margin >= 1.0 else 1.0
    return math.exp(-max(log_e_pass(bets, margin), 0.0))


def upper(bets: Bets, alpha: float) -> float:
    """Bound the difference from above: the margin at which E reaches 1 / alpha; 1 where none does."""
    wanted = -math.log(alpha)

    def missing(m: Floats) -> Floats:
        return np.array([wanted - log_e_pass(bets, float(one)) for one in m])

    # At the mean of the bets none has won (ln(1 + x) <= x), so that the bound lies above it.
    measured = float(np.average(bets.differences, weights=bets.sizes * bets.numbers))
    low = np.array([min(max(measured, -_EDGE), _EDGE)])
    found = float(roots(missing, low, np.array([_EDGE]), tolerance=1e-9)[0])
    return 1.0 if found >= 1.0 - 1e-8 else found


def difference_at_most(bets: Bets, margin: float, alpha: float) -> Evidence:
    """Judge `candidate - baseline <= margin` at one-sided `alpha`; its needs are left to `times_more`."""
    checked_alpha(alpha)
    if not len(bets.numbers):
        return undecided(METHOD, "no rows: the difference is undefined")
    p_pass = p_above(bets, margin)
    p_fail = 1.0 if margin >= 1.0 else p_above(bets.turned(), -margin)
    low, high = -upper(bets.turned(), alpha), upper(bets, alpha)
    return Evidence(outcome(p_pass, p_fail, alpha), low, high, p_pass, p_fail, None, METHOD)


def difference_at_least(bets: Bets, margin: float, alpha: float) -> Evidence:
    """Judge `candidate - baseline >= margin`: with the two swapped, the difference is at most `-margin`."""
    return mirrored(difference_at_most(bets.turned(), -margin, alpha))


def times_more(bets: Bets, margin: float, alpha: float) -> float | None:
    """Estimate how many times the clusters, alike, prove `difference <= margin`; None where no number of them does."""
    if not abs(margin) < 1.0 or not len(bets.numbers):
        return None
    terms, wanted = _terms(bets, margin), -math.log(alpha)
    if not terms.max() > 0:
        return None

    def missing(times: Floats) -> Floats:
        return np.array([wanted - _log_average(terms * float(one)) for one in times])

    low, high = np.array([0.0]), np.array([1.0])
    while missing(high)[0] > 0 and high[0] < 2 * NEEDS_CAP:
        low, high = high, 2 * high
    return float(roots(missing, low, high, tolerance=1e-6)[0])


def _terms(bets: Bets, margin: float) -> Floats:
    """Give the sum of the logarithms of all bets, by stake."""
    stakes = STAKES[:, np.newaxis] / (1 - margin)
    summed: Floats = np.log1p(-stakes * bets.sizes * (bets.differences - margin)) @ bets.numbers
    return summed


def _log_average(terms: Floats) -> float:
    top = float(terms.max())
    return top + math.log(float(np.exp(terms - top).mean()))

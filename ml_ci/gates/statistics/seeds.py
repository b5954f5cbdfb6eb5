"""Judge the procedure instead of one artifact: the same seeds for candidate and baseline, a paired t bound."""

from __future__ import annotations

import math

import numpy as np

from ml_ci.gates.statistics.special import stdtr, stdtrit
from ml_ci.gates.statistics.values import Evidence, Numbers, checked_alpha, columns, mirrored, undecided

METHOD = "seeds"
LEAST_SEEDS = 5


def difference_at_most(differences: Numbers, margin: float, alpha: float) -> Evidence:
    """Judge `mean(candidate - baseline) < margin` over k >= 5 seeds, paired by seed.

    Passes where mean + t_{k-1, alpha} s / sqrt(k) < margin (Student 1908). Inconclusive with a reason: fewer than
    five seeds, or a difference that is undefined (NaN) for one of them. If no seed makes a difference (s = 0) the
    mean itself is compared.
    """
    (values,) = columns(differences)
    checked_alpha(alpha)
    if math.isnan(margin):
        raise ValueError("a margin must not be NaN")
    if not np.isfinite(values).all():
        return undecided(METHOD, "the difference is undefined for at least one seed")
    if len(values) < LEAST_SEEDS:
        return undecided(METHOD, f"{len(values)} seeds are too few to tell luck from skill; at least {LEAST_SEEDS}")
    return _evidence(float(values.mean()), float(values.std(ddof=1)), len(values), margin, alpha)


def difference_at_least(differences: Numbers, margin: float, alpha: float) -> Evidence:
    """Judge `mean(candidate - baseline) > margin`; see `difference_at_most`."""
    return mirrored(difference_at_most(-columns(differences)[0], -margin, alpha))


def _evidence(mean: float, spread: float, seeds: int, margin: float, alpha: float) -> Evidence:
    error = spread / math.sqrt(seeds)
    reach = float(stdtrit(seeds - 1, 1 - alpha)) * error
    low, high = mean - reach, mean + reach
    if error == 0.0:
        p_pass = 0.0 if mean < margin else 1.0
        p_fail = 0.0 if mean > margin else 1.0
    else:
        p_pass = float(stdtr(seeds - 1, (mean - margin) / error))
        p_fail = float(stdtr(seeds - 1, (margin - mean) / error))
    if high < margin:
        return Evidence("pass", low, high, p_pass, p_fail, None, METHOD)
    return Evidence("fail" if low > margin else "inconclusive", low, high, p_pass, p_fail, None, METHOD)

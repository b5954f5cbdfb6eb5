"""Turn replicates of a metric into evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from ml_ci.gates.statistics.values import Evidence, Floats, Outcome, checked_alpha, mirrored, outcome, undecided

METHOD = "bootstrap"

# A metric that so many of its resamples leave undefined is not known well enough to be judged.
MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class Replicates:
    """Hold a measured value and its resamples.

    `values` (replicates,) are NaN where the metric is undefined; so is `estimate`. `acceleration` corrects the bounds
    for skewness. `rows` are the rows of each class; `smooth` as in `weighted.ScoreMetric`: what rows without any
    spread may hide can then be bounded. `undefined` says why there is no estimate, or "". `cautious` takes the outer
    of the corrected and the plain bounds, for kinked metrics such as a worst slice. `method` names what drew them.
    """

    estimate: float
    values: Floats
    acceleration: float = 0.0
    rows: tuple[int, ...] = ()
    smooth: bool = False
    undefined: str = ""
    cautious: bool = False
    method: str = METHOD


def at_most(found: Replicates, limit: float, alpha: float) -> Evidence:
    """Judge `value <= limit` at one-sided `alpha`.

    Inconclusive with a reason: an undefined value, more than 5% of the resamples undefined, too few resamples for
    this alpha, no spread at all in a metric for which nothing bounds what the rows hide. Undefined resamples count
    against either outcome. ValueError on a NaN limit or alpha outside (0, 0.5).
    """
    checked_alpha(alpha)
    if math.isnan(limit):
        raise ValueError("a limit must not be NaN")
    reason = _unusable(found)
    if reason:
        return undecided(found.method, reason)
    if np.ptp(found.values[~np.isnan(found.values)]) <= 1e-12 * max(1.0, abs(found.estimate)):
        return _without_spread(found, limit, alpha)
    return _judged(found, limit, alpha)


def at_least(found: Replicates, limit: float, alpha: float) -> Evidence:
    """Judge `value >= limit` at one-sided `alpha`; see `at_most`."""
    turned = replace(found, estimate=-found.estimate, values=-found.values, acceleration=-found.acceleration)
    return mirrored(at_most(turned, -limit, alpha))


def _unusable(found: Replicates) -> str:
    if math.isnan(found.estimate):
        return found.undefined or "the metric is undefined on these rows"
    missing = int(np.isnan(found.values).sum())
    if missing > MOST_UNDEFINED * len(found.values) or missing == len(found.values):
        return f"the metric is undefined in {missing:,} of {len(found.values):,} resamples"
    return ""


def _without_spread(found: Replicates, limit: float, alpha: float) -> Evidence:
    """Bound what the rows hide: at most a share u = 1 - (alpha / classes)^(1 / n) of each class would differ."""
    if not found.smooth or not found.rows or min(found.rows) == 0:
        return undecided(found.method, "every resample gives the same value: these rows cannot show its spread")
    hidden = _hidden(found.rows, alpha)
    low, high = found.estimate - hidden, found.estimate + hidden
    p_pass, p_fail = _p_hidden(found.rows, limit - found.estimate), _p_hidden(found.rows, found.estimate - limit)
    return Evidence(outcome(p_pass, p_fail, alpha), low, high, p_pass, p_fail, None, found.method)


def _hidden(rows: tuple[int, ...], alpha: float) -> float:
    return sum(-math.expm1(math.log(alpha / len(rows)) / count) for count in rows)


def _p_hidden(rows: tuple[int, ...], room: float) -> float:
    """Give the smallest alpha at which the hidden share fits into `room`, by bisection on its logarithm."""
    low, high = -700.0, 0.0
    if not _hidden(rows, 1.0) <= room:
        return 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _hidden(rows, math.exp(middle)) <= room else (middle, high)
    return math.exp(high)


def _judged(found: Replicates, limit: float, alpha: float) -> Evidence:
    total = len(found.values) + 1
    above = np.sort(np.where(np.isnan(found.values), np.inf, found.values))
    below = np.sort(np.where(np.isnan(found.values), -np.inf, found.values))
    shapes = [(_bias(found), found.acceleration)]
    if found.cautious:
        shapes.append((0.0, 0.0))
    high = _nth(above, max(math.ceil(_level(1 - alpha, *shape) * total - 1e-9) for shape in shapes))
    low = _nth(below, min(math.floor(_level(alpha, *shape) * total + 1e-9) for shape in shapes))
    share_high = np.searchsorted(above, limit, "right") / total
    share_low = (np.searchsorted(below, limit, "right") + 1) / total
    p_pass = max(1 - _confidence(float(share_high), *shape) for shape in shapes)
    p_fail = max(_confidence(float(share_low), *shape) for shape in shapes)
    decided: Outcome = "pass" if high is not None and high <= limit else "inconclusive"
    decided = "fail" if low is not None and low > limit else decided
    missing = low is None or high is None
    reason = f"{len(found.values):,} resamples are too few for a level of {alpha:.2g}" if missing else ""
    return Evidence(decided, low, high, p_pass, p_fail, None, found.method, reason)


def _bias(found: Replicates) -> float:
    """Give z0: how far the measured value lies from the middle of its resamples, in standard normal units."""
    values = found.values[~np.isnan(found.values)]
    share = ((values < found.estimate).sum() + 0.5 * (values == found.estimate).sum()) / len(values)
    return float(ndtri(min(max(share, 0.5 / len(values)), 1 - 0.5 / len(values))))


def _level(confidence: float, bias: float, acceleration: float) -> float:
    """Give the quantile of the resamples that bounds the value at this confidence (Efron 1987)."""
    moved = bias + float(ndtri(confidence))
    slope = 1 - acceleration * moved
    # Beyond the pole of the transformation no quantile is far enough.
    return float(ndtr(bias + moved / slope)) if slope > 0 else float(moved > 0)


def _confidence(level: float, bias: float, acceleration: float) -> float:
    """Give the confidence at which the quantile of the resamples at `level` bounds the value; inverts `_level`."""
    if not 0.0 < level < 1.0:
        return float(level >= 1.0)
    moved = float(ndtri(level)) - bias
    slope = 1 + acceleration * moved
    return float(ndtr(moved / slope - bias)) if slope > 0 else float(moved > 0)


def _nth(ordered: Floats, rank: int) -> float | None:
    """Give the value of this rank, from 1; None where the resamples do not reach so far or it is undefined."""
    if not 1 <= rank <= len(ordered):
        return None
    value = float(ordered[rank - 1])
    return value if math.isfinite(value) else None

"""Turn replicates of a metric into evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ml_ci.gates.statistics.special import ndtr, ndtri, stdtrit
from ml_ci.gates.statistics.values import Evidence, Floats, Outcome, checked_alpha, mirrored, outcome, undecided

METHOD = "bootstrap"

# A metric that so many of its resamples leave undefined is not known well enough to be judged.
MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class Replicates:
    """Hold a measured value and its resamples.

    `values` (replicates,) are NaN where the metric is undefined; so is `estimate`. `acceleration` corrects the bounds
    for skewness. `rows` are the independent rows of each class; `smooth` as in `weighted.ScoreMetric`: what rows
    without any spread may hide can then be bounded. `undefined` says why there is no estimate, or "". `cautious` takes
    the outer of corrected, plain and mirrored bounds, for kinked metrics such as a worst slice. `method` names what
    drew them.
    """

    estimate: float
    values: Floats
    acceleration: float = 0.0
    rows: tuple[float, ...] = ()
    smooth: bool = False
    undefined: str = ""
    cautious: bool = False
    method: str = METHOD


def widened(found: Replicates, independent: float, rows: float, alpha: float) -> Replicates:
    """Widen resamples of clusters about the measured value, for rows that count as fewer `independent` ones.

    Few clusters resample their own spread as too small: Student's t of one less than them stands for the normal, and
    so it would for that many `rows`, which makes no difference where each row is its own cluster.
    """
    if independent <= 1:
        return replace(found, estimate=math.nan, undefined="all rows count as one: nothing tells how it spreads")
    factor = reach(independent, alpha) / reach(rows, alpha)
    return replace(found, values=found.estimate + (found.values - found.estimate) * factor)


def reach(rows: float, alpha: float) -> float:
    """Give how far a bound of a mean of so many rows, more than one, lies off it in standard errors."""
    return float(stdtrit(rows - 1, 1 - alpha)) * math.sqrt(rows / (rows - 1))


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
    return _judge(found, limit, alpha)


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
    hidden = _hide(found.rows, alpha)
    low, high = found.estimate - hidden, found.estimate + hidden
    p_pass, p_fail = _p_hidden(found.rows, limit - found.estimate), _p_hidden(found.rows, found.estimate - limit)
    return Evidence(outcome(p_pass, p_fail, alpha), low, high, p_pass, p_fail, None, found.method)


def _hide(rows: tuple[float, ...], alpha: float) -> float:
    return sum(-math.expm1(math.log(alpha / len(rows)) / count) for count in rows)


def _p_hidden(rows: tuple[float, ...], room: float) -> float:
    """Give the smallest alpha at which the hidden share fits into `room`, by bisection on its logarithm."""
    low, high = -700.0, 0.0
    if not _hide(rows, 1.0) <= room:
        return 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _hide(rows, math.exp(middle)) <= room else (middle, high)
    return math.exp(high)


def _judge(found: Replicates, limit: float, alpha: float) -> Evidence:
    ordered = _Ordered.of(found.values)
    sides = [_correct(ordered, (_bias(found), found.acceleration), limit, alpha)]
    if found.cautious:
        sides.append(_correct(ordered, (0.0, 0.0), limit, alpha))
        sides.append(_reflect(ordered, found.estimate, limit, alpha))
    low, high = min(side.low for side in sides), max(side.high for side in sides)
    p_pass, p_fail = max(side.p_pass for side in sides), max(side.p_fail for side in sides)
    decided: Outcome = "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    known = math.isfinite(low) and math.isfinite(high)
    defined = int(np.isfinite(found.values).sum())
    reason = "" if known else f"{defined:,} defined resamples are too few for a level of {alpha:.2g}"
    return Evidence(decided, _finite(low), _finite(high), p_pass, p_fail, None, found.method, reason)


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Hold the resamples from low to high, the undefined ones at the end that is against the outcome."""

    for_low: Floats
    for_high: Floats

    @classmethod
    def of(cls, values: Floats) -> _Ordered:
        undefined = np.isnan(values)
        return cls(np.sort(np.where(undefined, -np.inf, values)), np.sort(np.where(undefined, np.inf, values)))

    def lower(self, level: float) -> float:
        """Give the quantile at `level`, rounded outwards; -inf where the resamples do not reach so far."""
        rank = math.floor(level * (len(self.for_low) + 1) + 1e-9)
        return float(self.for_low[rank - 1]) if rank >= 1 else -math.inf

    def upper(self, level: float) -> float:
        """Give the quantile at `level`, rounded outwards; inf where the resamples do not reach so far."""
        rank = max(math.ceil(level * (len(self.for_high) + 1) - 1e-9), 1)
        return float(self.for_high[rank - 1]) if rank <= len(self.for_high) else math.inf

    def level_of_lower(self, value: float) -> float:
        """Give the smallest level whose `lower` is above `value`."""
        return (int(np.searchsorted(self.for_low, value, "right")) + 1) / (len(self.for_low) + 1)

    def level_of_upper(self, value: float) -> float:
        """Give the largest level whose `upper` is at most `value`."""
        return int(np.searchsorted(self.for_high, value, "right")) / (len(self.for_high) + 1)


@dataclass(frozen=True, slots=True)
class _Side:
    low: float
    high: float
    p_pass: float
    p_fail: float


def _correct(ordered: _Ordered, shape: tuple[float, float], limit: float, alpha: float) -> _Side:
    """Bound by quantiles of the resamples, moved for bias and skewness (BCa; with zeros, plain percentiles)."""
    low = ordered.lower(_level(alpha, *shape))
    high = ordered.upper(_level(1 - alpha, *shape))
    p_pass = 1 - _confidence(ordered.level_of_upper(limit), *shape)
    return _Side(low, high, p_pass, _confidence(ordered.level_of_lower(limit), *shape))


def _reflect(ordered: _Ordered, estimate: float, limit: float, alpha: float) -> _Side:
    """Bound by the quantiles' mirror images at the estimate: the basic bootstrap (Davison and Hinkley 1997, 5.2)."""
    image = 2 * estimate - limit
    low, high = 2 * estimate - ordered.upper(1 - alpha), 2 * estimate - ordered.lower(alpha)
    return _Side(low, high, ordered.level_of_lower(image), 1 - ordered.level_of_upper(image))


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


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

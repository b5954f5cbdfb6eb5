"""Judge one rate against a limit: Clopper and Pearson's exact bounds (1934), one-sided."""

from __future__ import annotations

import math

import numpy as np

from ml_ci.gates.statistics.special import betainc, betaincinv, ndtri
from ml_ci.gates.statistics.values import (
    POWER,
    Evidence,
    Floats,
    Numbers,
    checked_alpha,
    checked_counts,
    checked_limits,
    checked_parts,
    columns,
    mirrored,
    outcome,
    squared_ratio,
    undecided,
    whole_rows,
)

METHOD = "clopper-pearson"

# Stands for more rows than anybody has, where a limit is next to 0.
MOST_ROWS = 10**15


def upper(errors: Numbers, rows: Numbers, alpha: float) -> Floats:
    """Bound each rate from above at one-sided `alpha`; 1 where every row errs, and where there are no rows."""
    x, n = columns(errors, rows)
    free = x < n
    return np.where(free, betaincinv(x + 1, np.where(free, n - x, 1.0), 1.0 - alpha), 1.0)


def lower(errors: Numbers, rows: Numbers, alpha: float) -> Floats:
    """Bound each rate from below at one-sided `alpha`; 0 where no row errs, and where there are no rows."""
    x, n = columns(errors, rows)
    some = x > 0
    return np.where(some, betaincinv(np.where(some, x, 1.0), n - x + 1, alpha), 0.0)


def at_or_below(errors: Floats, rows: Floats, rate: Floats) -> Floats:
    """Give P(X <= errors) of a binomial with this true rate; the p-value against "the rate is above"."""
    free = errors < rows
    inside = betainc(np.where(free, rows - errors, 1.0), errors + 1, 1.0 - np.minimum(np.maximum(rate, 0.0), 1.0))
    return np.where(free, inside, 1.0)


def at_or_above(errors: Floats, rows: Floats, rate: Floats) -> Floats:
    """Give P(X >= errors) of a binomial with this true rate; the p-value against "the rate is at most this"."""
    some = errors > 0
    inside = betainc(np.where(some, errors, 1.0), rows - errors + 1, np.minimum(np.maximum(rate, 0.0), 1.0))
    return np.where(some, inside, 1.0)


def rates_at_most(
    errors: Numbers, rows: Numbers, limit: Numbers, alpha: float, *, effective: bool = False
) -> tuple[Evidence, ...]:
    """Judge `errors / rows <= limit`, one evidence per element.

    No rows: inconclusive. A limit of 1 or more always holds, a negative one never does, and 0 can be refuted but
    never proven. `effective` counts are in independent rows (see `design_effect`), and need not be whole. ValueError
    on impossible counts, NaN, or alpha outside (0, 0.5).
    """
    x, n, limits = columns(errors, rows, limit)
    (checked_parts if effective else checked_counts)(n, x)
    checked_limits(limits)
    checked_alpha(alpha)
    p_pass = np.where(limits >= 1.0, 0.0, np.where(limits < 0.0, 1.0, at_or_below(x, n, limits)))
    p_fail = np.where(limits < 0.0, 0.0, np.where(limits >= 1.0, 1.0, at_or_above(x, n, limits)))
    table = zip(x, n, limits, lower(x, n, alpha), upper(x, n, alpha), p_pass, p_fail, strict=True)
    return tuple(_evidence(*(float(value) for value in row), alpha=alpha) for row in table)


def at_most(errors: int, rows: int, limit: float, alpha: float) -> Evidence:
    """Judge `errors / rows <= limit` at one-sided `alpha`; see `rates_at_most`."""
    return rates_at_most(errors, rows, limit, alpha)[0]


def rates_at_least(
    hits: Numbers, rows: Numbers, limit: Numbers, alpha: float, *, effective: bool = False
) -> tuple[Evidence, ...]:
    """Judge `hits / rows >= limit`: the misses, `rows - hits`, are at most `1 - limit`."""
    x, n, limits = columns(hits, rows, limit)
    misses = np.maximum(n - x, 0.0) if effective else n - x
    return tuple(mirrored(found, 1.0) for found in rates_at_most(misses, n, 1.0 - limits, alpha, effective=effective))


def at_least(hits: int, rows: int, limit: float, alpha: float) -> Evidence:
    """Judge `hits / rows >= limit` at one-sided `alpha`; see `rates_at_least`."""
    return rates_at_least(hits, rows, limit, alpha)[0]


def rows_without_errors(limit: float, alpha: float) -> int | None:
    """Give the rows that prove `limit` when none of them errs: ceil(ln alpha / ln(1 - limit)); None for limit <= 0."""
    if not limit > 0.0:
        return None
    return 1 if limit >= 1.0 else max(1, math.ceil(min(math.log(alpha) / math.log1p(-limit), MOST_ROWS)))


def smallest_limit(rows: float, alpha: float) -> float | None:
    """Give the smallest limit that so many rows can prove, without an error in them; None without rows."""
    return None if rows <= 0 else -math.expm1(math.log(alpha) / rows)


def further_rows(errors: float, rows: float, limit: float, alpha: float, power: float = POWER) -> int | None:
    """Estimate how many more rows prove the limit with `power`, if the measured rate is the true one.

    None where the measured rate is not below the limit. Normal approximation, never below the rows that prove the
    limit without an error.
    """
    floor = rows_without_errors(limit, alpha)
    rate = errors / rows if rows else 0.0
    if floor is None or not rate < limit:
        return None
    if limit >= 1.0:
        return 1
    spread = -ndtri(alpha) * math.sqrt(limit * (1 - limit)) + ndtri(power) * math.sqrt(rate * (1 - rate))
    wanted = max(float(floor), squared_ratio(float(spread), limit - rate) if rate else 0.0)
    return whole_rows(wanted - rows)


def _evidence(
    x: float, n: float, limit: float, low: float, high: float, p_pass: float, p_fail: float, *, alpha: float
) -> Evidence:
    if n == 0:
        return undecided(METHOD, "no rows: the rate is undefined", further_rows(0, 0, limit, alpha))
    decided = outcome(p_pass, p_fail, alpha)
    needs = further_rows(x, n, limit, alpha) if decided == "inconclusive" else None
    return Evidence(decided, low, high, p_pass, p_fail, needs, METHOD)

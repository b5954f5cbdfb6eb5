"""Plan rows: the fewest that could prove a margin, those of a planned power, and how many more would decide."""

from __future__ import annotations

import math

import numpy as np

from ml_ci.gates.statistics import evalues, limits, tango
from ml_ci.gates.statistics.roots import roots
from ml_ci.gates.statistics.special import ndtri
from ml_ci.gates.statistics.values import NEEDS_CAP, POWER, Floats, checked_alpha, columns, squared_ratio, whole_rows
from ml_ci.spec.values import Method

# Below either of these the score statistic's normal approximation is not trusted: the exact method stands in.
SCORE_ROWS = 100
SCORE_ALPHA = 0.001


def smallest_rows(margin: float, alpha: float) -> int | None:
    """Give the fewest rows that prove `margin` by the score test without a discordant row: ceil(z^2 (1 - m) / m).

    None for a margin of 0 or less: rows without a discordant one never prove an improvement.
    """
    if not margin > 0.0:
        return None
    z = float(ndtri(checked_alpha(alpha)))
    return 1 if margin >= 1.0 else max(1, math.ceil(min(z * z * (1 - margin) / margin, limits.MOST_ROWS) - 1e-9))


def smallest_margin(rows: float, alpha: float) -> float | None:
    """Give the smallest margin that the score test proves with so many rows, none discordant: z^2 / (n + z^2)."""
    if rows <= 0:
        return None
    z = float(ndtri(checked_alpha(alpha)))
    return z * z / (rows + z * z)


def provable_rows(margin: float, alpha: float, method: Method = "score") -> int | None:
    """Give the fewest rows with which `paired.difference_at_most` could pass at all; None for a margin <= 0.

    Unlike `smallest_rows` it knows that fewer than 100 rows are judged by the exact method, which asks for more.
    """
    if not margin > 0.0 or margin >= 1.0:
        return 1 if margin >= 1.0 else None
    if method == "anytime":
        return _anytime_rows(margin, alpha)
    by_exact = limits.rows_without_errors(margin, alpha / 2)
    if by_exact is None or method == "exact" or alpha < SCORE_ALPHA or by_exact < SCORE_ROWS:
        return by_exact
    return max(SCORE_ROWS, smallest_rows(margin, alpha) or SCORE_ROWS)


def provable_margin(rows: float, alpha: float, method: Method = "score") -> float | None:
    """Give the smallest margin with which `paired.difference_at_most` could pass on so many rows; None without rows."""
    if rows <= 0:
        return None
    if method == "anytime":
        return float(evalues.upper(0, 0, rows, alpha)[0])
    if method == "exact" or rows < SCORE_ROWS or alpha < SCORE_ALPHA:
        return limits.smallest_limit(rows, alpha / 2)
    return smallest_margin(rows, alpha)


def planned_rows(
    margin: float, discordance: float, difference: float, alpha: float, power: float = POWER
) -> int | None:
    """Give the rows with which the score test passes with `power` at this true difference and discordance.

    n = [(z_a sqrt(2 q0 + m (1 - m)) + z_b sqrt(psi - D^2)) / (m - D)]^2, with q0 Tango's restricted root at the
    expected shares. None where the true difference is not below the margin. ValueError unless |D| <= psi <= 1.
    """
    if not abs(difference) <= discordance <= 1.0:
        raise ValueError("the discordance must lie between the size of the difference and 1")
    if not difference < margin:
        return None
    share = columns((discordance + difference) / 2, (discordance - difference) / 2, 1.0, margin)
    under_null = math.sqrt(float(tango.variance(*share)[0]))
    under_truth = math.sqrt(max(discordance - difference**2, 0.0))
    spread = -ndtri(checked_alpha(alpha)) * under_null + ndtri(power) * under_truth
    return max(1, math.ceil(min(squared_ratio(float(spread), margin - difference), limits.MOST_ROWS)))


def further_rows(
    b: float,
    c: float,
    n: float,
    margin: float,
    alpha: float,
    method: Method = "score",
    power: float = POWER,
    *,
    statistic: float | None = None,
) -> int | None:
    """Estimate how many more rows prove the margin if the measured shares are the true ones, at most `NEEDS_CAP`.

    None where the measured difference is not below the margin: more rows are not expected to prove it. `score`:
    n ((z_alpha + z_power) / |T|)^2 - n; `exact` likewise with the wider spread of its two bounds; `anytime`: the
    rows at which the growth seen so far reaches ln(1 / alpha). `statistic` is `tango.statistic` where it is known.
    """
    if n <= 0:
        return provable_rows(margin, alpha, method)
    if method == "anytime":
        return _further_anytime(b, c, n, margin, alpha)
    statistic = float(tango.statistic(b, c, n, margin)[0]) if statistic is None else statistic
    if not statistic < 0.0:
        return None
    if method == "exact" or alpha < SCORE_ALPHA:
        return whole_rows(_exact_rows(b, c, n, margin, alpha, power) - n)
    wanted = n * squared_ratio(float(ndtri(power) - ndtri(alpha)), statistic)
    # Fewer than 100 rows are judged exactly; from there on it is the score method's turn.
    least = n if n >= SCORE_ROWS else min(SCORE_ROWS, _exact_rows(b, c, n, margin, alpha, power))
    return whole_rows(max(wanted, least) - n)


def _exact_rows(b: float, c: float, n: float, margin: float, alpha: float, power: float) -> float:
    columns_of_one = columns(b, c, n, margin)
    q = float(tango.restricted(*columns_of_one)[0])
    apart = math.sqrt(max(q + margin, 0.0)) + math.sqrt(q)
    spread = float(-ndtri(alpha / 2)) * apart + float(ndtri(power)) * math.sqrt(
        max((b + c) / n - ((b - c) / n) ** 2, 0.0)
    )
    return max(squared_ratio(spread, margin - (b - c) / n), provable_rows(margin, alpha, "exact") or 0.0, n + 1.0)


def _anytime_rows(margin: float, alpha: float) -> int:
    return whole_rows(_reach(0.0, 0.0, 1.0, margin, alpha))


def _further_anytime(b: float, c: float, n: float, margin: float, alpha: float) -> int | None:
    if not abs(margin) < 1.0 or not float(evalues.growth(b, c, n, margin)[0]) > 0.0:
        return None
    return whole_rows(_reach(b, c, n, margin, alpha) - n)


def _reach(b: float, c: float, n: float, margin: float, alpha: float) -> float:
    """Find the rows, at the shares seen, at which ln E reaches ln(1 / alpha)."""

    def missing(rows: Floats) -> Floats:
        scale = rows / n
        return -math.log(alpha) - evalues.log_e_pass(b * scale, c * scale, rows, margin)

    low, high = np.array([0.0]), np.array([max(n, 1.0)])
    while missing(high)[0] > 0 and high[0] < 2 * NEEDS_CAP:
        low, high = high, 2 * high
    return float(roots(missing, low, high, tolerance=1e-3)[0])

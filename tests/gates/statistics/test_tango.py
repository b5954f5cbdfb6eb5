from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar

from ml_ci.gates.statistics import tango

GOLDEN = [
    # b, c, n, m, T, upper, lower
    (4, 4, 500, 0.01, -1.556295, 0.010706, -0.010706),
    (20, 20, 2000, 0.01, -2.888482, 0.005367, -0.005367),
    (12, 9, 2000, 0.01, -3.031736, 0.005579, -0.002413),
    (35, 5, 2000, 0.01, 1.714430, 0.020738, 0.010194),
    (0, 0, 500, 0.01, -2.247333, 0.005382, -0.005382),
    (0, 0, 200, 0.01, -1.421338, 0.013347, -0.013347),
    (3, 1, 120, 0.05, -1.517680, 0.053761, -0.014531),
]


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 5000))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@pytest.mark.parametrize(("b", "c", "n", "m", "score", "high", "low"), GOLDEN)
def test_golden_values(b: int, c: int, n: int, m: float, score: float, high: float, low: float) -> None:
    assert tango.statistic(b, c, n, m)[0] == pytest.approx(score, abs=5e-7)
    assert tango.upper(b, c, n, 0.05)[0] == pytest.approx(high, abs=5e-7)
    assert tango.lower(b, c, n, 0.05)[0] == pytest.approx(low, abs=5e-7)


@pytest.mark.parametrize(
    ("table", "level", "low", "high"),
    [
        ((59, 6, 16, 80), 0.95, -0.124023, -0.005433),  # Fagerland et al., contingencytables
        ((1, 1, 7, 12), 0.95, -0.517232, -0.026003),  # ratesci
        ((4, 9, 3, 16), 0.95, -0.027090, 0.389697),  # Tango 1998
        ((43, 0, 1, 0), 0.90, -0.095662, 0.036517),  # Tango 1998
        ((53, 16, 8, 9), 0.95, -0.019659, 0.206911),  # Agresti and Min
    ],
)
def test_published_intervals(table: tuple[int, int, int, int], level: float, low: float, high: float) -> None:
    found = tango.bounds(table[1], table[2], sum(table), (1 - level) / 2)
    assert (found[0][0], found[1][0]) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_at_no_margin_it_is_mcnemar() -> None:
    score = tango.statistic(6, 16, 161, 0.0)[0]
    assert score == pytest.approx((6 - 16) / math.sqrt(22))
    assert 2 * norm.sf(abs(score)) == pytest.approx(0.033006, abs=5e-7)
    theirs = mcnemar([[59, 6], [16, 80]], exact=False, correction=False).pvalue
    assert 2 * norm.sf(abs(score)) == pytest.approx(theirs, rel=1e-9)
    assert mcnemar([[59, 6], [16, 80]], exact=True).pvalue == pytest.approx(0.052479, abs=5e-7)


@given(tables(), st.floats(-0.99, 0.99))
def test_the_restricted_share_maximises_the_likelihood(table: tuple[int, int, int], margin: float) -> None:
    b, c, n = table
    q = float(tango.restricted(*(np.array([float(v)]) for v in (*table, margin)))[0])
    assert max(0.0, -margin) - 1e-9 <= q <= (1 - margin) / 2 + 1e-9

    def log_likelihood(share: float) -> float:
        rest = 1 - 2 * share - margin
        terms = ((b, share + margin), (c, share), (n - b - c, rest))
        return sum(k * math.log(p) if p > 0 else -math.inf for k, p in terms if k)

    lowest, highest = max(0.0, -margin), (1 - margin) / 2
    others = [log_likelihood(x) for x in np.linspace(lowest, highest, 41)[1:-1]]
    inside = min(max(q, lowest), highest)
    assert log_likelihood(inside) >= max(others) - 1e-6 * n


@given(tables(), st.sampled_from([0.1, 0.05, 0.01, 1e-4]))
def test_bounds_solve_their_equation_and_swapping_mirrors_them(table: tuple[int, int, int], alpha: float) -> None:
    b, c, n = table
    low, high = (float(ends[0]) for ends in tango.bounds(b, c, n, alpha))
    z = -float(ndtri(alpha))
    if low > -1 and high < 1:
        assert tango.statistic(b, c, n, high)[0] == pytest.approx(-z, abs=1e-3)
        assert tango.statistic(b, c, n, low)[0] == pytest.approx(z, abs=1e-3)
    assert -1 <= low <= (b - c) / n <= high <= 1
    swapped = tango.bounds(c, b, n, alpha)
    assert (swapped[0][0], swapped[1][0]) == (pytest.approx(-high, abs=1e-9), pytest.approx(-low, abs=1e-9))


@given(st.lists(tables(), min_size=1, max_size=4), st.sampled_from([0.1, 0.05, 1e-4]))
def test_a_few_have_the_bounds_that_they_have_among_many_to_the_bit(
    few: list[tuple[int, int, int]], alpha: float
) -> None:
    corners = [(0, 0, 0), (0, 0, 50), (50, 0, 50), (0, 50, 50), (1, 49, 50), (2.5, 0.5, 33.3)]
    for some in (few, corners[:3], corners[3:]):
        many = [*some, (3, 4, 500), (12, 9, 2000), (1, 1, 2), (7, 0, 9), (0, 3, 100)]
        alone, among = (tango.bounds(*zip(*cases, strict=True), alpha) for cases in (some, many))
        assert [ends.tolist() for ends in alone] == [ends[: len(some)].tolist() for ends in among]


@given(tables(), st.floats(-0.999, 0.999), st.floats(-0.999, 0.999))
def test_a_wider_margin_is_never_harder(table: tuple[int, int, int], one: float, other: float) -> None:
    narrow, wide = sorted((one, other))
    at_narrow, at_wide = tango.statistic(*table, narrow)[0], tango.statistic(*table, wide)[0]
    assert math.isnan(at_narrow) or math.isnan(at_wide) or at_wide <= at_narrow + 1e-6 * (1 + abs(at_narrow))


@pytest.mark.parametrize("n", [1, 7, 100, 10_000_000])
def test_without_discordant_rows_the_bounds_are_closed(n: int) -> None:
    z = float(ndtri(0.95))
    low, high = tango.bounds(0, 0, n, 0.05)
    assert (high[0], low[0]) == (pytest.approx(z * z / (n + z * z)), pytest.approx(-z * z / (n + z * z)))


@pytest.mark.parametrize("n", [1, 5, 100, 2000])
def test_where_every_row_is_discordant_one_way(n: int) -> None:
    z = float(ndtri(0.95))
    low, high = tango.bounds(n, 0, n, 0.05)
    assert high[0] == pytest.approx(1.0, abs=1e-9)
    assert low[0] == pytest.approx((n - z * z) / (n + z * z))


@pytest.mark.parametrize(
    ("b", "c", "n", "m"), [(0, 0, 0, 0.01), (0, 0, 50, 0.0), (50, 0, 50, 1.0), (0, 50, 50, -1.0), (0, 0, 0, 2.0)]
)
def test_zero_over_zero_is_nan(b: int, c: int, n: int, m: float) -> None:
    assert math.isnan(tango.statistic(b, c, n, m)[0])


def test_margins_that_no_difference_reaches() -> None:
    assert tango.statistic([3, 3], [1, 1], 50, [1.5, -1.5]).tolist() == [-math.inf, math.inf]
    assert tango.statistic(3, 1, 50, 1.0)[0] == -math.inf
    assert tango.statistic(3, 1, 50, -1.0)[0] == math.inf


def test_no_rows_bound_nothing() -> None:
    low, high = tango.bounds(0, 0, 0, 0.05)
    assert (low[0], high[0]) == (-1.0, 1.0)


def test_ten_million_rows() -> None:
    low, high = tango.bounds(51_000, 50_000, 10_000_000, 0.05)
    error = math.sqrt(101_000) / 10_000_000 * 1.6448536
    assert (low[0], high[0]) == (pytest.approx(0.0001 - error, rel=1e-3), pytest.approx(0.0001 + error, rel=1e-3))

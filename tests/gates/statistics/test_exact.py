from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from ml_ci.gates.statistics import exact


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 2000))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@given(tables(), st.sampled_from([0.1, 0.05, 0.01, 1e-6]))
def test_bounds_are_two_clopper_pearson_bounds(table: tuple[int, int, int], alpha: float) -> None:
    b, c, n = table
    of_b = proportion_confint(b, n, alpha=alpha, method="beta")
    of_c = proportion_confint(c, n, alpha=alpha, method="beta")
    low, high = exact.bounds(b, c, n, alpha)
    assert high[0] == pytest.approx(of_b[1] - of_c[0], abs=1e-9)
    assert low[0] == pytest.approx(of_b[0] - of_c[1], abs=1e-9)


@given(tables(), st.floats(-0.9, 0.9))
def test_the_p_value_is_the_level_at_which_the_bound_meets_the_margin(
    table: tuple[int, int, int], margin: float
) -> None:
    p = float(exact.p_above(*table, margin)[0])
    if 1e-9 < p < 0.49:
        assert exact.upper(*table, p)[0] == pytest.approx(margin, abs=1e-7)
    elif p >= 0.49:
        assert exact.upper(*table, 0.48)[0] >= margin - 1e-9
    else:
        assert exact.upper(*table, 2e-9)[0] <= margin


def test_margins_that_no_difference_reaches() -> None:
    assert exact.p_above([3, 3, 3], [1, 1, 1], 50, [1.0, 2.0, -1.5]).tolist() == [0.0, 0.0, 1.0]


def test_no_rows_show_nothing() -> None:
    assert exact.p_above(0, 0, 0, 0.5)[0] == 1.0
    assert (exact.lower(0, 0, 0, 0.05)[0], exact.upper(0, 0, 0, 0.05)[0]) == (-1.0, 1.0)


@pytest.mark.parametrize(("b", "c", "m"), [(0, 0, 0.0), (30, 0, 0.2), (0, 30, -0.9), (5, 5, 0.05), (1, 12, -0.1)])
def test_it_holds_its_level_at_thirty_rows(b: int, c: int, m: float) -> None:
    """Over all tables of 30 rows, at truths whose difference is `m`, a wrong pass is at most alpha."""
    n = 30
    more, less = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
    kept = more + less <= n
    more, less = more[kept], less[kept]
    proven = exact.p_above(more, less, n, m) <= 0.05
    log_ways = np.array(
        [
            math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(y + 1) - math.lgamma(n - x - y + 1)
            for x, y in zip(more, less, strict=True)
        ]
    )
    for q in np.linspace(max(0.0, -m) + 1e-6, (1 - m) / 2 - 1e-6, 15):
        chance = np.exp(
            log_ways
            + more * math.log(max(q + m, 1e-300))
            + less * math.log(q)
            + (n - more - less) * math.log(1 - 2 * q - m)
        )
        assert chance.sum() == pytest.approx(1.0, abs=1e-6)
        assert chance[proven].sum() <= 0.05
    assert exact.upper(b, c, n, 0.05)[0] >= (b - c) / n

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import evalues


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 5000))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@pytest.mark.parametrize(
    ("b", "c", "n", "m", "log_e"),
    [(20, 20, 2000, 0.01, 3.210356), (10, 10, 2000, 0.01, 5.788256), (0, 0, 500, 0.01, 2.812734)],
)
def test_golden_evidence_for_a_pass(b: int, c: int, n: int, m: float, log_e: float) -> None:
    assert evalues.log_e_pass(b, c, n, m)[0] == pytest.approx(log_e, abs=5e-7)


def test_golden_evidence_for_a_fail() -> None:
    assert evalues.log_e_pass(5, 35, 2000, -0.01)[0] == pytest.approx(0.797576, abs=5e-7)


def _literally(b: int, c: int, n: int, m: float, sign: int) -> float:
    """The reference's formulas, multiplied out row by row."""
    stakes = 0.95 * np.geomspace(0.05, 1, 12) / (1 - sign * m)
    product = (1 - sign * stakes * (1 - m)) ** b * (1 + sign * stakes * (1 + m)) ** c
    return float(np.mean(product * (1 + sign * stakes * m) ** (n - b - c)))


@pytest.mark.parametrize("table", [(3, 1, 40), (0, 0, 90), (7, 9, 30), (2, 12, 60)])
@pytest.mark.parametrize("m", [-0.2, -0.01, 0.0, 0.05, 0.5])
def test_it_is_the_formula(table: tuple[int, int, int], m: float) -> None:
    assert math.exp(evalues.log_e_pass(*table, m)[0]) == pytest.approx(_literally(*table, m, 1))
    b, c, n = table
    assert math.exp(evalues.log_e_pass(c, b, n, -m)[0]) == pytest.approx(_literally(*table, m, -1))


@pytest.mark.parametrize("m", [-0.1, 0.0, 0.01, 0.3])
def test_a_fair_bet_gains_nothing_on_average(m: float) -> None:
    """On the border, E[E] of one row is exactly 1, whatever the discordance: what makes it valid at any time."""
    for less in (max(0.0, -m), (1 - m) / 2, (max(0.0, -m) + (1 - m) / 2) / 2):
        chances = {(1, 0): less + m, (0, 1): less, (0, 0): 1 - 2 * less - m}
        mean = sum(p * math.exp(evalues.log_e_pass(b, c, 1, m)[0]) for (b, c), p in chances.items())
        assert mean == pytest.approx(1.0)


@given(tables(), st.sampled_from([0.1, 0.05, 0.001]))
def test_bounds_meet_the_threshold_and_swapping_mirrors_them(table: tuple[int, int, int], alpha: float) -> None:
    b, c, n = table
    low, high = (float(ends[0]) for ends in evalues.bounds(b, c, n, alpha))
    assert -1 <= low <= (b - c) / n <= high <= 1
    if high < 0.999:
        assert evalues.log_e_pass(b, c, n, high)[0] == pytest.approx(-math.log(alpha), abs=1e-4)
    swapped = evalues.bounds(c, b, n, alpha)
    assert (swapped[0][0], swapped[1][0]) == (pytest.approx(-high, abs=1e-9), pytest.approx(-low, abs=1e-9))


def test_margins_that_no_difference_reaches() -> None:
    assert evalues.p_above([3, 3, 3], [1, 1, 1], 50, [1.0, 2.0, -1.0]).tolist() == [0.0, 0.0, 1.0]


def test_no_rows_show_nothing() -> None:
    assert evalues.log_e_pass(0, 0, 0, 0.01)[0] == 0.0
    assert evalues.p_above(0, 0, 0, 0.01)[0] == 1.0
    assert (evalues.lower(0, 0, 0, 0.05)[0], evalues.upper(0, 0, 0, 0.05)[0]) == (-1.0, 1.0)


def test_millions_of_rows_do_not_overflow() -> None:
    assert evalues.log_e_pass(0, 100_000, 10_000_000, 0.01)[0] > 1000
    assert evalues.p_above(100_000, 0, 10_000_000, 0.001)[0] == 1.0

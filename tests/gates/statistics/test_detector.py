from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import detector, limits, rates
from ml_ci.gates.statistics.rates import bet_on_rows, bet_on_windows
from ml_ci.gates.statistics.values import Floats

WINDOWS = [10, 8, 12, 18, 20, 17, 19]
ROWS = [-1.943198, -1.756812, -0.820025, 1.934608, 5.814746, 7.854431, 11.315506]
OBSERVED = [0, 0.639573, 1.111971, 1.587528, 2.041354, 2.391330, 2.794531]


def follow(wrong: list[int], rows: list[int], limit: float, bet: rates.Terms) -> Floats:
    return detector.follow(bet(wrong, rows, limit), np.array(rows) > 0)


@pytest.mark.parametrize(("bet", "expected"), [(bet_on_rows, ROWS), (bet_on_windows, OBSERVED)])
def test_golden_windows(bet: rates.Terms, expected: list[float]) -> None:
    assert follow(WINDOWS, [100] * 7, 0.1, bet) == pytest.approx(expected, abs=1e-6)


def test_a_window_without_rows_of_the_class_is_passed_over() -> None:
    found = follow([10, 0, 20], [100, 0, 100], 0.1, bet_on_rows)
    assert found == pytest.approx([-1.943198, -1.943198, 3.006151], abs=1e-6)
    before = follow([0, 10], [0, 100], 0.1, bet_on_rows)
    assert before[0] == -math.inf and before[1] == pytest.approx(-1.943198, abs=1e-6)


def test_golden_windows_below() -> None:
    found = follow([95, 96, 94], [100] * 3, 0.9, bet_on_windows)
    assert found == pytest.approx([0.014386, 0.717749, 1.126826], abs=1e-6)


@pytest.mark.parametrize(
    ("bet", "expected"),
    [
        (bet_on_rows, [-3.200200, 28.502633, 61.405441, 28.027365]),
        (bet_on_windows, [-0.072904, 0.590613, 1.001078, 1.242491]),
    ],
)
def test_golden_drift_of_a_column(bet: rates.Terms, expected: list[float]) -> None:
    """Ten bins, each held against its bounds of the reference, widened by .05."""
    high = limits.upper([100] * 10, 1000, 0.01 / 20) + 0.05
    low = limits.lower([100] * 10, 1000, 0.01 / 20) - 0.05
    assert (high[0], low[0]) == (pytest.approx(0.184775, abs=1e-6), pytest.approx(0.021376, abs=1e-6))
    shifted = [5] * 9 + [55]
    counts = np.array([[10] * 10, shifted, shifted, [30] + [8] * 8 + [6]])
    whole = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
    both = np.concatenate([bet(counts, whole, high), bet(whole - counts, whole, 1 - low)], axis=-1)
    found = detector.follow(both.reshape(4, -1), np.full(4, True))
    assert found == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.floats(0.02, 0.9))
def test_it_begins_anew_at_every_window(wrong: list[int], limit: float) -> None:
    """M_t is the sum over beginnings of the evidence since then: no bad time hides behind a good one."""
    rows = [50] * len(wrong)
    for bet in (bet_on_rows, bet_on_windows):
        since = [rates.log_e_above(wrong[at:], rows[at:], limit, bet) for at in range(len(wrong))]
        assert follow(wrong, rows, limit, bet)[-1] == pytest.approx(float(np.logaddexp.reduce(since)), abs=1e-8)


def test_the_first_window_at_the_line_is_the_alarm() -> None:
    found = follow(WINDOWS, [100] * 7, 0.1, bet_on_rows)
    assert detector.find_alarm(found, detector.alarm_line(1000)) == 5
    assert detector.find_alarm(found, detector.alarm_line(1000, 10)) == 6
    assert detector.find_alarm(found, detector.alarm_line(1e6)) is None
    assert detector.find_alarm(np.array([-math.inf, math.nan]), 1.0) is None


@pytest.mark.parametrize(("windows", "tests"), [(0.5, 1), (math.nan, 1), (math.inf, 1), (100, 0)])
def test_no_line_for_less_than_a_window(windows: float, tests: int) -> None:
    with pytest.raises(ValueError, match="at least one window"):
        detector.alarm_line(windows, tests)


@pytest.mark.parametrize(("rate", "limit"), [(0.2, 0.1), (0.3, 0.1), (0.15, 0.05)])
def test_plans_are_about_right(rate: float, limit: float) -> None:
    """The mean delay of simulated alarms, of windows and of rows, is what was planned, within a third."""
    line, rng = detector.alarm_line(1000), np.random.default_rng(5)
    windows, rows = detector.windows_to_alarm(rate, limit, line), detector.rows_to_alarm(rate, limit, line)
    assert windows is not None and rows is not None
    for bet, size, planned in ((bet_on_windows, 100, windows), (bet_on_rows, 20, rows / 20)):
        wrong = rng.binomial(size, rate, (int(6 * planned) + 20, 200))
        log_m = detector.follow(bet(wrong, size, limit), np.full(wrong.shape, True))
        delays = (log_m >= line).argmax(axis=0) + 1
        assert float(delays.mean()) == pytest.approx(planned, rel=0.34)


def test_nothing_is_planned_for_a_rate_within_its_limit() -> None:
    assert detector.windows_to_alarm(0.1, 0.1, 7.0) is None
    assert detector.rows_to_alarm(0.05, 0.1, 7.0) is None
    assert detector.rows_to_alarm(math.nan, 0.1, 7.0) is None
    assert detector.rows_to_alarm(1.0, 0.1, 7.0) == pytest.approx((7.0 + math.log(12)) / math.log(10))

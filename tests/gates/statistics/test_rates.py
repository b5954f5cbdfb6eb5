from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import limits, rates
from ml_ci.gates.statistics.rates import bet_on_rows, bet_on_weighed, bet_on_windows

COUNTS = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LIMITS = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    ("wrong", "rows", "limit", "above", "below"),
    [
        (10, 100, 0.1, -1.943198, -1.809583),
        (20, 100, 0.1, 2.904513, -3.420390),
        (30, 200, 0.1, 0.669426, -3.480831),
        (0, 0, 0.1, 0.0, 0.0),
        (0, 300, 0.01, -2.336452, 2.250276),
        (12, 300, 0.01, 6.405294, -3.254766),
        (5, 20, 0.05, 3.691876, -2.433291),
        (150, 1000, 0.1, 9.500780, -7.648950),
    ],
)
def test_golden_evidence_of_rows(wrong: int, rows: int, limit: float, above: float, below: float) -> None:
    assert rates.log_e_above(wrong, rows, limit) == pytest.approx(above, abs=1e-6)
    assert rates.log_e_below(wrong, rows, limit) == pytest.approx(below, abs=1e-6)


def test_golden_evidence_against_the_holdout_with_room() -> None:
    limit = float(limits.upper(50, 402, 0.005)[0]) + 0.05
    assert limit == pytest.approx(0.222526, abs=1e-6)
    assert rates.log_e_above(61, 265, limit) == pytest.approx(-2.385688, abs=1e-6)


def test_golden_evidence_of_windows_since_the_promotion() -> None:
    assert rates.log_e_below([5, 4, 6], [100] * 3, 0.1, bet_on_windows) == pytest.approx(0.043862, abs=1e-6)


@pytest.mark.parametrize(("missed", "above", "below"), [(12, -0.087355, -0.405351), (30, 9.455977, -0.980400)])
def test_golden_evidence_of_rows_with_a_known_chance_of_a_label(missed: int, above: float, below: float) -> None:
    """Of the positives those that were caught have a label, of the missed one in twenty."""
    misses, hits = [0, missed], [300, 0]
    for wrong, right, limit, expected in ((misses, hits, 0.4, above), (hits, misses, 0.6, below)):
        found = rates.average(bet_on_weighed(wrong, right, [1.0, 0.05], limit))
        assert float(found) == pytest.approx(expected, abs=1e-6)


def _literally(wrong: int, rows: int, limit: float) -> float:
    """The reference's formula, multiplied out."""
    odds = np.geomspace(1.1, 16, 12) * limit / (1 - limit)
    p = odds / (1 + odds)
    return float(np.mean((p / limit) ** wrong * ((1 - p) / (1 - limit)) ** (rows - wrong)))


@given(COUNTS, st.floats(0.02, 0.9))
def test_evidence_of_rows_is_the_formula(counts: tuple[int, int], limit: float) -> None:
    wrong, rows = min(counts[0], 30), min(counts[1], 40)
    assert math.exp(rates.log_e_above(wrong, rows, limit)) == pytest.approx(_literally(wrong, rows, limit), rel=1e-9)


@given(st.lists(COUNTS, min_size=1, max_size=8), LIMITS)
def test_rows_do_not_care_in_which_window_they_came(windows: list[tuple[int, int]], limit: float) -> None:
    """The order inside a window is in no count; rows of several windows are the rows of one."""
    wrong, rows = (list(column) for column in zip(*windows, strict=True))
    for log_e in (rates.log_e_above, rates.log_e_below):
        assert log_e(wrong, rows, limit) == pytest.approx(log_e(sum(wrong), sum(rows), limit), rel=1e-9, abs=1e-9)
        turned = log_e(wrong[::-1], rows[::-1], limit, bet_on_windows)
        assert log_e(wrong, rows, limit, bet_on_windows) == pytest.approx(turned, rel=1e-9, abs=1e-9)


@given(COUNTS, st.integers(2, 9), LIMITS)
def test_a_window_counts_once_however_many_rows_it_has(counts: tuple[int, int], times: int, limit: float) -> None:
    once = rates.log_e_above(*counts, limit, bet_on_windows)
    many = rates.log_e_above(counts[0] * times, counts[1] * times, limit, bet_on_windows)
    assert many == pytest.approx(once, abs=1e-12)


@given(COUNTS, LIMITS, st.sampled_from([bet_on_rows, bet_on_windows]))
def test_more_errors_are_more_evidence_above_and_less_below(
    counts: tuple[int, int], limit: float, bet: rates.Terms
) -> None:
    wrong, rows = counts
    if wrong < rows:
        assert rates.log_e_above(wrong + 1, rows, limit, bet) > rates.log_e_above(wrong, rows, limit, bet)
        assert rates.log_e_below(wrong + 1, rows, limit, bet) < rates.log_e_below(wrong, rows, limit, bet)


@pytest.mark.parametrize("limit", [0.01, 0.1, 0.5, 0.95])
def test_a_fair_bet_gains_nothing_on_average(limit: float) -> None:
    """At the limit E[E] of one row is exactly 1, and of a window whose rate has this mean, however it is spread."""
    for bet in (bet_on_rows, bet_on_windows):
        mean = limit * np.exp(bet(1, 1, limit)) + (1 - limit) * np.exp(bet(0, 1, limit))
        assert mean == pytest.approx(np.ones(12))
    chances = [1.0, 0.05]
    for kind, chance in enumerate(chances):
        one = [int(kind == at) for at in range(2)]
        bets = (bet_on_weighed(one, [0, 0], chances, limit), bet_on_weighed([0, 0], one, chances, limit))
        mean = 1 - chance + chance * (limit * np.exp(bets[0]) + (1 - limit) * np.exp(bets[1]))
        assert mean == pytest.approx(np.ones(16))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 10, 0.0), "a limit of a rate lies between 0 and 1, both excluded"),
        ((1, 10, 1.0), "a limit of a rate lies between 0 and 1, both excluded"),
        ((1, 10, math.nan), "a limit of a rate lies between 0 and 1, both excluded"),
        ((11, 10, 0.1), "counts must be whole numbers"),
        ((-1, 10, 0.1), "counts must be whole numbers"),
        ((math.nan, 10, 0.1), "counts must be whole numbers"),
    ],
)
@pytest.mark.parametrize("bet", [bet_on_rows, bet_on_windows])
def test_what_is_no_count_or_limit_is_refused(
    bet: rates.Terms, arguments: tuple[float, float, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        bet(*arguments)


@pytest.mark.parametrize(("chance", "least"), [(0.0, None), (1.2, None), (math.nan, None), (0.05, 0.1), (0.5, 0.0)])
def test_a_chance_of_a_label_that_is_none_is_refused(chance: float, least: float | None) -> None:
    with pytest.raises(ValueError, match="probability of being labelled"):
        bet_on_weighed([1], [1], [chance], 0.1, least)


def test_millions_of_rows_do_not_overflow() -> None:
    assert rates.log_e_above(9_000_000, 10_000_000, 0.1) > 1e6
    assert rates.log_e_below(9_000_000, 10_000_000, 0.1) < -1e5

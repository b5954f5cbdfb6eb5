from __future__ import annotations

import math

import pytest

from ml_ci.gates.statistics import disagreed, evalues, limits


def test_rows_on_which_both_agree_speak_for_a_margin_above_zero_and_against_one_below() -> None:
    """Either way the bound is the one that proves less."""
    low = disagreed.bound_rows(60, 10_000, 200, 50, 0.01, 0.05)
    high = disagreed.bound_rows(60, 10_000, 200, 50, -0.01, 0.05)
    assert low == pytest.approx(60 + 10_000 * float(limits.lower(50, 200, 0.01)[0]))
    assert high == pytest.approx(60 + 10_000 * float(limits.upper(50, 200, 0.01)[0]))
    for margin, rows in ((0.01, low), (-0.01, high)):
        known = float(evalues.log_e_pass(20, 40, 60 + 2_500, margin)[0])
        assert disagreed.log_e_pass(20, 40, rows, margin) < known


def test_without_a_sample_nothing_is_known_of_them() -> None:
    assert disagreed.bound_rows(60, 10_000, 0, 0, 0.01, 0.05) == 60
    assert disagreed.bound_rows(60, 10_000, 0, 0, -0.01, 0.05) == 10_060


def test_four_fifths_of_alpha_are_left_to_the_bets() -> None:
    assert disagreed.line(0.05) == pytest.approx(math.log(25))

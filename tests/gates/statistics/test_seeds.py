from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from ml_ci.gates.statistics import seeds
from ml_ci.gates.statistics.values import Evidence


@given(st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=30), st.floats(-0.2, 0.2))
def test_it_is_the_paired_t_test(differences: list[float], margin: float) -> None:
    if np.std(differences) < 1e-9:
        return
    found = seeds.difference_at_most(differences, margin, 0.05)
    assert found.p_pass == pytest.approx(
        ttest_1samp(differences, margin, alternative="less").pvalue, rel=1e-6, abs=1e-12
    )
    reach = t.isf(0.05, len(differences) - 1) * np.std(differences, ddof=1) / math.sqrt(len(differences))
    assert found.high == pytest.approx(np.mean(differences) + reach)
    assert found.low == pytest.approx(np.mean(differences) - reach)
    assert found.high is not None
    assert (found.outcome == "pass") == (found.high < margin)


def test_verdicts() -> None:
    drawn = [0.001, -0.002, 0.003, 0.0, 0.001]
    assert seeds.difference_at_most(drawn, 0.01, 0.05).outcome == "pass"
    assert seeds.difference_at_most(drawn, 0.001, 0.05).outcome == "inconclusive"
    assert seeds.difference_at_most(drawn, -0.01, 0.05).outcome == "fail"
    assert seeds.difference_at_least(drawn, -0.01, 0.05).outcome == "pass"
    assert seeds.difference_at_least(drawn, 0.01, 0.05).outcome == "fail"


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_seeds(count: int) -> None:
    found = seeds.difference_at_most([0.0] * count, 0.5, 0.05)
    assert (found.outcome, found.interval) == ("inconclusive", None)
    assert found.reason == f"{count} seeds are too few to tell luck from skill; at least 5"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_undefined_difference(bad: float) -> None:
    found = seeds.difference_at_most([0.0, 0.0, bad, 0.0, 0.0, 0.0], 0.5, 0.05)
    assert (found.outcome, found.reason) == ("inconclusive", "the difference is undefined for at least one seed")


def test_seeds_that_make_no_difference() -> None:
    same = [0.01] * 5
    assert seeds.difference_at_most(same, 0.02, 0.05).outcome == "pass"
    assert seeds.difference_at_most(same, 0.01, 0.05).outcome == "inconclusive"
    assert seeds.difference_at_most(same, 0.005, 0.05).outcome == "fail"


def test_a_margin_that_is_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be NaN"):
        seeds.difference_at_most([0.0] * 5, math.nan, 0.05)


@pytest.mark.parametrize(
    ("margin", "outcome", "p_pass", "p_fail"),
    [(0.02, "pass", 0.0, 1.0), (0.01, "inconclusive", 1.0, 1.0), (0.005, "fail", 1.0, 0.0)],
)
def test_p_values_of_seeds_that_make_no_difference(margin: float, outcome: str, p_pass: float, p_fail: float) -> None:
    found = seeds.difference_at_most([0.01] * 5, margin, 0.05)
    assert (found.outcome, found.p_pass, found.p_fail) == (outcome, p_pass, p_fail)


@pytest.mark.parametrize("margin", [0.01, 0.001, -0.01])
@pytest.mark.parametrize("judge", [seeds.difference_at_most, seeds.difference_at_least])
def test_more_rows_are_never_what_seeds_need(judge: Callable[..., Evidence], margin: float) -> None:
    found = judge([0.001, -0.002, 0.003, 0.0, 0.001], margin, 0.05)
    assert (found.needs, found.method, found.reason) == (None, "seeds", "")


@given(st.lists(st.floats(-0.2, 0.2), min_size=5, max_size=30), st.floats(-0.2, 0.2))
def test_p_fail_is_the_other_side_of_the_t_test(differences: list[float], margin: float) -> None:
    if np.std(differences) < 1e-9:
        return
    found = seeds.difference_at_most(differences, margin, 0.05)
    expected = ttest_1samp(differences, margin, alternative="greater").pvalue
    assert found.p_fail == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert found.low is not None
    assert (found.outcome == "fail") == (found.low > margin)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from ml_ci.gates.statistics import seeds


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

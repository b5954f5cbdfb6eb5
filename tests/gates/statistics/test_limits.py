from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, norm
from statsmodels.stats.proportion import proportion_confint

from ml_ci.gates.statistics import limits
from ml_ci.gates.statistics.values import NEEDS_CAP

ROWS = st.integers(1, 3000)


@pytest.mark.parametrize(
    ("errors", "rows", "low", "high"),
    [
        (13, 16, 0.543543, 0.959526),
        (15, 148, 0.057844, 0.161650),
        (0, 20, 0.0, 0.168433),
        (1, 29, 0.000873, 0.177644),
        (0, 10, 0.0, 0.308497),
        (10, 10, 0.691503, 1.0),
    ],
)
def test_published_two_sided_intervals(errors: int, rows: int, low: float, high: float) -> None:
    assert limits.lower(errors, rows, 0.025)[0] == pytest.approx(low, abs=5e-7)
    assert limits.upper(errors, rows, 0.025)[0] == pytest.approx(high, abs=5e-7)


def test_published_one_sided_bounds() -> None:
    assert limits.lower(13, 16, 0.05)[0] == pytest.approx(0.583428, abs=5e-7)
    assert limits.upper(13, 16, 0.05)[0] == pytest.approx(0.946854, abs=5e-7)


@pytest.mark.parametrize(
    ("limit", "at_95", "at_99"), [(0.01, 299, 459), (0.02, 149, 228), (0.05, 59, 90), (0.005, 598, 919)]
)
def test_rows_without_errors_that_prove_a_limit(limit: float, at_95: int, at_99: int) -> None:
    for alpha, rows in ((0.05, at_95), (0.01, at_99)):
        assert limits.rows_without_errors(limit, alpha) == rows
        assert limits.at_most(0, rows, limit, alpha).outcome == "pass"
        assert limits.at_most(0, rows - 1, limit, alpha).outcome == "inconclusive"
        assert limits.at_most(0, rows - 1, limit, alpha).needs == 1


@given(rows=ROWS, share=st.floats(0, 1), alpha=st.sampled_from([0.1, 0.05, 0.01, 1e-6]))
def test_bounds_agree_with_statsmodels(rows: int, share: float, alpha: float) -> None:
    errors = round(share * rows)
    low, high = proportion_confint(errors, rows, alpha=2 * alpha, method="beta")
    assert limits.lower(errors, rows, alpha)[0] == pytest.approx(low, rel=1e-9, abs=1e-12)
    assert limits.upper(errors, rows, alpha)[0] == pytest.approx(high, rel=1e-9, abs=1e-12)


@given(rows=st.integers(1, 300), share=st.floats(0, 1), limit=st.floats(0.001, 0.999))
def test_p_values_agree_with_the_binomial_test(rows: int, share: float, limit: float) -> None:
    errors = round(share * rows)
    found = limits.at_most(errors, rows, limit, 0.05)
    assert found.p_pass == pytest.approx(binomtest(errors, rows, limit, "less").pvalue, rel=1e-6, abs=1e-12)
    assert found.p_fail == pytest.approx(binomtest(errors, rows, limit, "greater").pvalue, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("errors", "rows", "limit", "outcome"),
    [
        (31, 1003, 0.05, "pass"),
        (80, 402, 0.05, "fail"),
        (3, 18, 0.2, "inconclusive"),
        (5, 100, 0.0, "fail"),  # a limit of 0 is refuted by one error
        (0, 100_000, 0.0, "inconclusive"),  # and never proven
        (7, 7, 1.0, "pass"),  # no rate is above 1
        (7, 7, 0.5, "fail"),
        (0, 7, -0.1, "fail"),
    ],
)
def test_verdicts(errors: int, rows: int, limit: float, outcome: str) -> None:
    found = limits.at_most(errors, rows, limit, 0.05)
    assert found.outcome == outcome
    assert found.low is not None
    assert found.high is not None
    assert found.low <= errors / rows <= found.high
    assert found.method == "clopper-pearson"


def test_a_limit_of_zero_cannot_be_proven_by_more_rows() -> None:
    assert limits.at_most(0, 1000, 0.0, 0.05).needs is None


def test_no_rows_are_inconclusive_and_say_so() -> None:
    found = limits.at_most(0, 0, 0.05, 0.05)
    assert (found.outcome, found.low, found.high, found.interval, found.needs) == ("inconclusive", None, None, None, 59)
    assert found.reason == "no rows: the rate is undefined"
    assert limits.at_most(0, 0, 1.0, 0.05).outcome == "inconclusive"


@pytest.mark.parametrize(("errors", "rows"), [(-1, 5), (6, 5), (0.5, 5), (math.nan, 5), (1, math.inf)])
def test_impossible_counts_are_refused(errors: float, rows: float) -> None:
    with pytest.raises(ValueError, match="counts must be whole numbers"):
        limits.rates_at_most(errors, rows, 0.05, 0.05)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 0.5, 1.0, math.nan])
def test_an_impossible_level_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha must lie between 0 and 0\.5"):
        limits.at_most(1, 5, 0.05, alpha)


def test_a_limit_that_is_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be NaN"):
        limits.at_most(1, 5, math.nan, 0.05)


@given(rows=ROWS, share=st.floats(0, 1), limit=st.floats(0, 1))
def test_at_least_mirrors_at_most(rows: int, share: float, limit: float) -> None:
    hits = round(share * rows)
    least, most = limits.at_least(hits, rows, 1 - limit, 0.05), limits.at_most(rows - hits, rows, 1 - (1 - limit), 0.05)
    assert (least.outcome, least.p_pass, least.p_fail) == (most.outcome, most.p_pass, most.p_fail)
    assert least.low == pytest.approx(1 - (most.high or 0), abs=1e-12)
    assert least.high == pytest.approx(1 - (most.low or 0), abs=1e-12)


@given(rows=ROWS, share=st.floats(0, 1), limit=st.floats(-0.1, 1.1), alpha=st.sampled_from([0.05, 0.01, 1e-8]))
def test_one_more_error_never_helps(rows: int, share: float, limit: float, alpha: float) -> None:
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    errors = min(round(share * rows), rows - 1)
    fewer, more = limits.rates_at_most([errors, errors + 1], rows, limit, alpha)
    assert order[more.outcome] <= order[fewer.outcome]


@given(rows=ROWS, share=st.floats(0, 1), limit=st.floats(0.0001, 0.9999))
def test_outcome_bounds_and_p_values_say_the_same(rows: int, share: float, limit: float) -> None:
    found = limits.at_most(round(share * rows), rows, limit, 0.05)
    assert found.low is not None
    assert found.high is not None
    if abs(found.high - limit) > 1e-9 and abs(found.low - limit) > 1e-9:
        assert (found.outcome == "pass") == (found.high <= limit)
        assert (found.outcome == "fail") == (found.low > limit)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 90), st.floats(0, 1)), min_size=1, max_size=9))
def test_many_at_once_are_each_by_itself(cases: list[tuple[int, int, float]]) -> None:
    errors, rows, bounds = (list(column) for column in zip(*cases, strict=True))
    together = limits.rates_at_most(errors, rows, bounds, 0.05)
    assert together == tuple(limits.at_most(*case, 0.05) for case in cases)


def test_needs_are_enough_at_the_measured_rate() -> None:
    found = limits.at_most(18, 500, 0.05, 0.05)
    assert found.outcome == "inconclusive"
    assert found.needs is not None
    n = 500 + found.needs
    passed = [
        limits.at_most(int(x), n, 0.05, 0.05).outcome == "pass"
        for x in np.random.default_rng(1).binomial(n, 0.036, 400)
    ]
    assert 0.72 <= np.mean(passed) <= 0.9


@pytest.mark.parametrize(
    ("errors", "rows", "limit", "alpha"),
    [(20, 500, 0.05, 0.05), (18, 500, 0.05, 0.05), (80, 200, 0.5, 0.01), (3, 18, 0.2, 0.05), (400, 500, 0.85, 0.001)],
)
def test_needs_are_those_of_the_formula(errors: int, rows: int, limit: float, alpha: float) -> None:
    """n = [(z_a sqrt(l (1 - l)) + z_b sqrt(r (1 - r))) / (l - r)]^2, for 80% power at the measured rate r."""
    rate = errors / rows
    spread = norm.isf(alpha) * math.sqrt(limit * (1 - limit)) + norm.ppf(0.8) * math.sqrt(rate * (1 - rate))
    wanted = (spread / (limit - rate)) ** 2
    assert limits.further_rows(errors, rows, limit, alpha) == math.ceil(wanted - rows)


@pytest.mark.parametrize(("share", "low", "high"), [(1.0, 0.75, 0.87), (0.8, 0.6, 0.77)])
def test_needs_have_their_power_and_fewer_have_less(share: float, low: float, high: float) -> None:
    needs = limits.further_rows(20, 500, 0.05, 0.05)
    assert needs is not None
    rows = 500 + round(share * needs)
    most = max(x for x in range(rows) if limits.at_most(x, rows, 0.05, 0.05).outcome == "pass")
    assert low <= binom.cdf(most, rows, 20 / 500) <= high


def test_needs_are_capped() -> None:
    assert limits.at_most(499_999, 10_000_000, 0.05, 0.05).needs == NEEDS_CAP
    assert limits.at_most(5, 100, 0.05, 0.05).needs is None

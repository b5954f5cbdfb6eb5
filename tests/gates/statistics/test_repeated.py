"""The spread between repetitions widens what the rows prove, by the squares of both reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from ml_ci.gates.statistics.repeated import Repeated, more, widen
from ml_ci.gates.statistics.values import Evidence

ALPHA = 0.05


def rows(mean: float, error: float, limit: float, *, upper: bool = True) -> Evidence:
    """Give what a normal mean of rows proves, with its one-sided bounds and p-values."""
    reach = float(norm.isf(ALPHA)) * error
    room = limit - mean if upper else mean - limit
    p_pass, p_fail = float(norm.sf(room / error)), float(norm.sf(-room / error))
    outcome = "pass" if p_pass <= ALPHA else "fail" if p_fail <= ALPHA else "inconclusive"
    return Evidence(outcome, mean - reach, mean + reach, p_pass, p_fail, 100, "score")  # type: ignore[arg-type]


VALUES = st.lists(st.floats(-0.1, 0.1), min_size=2, max_size=12)


@given(VALUES, st.floats(0.001, 0.05), st.floats(-0.2, 0.2), st.booleans())
def test_the_reaches_are_added_by_their_squares(values: list[float], error: float, limit: float, upper: bool) -> None:
    mean, own = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    found = rows(mean, error, limit, upper=upper)
    wide = widen(found, Repeated(values, mean, limit, upper), ALPHA)
    reach = math.hypot(norm.isf(ALPHA) * error, t.isf(ALPHA, len(values) - 1) * own)
    assert wide.low == pytest.approx(mean - reach)
    assert wide.high == pytest.approx(mean + reach)
    assert wide.p_pass >= found.p_pass - 1e-12
    assert wide.p_fail >= found.p_fail - 1e-12
    if wide.outcome != found.outcome:
        assert wide.outcome == "inconclusive", "more noise never proves more"


@given(VALUES, st.floats(0.001, 0.05), st.floats(-0.2, 0.2))
def test_the_p_value_and_the_bound_say_the_same(values: list[float], error: float, limit: float) -> None:
    mean = float(np.mean(values))
    wide = widen(rows(mean, error, limit), Repeated(values, mean, limit, True), ALPHA)
    assert wide.high is not None
    assert wide.low is not None
    if abs(wide.high - limit) > 1e-6:
        assert (wide.p_pass <= ALPHA) == (wide.high < limit)
    if abs(wide.low - limit) > 1e-6:
        assert (wide.p_fail <= ALPHA) == (wide.low > limit)


@given(VALUES, st.floats(0.001, 0.05), st.floats(0.51, 0.999))
def test_it_is_never_narrower_than_the_bound_of_cochran_and_cox(
    values: list[float], error: float, confidence: float
) -> None:
    """The two quantiles weighed by the variances: (V1 z + V2 t) / (V1 + V2) times the whole standard error."""
    mean, own = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    alpha = 1 - confidence
    z, student = float(norm.isf(alpha)), float(t.isf(alpha, len(values) - 1))
    found = Evidence("inconclusive", mean - z * error, mean + z * error, 0.5, 0.5)
    wide = widen(found, Repeated(values, mean, 1.0, True), alpha)
    weighed = (error**2 * z + own**2 * student) / (error**2 + own**2) * math.hypot(error, own)
    assert wide.high is not None
    assert wide.high - mean >= weighed - 1e-9


@given(
    st.lists(st.floats(0.01, 0.99), min_size=2, max_size=12),
    st.floats(0.001, 0.05),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_of_a_rate_the_bound_and_the_p_value_say_the_same(
    values: list[float], error: float, limit: float, upper: bool
) -> None:
    mean = float(np.mean(values))
    found = rows(mean, error, limit, upper=upper)
    wide = widen(found, Repeated(values, mean, limit, upper, rate=True), ALPHA)
    plain = widen(found, Repeated(values, mean, limit, upper), ALPHA)
    assert wide.low is not None
    assert wide.high is not None
    assert plain.low is not None
    assert plain.high is not None
    assert wide.low <= max(plain.low, 0.0) + 1e-9
    assert wide.high >= min(plain.high, 1.0) - 1e-9
    if wide.outcome == "pass":
        assert (wide.high <= limit + 1e-9) if upper else (wide.low >= limit - 1e-9)
        assert wide.p_pass <= ALPHA
    if wide.outcome == "fail":
        assert (wide.low >= limit - 1e-9) if upper else (wide.high <= limit + 1e-9)


@pytest.mark.parametrize(("between", "center"), [(0.3, 0.67), (0.8, 0.67), (0.8, 1.3)])
@pytest.mark.parametrize("k", [3, 5, 10])
def test_of_a_rate_the_level_is_kept_where_repetitions_differ_a_lot(k: int, between: float, center: float) -> None:
    """Rates are skewed: one that is low by chance shows little of what it varies by."""
    rng, draws, plain, wrong = np.random.default_rng(3), 500, 0, 0
    limit = float(norm.sf(center / math.hypot(1.0, between)))
    error = math.sqrt(limit * (1 - limit) / 500)
    for _ in range(draws):
        values = norm.sf(center - between * rng.normal(size=k)) + error * rng.normal()
        values, mean = np.clip(values, 1e-6, 1), float(np.clip(values, 1e-6, 1).mean())
        found = rows(mean, error, limit)
        wrong += widen(found, Repeated(values.tolist(), mean, limit, True, rate=True), ALPHA).outcome == "pass"
        plain += widen(found, Repeated(values.tolist(), mean, limit, True), ALPHA).outcome == "pass"
    assert wrong / draws <= ALPHA + 3.3 * math.sqrt(ALPHA * (1 - ALPHA) / draws)
    assert wrong <= plain


def test_repetitions_that_are_alike_leave_it_as_it_is() -> None:
    found = rows(0.05, 0.01, 0.1)
    assert widen(found, Repeated([0.05] * 5, 0.05, 0.1, True), ALPHA) == found


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_undefined_repetition_proves_nothing(bad: float) -> None:
    wide = widen(rows(0.05, 0.01, 0.1), Repeated([0.05, bad], 0.05, 0.1, True), ALPHA)
    assert (wide.outcome, wide.interval) == ("inconclusive", None)
    assert wide.reason == "it is undefined for at least one repetition"


def test_a_shift_moves_the_bounds_and_no_verdict() -> None:
    """Of a weighted baseline the bounds are of the difference, and the value is held against the limit."""
    values = [0.01, 0.02, 0.03]
    plain = widen(rows(0.02, 0.01, 0.1), Repeated(values, 0.02, 0.1, True), ALPHA)
    found = rows(0.02, 0.01, 0.1)
    assert found.low is not None
    assert found.high is not None
    moved = Evidence("pass", found.low + 0.5, found.high + 0.5, found.p_pass, found.p_fail, 100, "score")
    shifted = widen(moved, Repeated(values, 0.02, 0.1, True, shift=0.5), ALPHA)
    assert shifted.outcome == plain.outcome == "pass"
    assert shifted.high == pytest.approx((plain.high or 0) + 0.5)
    assert shifted.p_pass == pytest.approx(plain.p_pass)


def test_more_rows_do_not_help_against_the_repetitions_spread() -> None:
    values = [0.0, 0.1]
    assert widen(rows(0.05, 0.001, 0.1), Repeated(values, 0.05, 0.1, True), ALPHA).needs is None


@pytest.mark.parametrize("upper", [True, False])
def test_how_many_repetitions_would_decide(upper: bool) -> None:
    values, limit = [0.03, 0.07], 0.1 if upper else 0.0
    of = Repeated(values, 0.05, limit, upper)
    found = rows(0.05, 0.01, limit, upper=upper)
    assert found.outcome == "pass"
    assert widen(found, of, ALPHA).outcome == "inconclusive"
    wanted = more(found, of, ALPHA)
    assert wanted is not None
    spread = float(np.std(values, ddof=1))
    for number, holds in ((wanted, True), (wanted - 1, False)):
        reach = math.hypot(norm.isf(ALPHA) * 0.01, t.isf(ALPHA, number - 1) * spread / math.sqrt(number))
        assert (reach < 0.05) is holds


def test_no_number_of_repetitions_decides_what_the_rows_leave_open() -> None:
    assert more(rows(0.05, 0.1, 0.1), Repeated([0.03, 0.07], 0.05, 0.1, True), ALPHA) is None


@pytest.mark.parametrize(("k", "between"), [(2, 0.5), (2, 2.0), (3, 1.0), (5, 0.0), (5, 1.0), (5, 4.0), (20, 1.0)])
def test_the_level_is_kept(k: int, between: float) -> None:
    """At the limit at most alpha pass wrongly, and fail wrongly: rows vary by 1, repetitions by `between`."""
    rng, draws, passed, failed = np.random.default_rng(7), 800, 0, 0
    for _ in range(draws):
        own = rng.normal() + between * rng.normal(size=k)
        mean = float(own.mean())
        wide = widen(rows(mean, 1.0, 0.0), Repeated(own.tolist(), mean, 0.0, True), ALPHA)
        passed += wide.outcome == "pass"
        failed += wide.outcome == "fail"
    most = ALPHA + 3.3 * math.sqrt(ALPHA * (1 - ALPHA) / draws)
    assert passed / draws <= most
    assert failed / draws <= most


@pytest.mark.parametrize("between", [1.0, 4.0])
def test_the_rows_alone_would_not_keep_it(between: float) -> None:
    """What the simulation above would find, were nothing widened."""
    rng, draws = np.random.default_rng(7), 800
    means = rng.normal(size=draws) + between * rng.normal(size=(draws, 5)).mean(axis=1)
    wrong = sum(rows(float(mean), 1.0, 0.0).outcome == "pass" for mean in means)
    assert wrong / draws > ALPHA + 0.02

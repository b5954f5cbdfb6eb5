from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.gates.statistics import evalues, exact, paired, tango
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence

METHODS = ("score", "exact", "anytime")
ORDER = {"fail": 0, "inconclusive": 1, "pass": 2}


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 2000))
    b = draw(st.integers(0, n))
    return b, draw(st.integers(0, n - b)), n


@pytest.mark.parametrize(
    ("b", "c", "n", "m", "outcome", "needs"),
    [
        (4, 4, 500, 0.01, "inconclusive", 777),
        (20, 20, 2000, 0.01, "pass", None),
        (12, 9, 2000, 0.01, "pass", None),
        (35, 5, 2000, 0.01, "fail", None),
        (0, 0, 500, 0.01, "pass", None),
        (0, 0, 200, 0.01, "inconclusive", 413),
        (3, 1, 120, 0.05, "inconclusive", 203),
    ],
)
def test_golden_verdicts(b: int, c: int, n: int, m: float, outcome: str, needs: int | None) -> None:
    found = paired.difference_at_most(b, c, n, m, 0.05)
    assert (found.outcome, found.needs, found.method) == (outcome, needs, "score")


@pytest.mark.parametrize(
    ("method", "rows", "alpha", "used"),
    [
        ("score", 100, 0.05, "score"),
        ("score", 99, 0.05, "exact"),
        ("score", 5000, 0.001, "score"),
        ("score", 5000, 0.00099, "exact"),
        ("exact", 5000, 0.05, "exact"),
        ("anytime", 50, 0.0001, "anytime"),
    ],
)
def test_the_method_that_is_used(method: str, rows: int, alpha: float, used: str) -> None:
    assert paired.difference_at_most(2, 1, rows, 0.05, alpha, method).method == used


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="the method must be score, exact or anytime, not 'wald'"):
        paired.difference_at_most(1, 1, 500, 0.01, 0.05, "wald")


@pytest.mark.parametrize("method", METHODS)
def test_no_rows_are_inconclusive_and_say_so(method: str) -> None:
    for margin in (0.01, 0.0, -0.1, 1.0):
        found = paired.difference_at_most(0, 0, 0, margin, 0.05, method)
        assert (found.outcome, found.interval) == ("inconclusive", None)
        assert found.reason == "no rows: the difference is undefined"
    assert paired.difference_at_most(0, 0, 0, 0.01, 0.05).needs == 268


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [50, 500, 1_000_000])
def test_no_discordant_row_and_no_margin_is_inconclusive(method: str, n: int) -> None:
    found = paired.difference_at_most(0, 0, n, 0.0, 0.05, method)
    assert (found.outcome, found.p_pass, found.p_fail, found.needs) == ("inconclusive", 1.0, 1.0, None)
    assert found.reason == "no row on which only one of the two errs: a margin of 0 is neither shown nor refuted"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


@pytest.mark.parametrize("margin", [1e-300, 1e-17, 5e-16, 1e-9])
@pytest.mark.parametrize("n", [1, 150, 10_000_000])
@pytest.mark.parametrize("method", METHODS)
def test_a_margin_of_rounding_noise_is_no_proof(method: str, n: int, margin: float) -> None:
    assert paired.difference_at_most(0, 0, n, margin, 0.05, method).outcome == "inconclusive"
    assert paired.difference_at_least(0, 0, n, -margin, 0.05, method).outcome == "inconclusive"


@pytest.mark.parametrize("method", METHODS)
def test_where_only_the_candidate_errs_on_every_row(method: str) -> None:
    for n in (30, 300):
        found = paired.difference_at_most(n, 0, n, 0.1, 0.05, method)
        assert (found.outcome, found.needs) == ("fail", None)
        assert found.high == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_demanded_improvement(method: str) -> None:
    assert paired.difference_at_most(2, 120, 1000, -0.05, 0.05, method).outcome == "pass"
    assert paired.difference_at_most(20, 20, 1000, -0.05, 0.05, method).outcome == "fail"
    unchanged = paired.difference_at_most(0, 0, 1000, -0.05, 0.05, method)
    assert (unchanged.outcome, unchanged.needs) == ("fail", None)
    assert paired.difference_at_most(10, 66, 1000, -0.05, 0.05, method).outcome == "inconclusive"


@pytest.mark.parametrize("method", METHODS)
def test_margins_that_no_difference_reaches(method: str) -> None:
    for n in (20, 500):
        assert paired.difference_at_most(n, 0, n, 1.0, 0.05, method).outcome == "pass"
        assert paired.difference_at_most(3, 5, n, 2.0, 0.05, method).outcome == "pass"
        assert paired.difference_at_most(0, n, n, -1.5, 0.05, method).outcome != "pass"


@pytest.mark.parametrize("alpha", [1e-4, 1e-7, 1e-12])
def test_tiny_levels_are_judged_exactly(alpha: float) -> None:
    found = paired.difference_at_most(10, 10, 100_000, 0.01, alpha)
    assert (found.outcome, found.method) == ("pass", "exact")
    assert found.high is not None
    assert found.high < 0.002
    assert paired.difference_at_most(10, 10, 2000, 0.01, alpha).outcome == "inconclusive"


@given(tables(), st.floats(-0.5, 0.5), st.sampled_from([0.05, 0.01, 0.0005]), st.sampled_from(METHODS))
@settings(max_examples=150)
def test_outcome_bounds_and_p_values_say_the_same(
    table: tuple[int, int, int], margin: float, alpha: float, method: str
) -> None:
    found = paired.difference_at_most(*table, margin, alpha, method)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.high <= 1
    assert (found.outcome == "pass") == (found.p_pass <= alpha)
    assert (found.outcome == "fail") == (found.p_fail <= alpha and found.p_pass > alpha)
    if min(abs(found.high - margin), abs(found.low - margin)) > 1e-7:
        assert (found.outcome == "pass") == (found.high <= margin)
        assert (found.outcome == "fail") == (found.low > margin)
    assert found.needs is None or (found.outcome == "inconclusive" and 1 <= found.needs <= NEEDS_CAP)


@given(tables(), st.floats(-0.5, 0.5), st.sampled_from([0.05, 0.0005]), st.sampled_from(METHODS))
@settings(max_examples=150)
def test_swapping_candidate_and_baseline_mirrors(
    table: tuple[int, int, int], margin: float, alpha: float, method: str
) -> None:
    b, c, n = table
    straight = paired.difference_at_most(b, c, n, margin, alpha, method)
    swapped = paired.difference_at_least(c, b, n, -margin, alpha, method)
    assert (straight.outcome, straight.p_pass, straight.p_fail) == (swapped.outcome, swapped.p_pass, swapped.p_fail)
    assert straight.low == pytest.approx(-(swapped.high or 0.0), abs=1e-9)
    assert straight.high == pytest.approx(-(swapped.low or 0.0), abs=1e-9)
    reverse = paired.difference_at_most(c, b, n, margin, alpha, method)
    assert straight.low == pytest.approx(-(reverse.high or 0.0), abs=1e-9)


@given(tables(), st.floats(-0.5, 0.5), st.sampled_from([0.05, 0.01, 0.0005]), st.sampled_from(METHODS))
@settings(max_examples=150)
def test_one_more_error_never_helps(table: tuple[int, int, int], margin: float, alpha: float, method: str) -> None:
    b, c, n = table
    before = paired.difference_at_most(b, c, n, margin, alpha, method)
    worse = [(b, c - 1, n)] if c else []
    worse += [(b + 1, c, n)] if b + c < n else []
    for found in (paired.difference_at_most(*counts, margin, alpha, method) for counts in worse):
        assert ORDER[found.outcome] <= ORDER[before.outcome]


@pytest.mark.parametrize("n", [60, 150])
@pytest.mark.parametrize("margin", [-0.1, 0.0, 0.02, 0.1])
def test_one_more_error_never_helps_in_any_table(n: int, margin: float) -> None:
    b, c = (axis.ravel() for axis in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    kept = b + c <= n
    counts = [column[kept].astype(float) for column in (b, c)]
    whole = np.full(int(kept.sum()), float(n))
    for method in paired.chosen("score", n, 0.05), ["exact"], ["anytime"]:
        p_pass, p_fail = paired.p_values(method[0], *counts, whole, np.full_like(whole, margin))  # type: ignore[arg-type]
        table = np.full((2, n + 1, n + 1), np.nan)
        table[:, b[kept], c[kept]] = p_pass, -p_fail
        if margin == 0.0:
            table[:, 0, 0] = np.nan  # 0/0
        steps = np.concatenate([np.diff(table, axis=1).ravel(), -np.diff(table, axis=2).ravel()])
        assert np.nanmin(steps) >= -1e-9


@given(
    st.lists(st.tuples(tables(), st.floats(-0.3, 0.3)), min_size=1, max_size=8),
    st.sampled_from(METHODS),
)
@settings(max_examples=60)
def test_a_slice_is_judged_alike_alone_and_among_others(
    cases: list[tuple[tuple[int, int, int], float]], method: str
) -> None:
    rows = [(*table, margin) for table, margin in cases]
    together = paired.differences_at_most(*(list(column) for column in zip(*rows, strict=True)), 0.05, method)
    for found, row in zip(together, rows, strict=True):
        alone = paired.difference_at_most(*row, 0.05, method)
        assert (found.outcome, found.needs, found.method) == (alone.outcome, alone.needs, alone.method)
        assert found.interval == pytest.approx(alone.interval, abs=1e-9)


@pytest.mark.parametrize(
    "counts", [(-1, 0, 5), (3, 3, 5), (0, 6, 5), (0.5, 0, 5), (math.nan, 0, 5), (0, 0, math.inf), (1, 0, -1)]
)
def test_impossible_counts_are_refused(counts: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="counts must be whole numbers, none below 0 and none above the rows"):
        paired.differences_at_most(*counts, 0.01, 0.05)


def test_an_impossible_margin_or_level_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be NaN"):
        paired.difference_at_most(1, 1, 500, math.nan, 0.05)
    with pytest.raises(ValueError, match="alpha must lie between"):
        paired.difference_at_most(1, 1, 500, 0.01, 0.0)


def test_forty_rows_and_ten_million_are_sensible() -> None:
    few = paired.difference_at_most(1, 0, 40, 0.01, 0.05)
    assert (few.outcome, few.method) == ("inconclusive", "exact")
    many = paired.difference_at_most(50_000, 50_100, 10_000_000, 0.0001, 0.05)
    assert (many.outcome, many.method) == ("pass", "score")


@pytest.mark.parametrize("counts", [(4, 4, 500, 0.01), (3, 1, 60, 0.1), (20, 8, 1000, 0.016)])
@pytest.mark.parametrize("method", METHODS)
def test_needs_are_about_enough(counts: tuple[int, int, int, float], method: str) -> None:
    """With the estimated rows, truths like the measured shares pass mostly (80% power; e-values: about half)."""
    b, c, n, m = counts
    found = paired.difference_at_most(b, c, n, m, 0.05, method)
    assert found.outcome == "inconclusive"
    assert found.needs is not None
    more = n + found.needs
    drawn = np.random.default_rng(3).multinomial(more, [b / n, c / n, 1 - (b + c) / n], 300)
    passed = np.mean(
        [one.outcome == "pass" for one in paired.differences_at_most(drawn[:, 0], drawn[:, 1], more, m, 0.05, method)]
    )
    assert (0.4 if method == "anytime" else 0.7) <= passed <= 0.97


def test_evidence_is_of_its_method() -> None:
    for method, module in (("score", tango), ("exact", exact), ("anytime", evalues)):
        found: Evidence = paired.difference_at_most(7, 5, 400, 0.02, 0.05, method)
        low, high = module.bounds(7, 5, 400, 0.05)  # type: ignore[attr-defined]
        assert found.interval == (pytest.approx(low[0]), pytest.approx(high[0]))

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import evalues, paired, power
from ml_ci.gates.statistics.values import EVEN, NEEDS_CAP
from ml_ci.spec.values import Method


@pytest.mark.parametrize(("margin", "at_95", "at_99"), [(0.01, 268, 536), (0.02, 133, 266), (0.05, 52, 103)])
def test_published_smallest_rows(margin: float, at_95: int, at_99: int) -> None:
    assert (power.smallest_rows(margin, 0.05), power.smallest_rows(margin, 0.01)) == (at_95, at_99)


@pytest.mark.parametrize("method", ["score", "exact", "anytime"])
@pytest.mark.parametrize("margin", [0.005, 0.01, 0.02, 0.05, 0.1, 0.4])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 1e-5])
def test_the_provable_rows_are_those_of_the_gate_itself(method: str, margin: float, alpha: float) -> None:
    rows = power.provable_rows(margin, alpha, method)
    assert rows is not None
    assert paired.difference_at_most(0, 0, rows, margin, alpha, method).outcome == "pass"
    assert paired.difference_at_most(0, 0, rows - 1, margin, alpha, method).outcome == "inconclusive"


@pytest.mark.parametrize("method", ["score", "exact", "anytime"])
@pytest.mark.parametrize("rows", [1, 40, 99, 100, 3000])
def test_the_provable_margin_is_that_of_the_gate_itself(method: str, rows: int) -> None:
    margin = power.provable_margin(rows, 0.05, method)
    assert margin is not None
    assert paired.difference_at_most(0, 0, rows, margin + 1e-6, 0.05, method).outcome == "pass"
    assert paired.difference_at_most(0, 0, rows, margin - 1e-6, 0.05, method).outcome == "inconclusive"


def test_below_a_hundred_rows_more_are_needed_than_the_score_test_alone_would_ask_for() -> None:
    assert (power.smallest_rows(0.05, 0.05), power.provable_rows(0.05, 0.05)) == (52, 72)


@pytest.mark.parametrize("margin", [0.0, -0.01])
def test_no_number_of_rows_without_a_discordant_one_proves_an_improvement(margin: float) -> None:
    assert power.smallest_rows(margin, 0.05) is None
    assert power.provable_rows(margin, 0.05) is None


def test_margins_that_every_difference_keeps() -> None:
    assert power.smallest_rows(1.0, 0.05) == power.provable_rows(1.5, 0.05) == 1


def test_no_rows_prove_no_margin() -> None:
    assert power.smallest_margin(0, 0.05) is None
    assert power.provable_margin(0, 0.05) is None
    assert power.smallest_margin(500, 0.05) == pytest.approx(0.005382, abs=5e-7)


def test_rows_for_a_planned_power() -> None:
    # Section 3's formula. The exact enumeration of section 2's table (2,311) is held in tests/simulation.
    assert power.planned_rows(0.01, 0.02, 0.0, 0.05, 0.95) == 2375
    assert power.planned_rows(0.01, 0.02, 0.01, 0.05) is None
    with pytest.raises(ValueError, match="discordance"):
        power.planned_rows(0.05, 0.01, 0.02, 0.05)


@given(st.floats(1e-12, 0.5), st.integers(1, 1000), st.sampled_from(["score", "exact", "anytime"]))
def test_further_rows_are_within_their_cap(margin: float, n: int, method: str) -> None:
    found = power.further_rows(0, 0, n, margin, 0.05, method)
    assert found is not None
    assert 1 <= found <= NEEDS_CAP


def test_further_rows_are_none_where_the_measured_difference_is_not_below_the_margin() -> None:
    for method in ("score", "exact", "anytime"):
        assert power.further_rows(25, 5, 2000, 0.01, 0.05, method) is None
        assert power.further_rows(5, 5, 2000, 0.0, 0.05, method) is None


@pytest.mark.parametrize(
    ("counts", "margin", "needs"),
    [
        ((1, 1, 40), 0.12, 47),  # 87 rows by the exact method, and the score test alone would say 56
        ((0, 1, 40), 0.08, 40),
        ((1, 1, 40), 0.05, 152),  # from 100 rows on by the score method, 192 of them
    ],
)
def test_fewer_than_a_hundred_rows_are_planned_as_they_are_judged(
    counts: tuple[int, int, int], margin: float, needs: int
) -> None:
    assert power.further_rows(*counts, margin, 0.05) == needs


@pytest.mark.parametrize(
    ("counts", "margin", "method"),
    [
        ((4, 4, 500), 0.01, "score"),
        ((3, 1, 120), 0.05, "score"),
        ((1, 1, 40), 0.12, "score"),
        ((4, 4, 500), 0.01, "exact"),
        ((20, 8, 1000), 0.016, "exact"),
    ],
)
@pytest.mark.parametrize(("share", "low", "high"), [(1.0, 0.72, 0.98), (0.5, 0.0, 0.78)])
def test_further_rows_have_their_power_and_fewer_have_less(
    counts: tuple[int, int, int], margin: float, method: Method, share: float, low: float, high: float
) -> None:
    b, c, n = counts
    needs = power.further_rows(b, c, n, margin, 0.05, method)
    assert needs is not None
    rows = n + round(share * needs)
    drawn = np.random.default_rng(5).multinomial(rows, [b / n, c / n, 1 - (b + c) / n], 600)
    found = paired.differences_at_most(drawn[:, 0], drawn[:, 1], rows, margin, 0.05, method)
    assert low <= np.mean([one.outcome == "pass" for one in found]) <= high


@pytest.mark.parametrize(("b", "c", "n", "margin"), [(4, 4, 500, 0.01), (3, 1, 60, 0.1), (20, 8, 1000, 0.02)])
def test_further_rows_of_e_values_reach_the_evidence_and_fewer_do_not(b: int, c: int, n: int, margin: float) -> None:
    """At the shares seen, ln E reaches ln(1 / alpha) just there."""
    needs = power.further_rows(b, c, n, margin, 0.05, "anytime")
    assert needs is not None and needs > 10
    evidence = [
        float(evalues.log_e_pass(b * rows / n, c * rows / n, rows, margin)[0]) >= -math.log(0.05)
        for rows in (n + needs, n + 0.98 * needs)
    ]
    assert evidence == [True, False]


@pytest.mark.parametrize(("b", "c", "n", "margin"), [(4, 4, 500, 0.01), (18, 20, 214, 0.01), (12, 9, 300, 0.02)])
def test_further_rows_of_e_values_have_an_even_chance(b: int, c: int, n: int, margin: float) -> None:
    needs = power.further_rows(b, c, n, margin, 0.05, "anytime")
    assert needs is not None
    drawn = np.random.default_rng(5).multinomial(needs, [b / n, c / n, 1 - (b + c) / n], 2_000)
    found = paired.differences_at_most(b + drawn[:, 0], c + drawn[:, 1], n + needs, margin, 0.05, "anytime")
    assert np.mean([one.outcome == "pass" for one in found]) == pytest.approx(EVEN, abs=0.04)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.clusters import NEGATIVES
from ml_ci.gates.statistics import cluster_bets, paired
from ml_ci.gates.statistics.cluster_bets import Bets
from tests.gates.clusters import apart, moments

DIFFERENCE = (0, -1, 1, 0, 0, 0, 0, 0)
Kinds = list[tuple[list[int], float, int]]


def bets(kinds: Kinds, largest: float) -> Bets:
    distinct = moments(*kinds).distinct
    assert distinct is not None
    return cluster_bets.place(distinct, DIFFERENCE, NEGATIVES, largest)


@pytest.mark.parametrize(
    ("kinds", "largest", "expected"),
    [
        ([(apart(1, 1, 0), 1, 20), (apart(1, 0, 1), 1, 20), (apart(1, 0, 0), 1, 1960)], 1, 3.210356),
        ([(apart(5, 0, 0), 1, 400)], 5, 2.061253),
        ([(apart(5, 1, 0), 1, 12), (apart(5, 0, 1), 1, 9), (apart(5, 0, 0), 1, 379)], 5, 1.434158),
        ([(apart(5, 0, 0), 1, 400), (apart(50, 0, 0), 1, 1)], 5, 2.068393),
        ([(apart(2, 0, 0), 1, 99), (apart(2, 2, 0), 1, 1), (apart(5, 0, 0), 1, 300)], 5, 1.342797),
    ],
)
def test_golden_evidence(kinds: Kinds, largest: float, expected: float) -> None:
    assert cluster_bets.log_e_pass(bets(kinds, largest), 0.01) == pytest.approx(expected, abs=6e-7)


@given(
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 2000),
    st.floats(-0.5, 0.5),
    st.sampled_from([0.05, 0.001]),
)
@settings(max_examples=60, deadline=None)
def test_one_row_each_is_what_rows_are(b: int, c: int, rest: int, margin: float, alpha: float) -> None:
    kinds: Kinds = [(apart(1, 1, 0), 1, b), (apart(1, 0, 1), 1, c), (apart(1, 0, 0), 1, rest)]
    found = cluster_bets.difference_at_most(bets([one for one in kinds if one[2]], 1), margin, alpha)
    rows = paired.difference_at_most(b, c, b + c + rest, margin, alpha, "anytime")
    assert found.outcome == rows.outcome
    assert (found.p_pass, found.p_fail) == pytest.approx((rows.p_pass, rows.p_fail), abs=1e-9)
    assert found.interval == (None if rows.interval is None else pytest.approx(rows.interval, abs=1e-7))


def test_bounds_p_values_and_outcome_say_the_same() -> None:
    some = bets([(apart(5, 1, 0), 1, 6), (apart(5, 0, 2), 1, 9), (apart(3, 0, 0), 1, 900)], 5)
    for margin in (-0.02, -0.001, 0.0, 0.005, 0.02, 1.0):
        found = cluster_bets.difference_at_most(some, margin, 0.05)
        assert found.low is not None and found.high is not None
        assert (found.outcome == "pass") == (found.high <= margin) == (found.p_pass <= 0.05)
        assert (found.outcome == "fail") == (found.low > margin)
        mirror = cluster_bets.difference_at_least(some.turned(), -margin, 0.05)
        assert (mirror.outcome, mirror.p_pass, mirror.low) == (found.outcome, found.p_pass, -found.high)


def test_clusters_without_rows_of_the_class_are_no_bets() -> None:
    some = bets([(apart(5, 1, 0), 1, 6), ([0, 0, 0, 0, 0, 1, 0, 4], 1, 70)], 5)
    assert some.numbers.sum() == 6
    none = bets([([0, 0, 0, 0, 0, 1, 0, 4], 1, 70)], 5)
    found = cluster_bets.difference_at_most(none, 0.01, 0.05)
    assert (found.outcome, found.reason) == ("inconclusive", "no rows: the difference is undefined")
    assert cluster_bets.times_more(none, 0.01, 0.05) is None


def test_so_many_more_clusters_reach_it() -> None:
    kinds: Kinds = [(apart(5, 1, 0), 1, 12), (apart(5, 0, 1), 1, 9), (apart(5, 0, 0), 1, 379)]
    some = bets(kinds, 5)
    times = cluster_bets.times_more(some, 0.01, 0.05)
    assert times is not None and 1 < times < 3
    grown = Bets(some.sizes, some.differences, some.numbers * times)
    assert cluster_bets.log_e_pass(grown, 0.01) == pytest.approx(-math.log(0.05), abs=1e-3)
    assert cluster_bets.times_more(some, -0.01, 0.05) is None
    assert cluster_bets.times_more(some, 1.0, 0.05) is None


def test_looking_twenty_times_at_the_margin_seldom_passes() -> None:
    """Rows of a cluster alike: a bet a row would be wrong in 35 to 51 of 100 holdouts."""
    rng, wrong, runs, margin = np.random.default_rng(3), 0, 300, 0.02
    for _ in range(runs):
        kinds = rng.choice(3, size=2000, p=[0.03, 0.01, 0.96])
        for look in range(100, 2001, 100):
            b, c = ((kinds[:look] == kind).sum() for kind in (0, 1))
            some = Bets(np.ones(3), np.array([1.0, -1.0, 0.0]), np.array([b, c, look - b - c], dtype=np.float64))
            if cluster_bets.log_e_pass(some, margin) >= -math.log(0.05):
                wrong += 1
                break
    assert wrong / runs <= 0.05

"""Golden values of an independent implementation; alpha .05, one-sided."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.clusters import NEGATIVES, POSITIVES, Moments
from ml_ci.gates.statistics import limits, paired, power, tango
from ml_ci.gates.statistics.design_effect import (
    Effect,
    count,
    grown,
    growth,
    largest_share,
    measure,
    more,
)
from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence
from tests.gates.clusters import apart, errors, moments

WRONG = (0, 0, 1, 1, 0, 0, 0, 0)
DIFFERENCE = (0, -1, 1, 0, 0, 0, 0, 0)

# Petryshen; Eliasziw and Donner 1991: rows, candidate only, baseline only, both.
N = (7, 6, 7, 6, 4, 6, 5, 8, 4, 7, 3, 6, 7, 6, 5, 4, 6, 5, 4, 3, 5, 4, 4, 2, 3, 2, 2, 3, 1)
B = (0, 1, 1, 1, 0, 3, 3, 3, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0)
C = (4, 2, 3, 2, 1, 3, 0, 2, 2, 4, 2, 4, 3, 2, 1, 3, 1, 2, 0, 0, 0, 2, 1, 2, 2, 0, 0, 1, 1)
A = (1, 1, 3, 2, 2, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 1, 2, 1, 0, 2, 1, 0, 1, 0, 0, 0, 0, 1, 0)


def ones(rows: int, wrong: int, weight: float = 1) -> tuple[tuple[list[int], float, int], ...]:
    """Rows that are clusters of their own."""
    return (errors(1, 0), weight, rows - wrong), (errors(1, 1), weight, wrong)


RATES = {
    "1": (
        moments(*ones(148, 15)),
        (1, 13.479730, 13.479730, 1, 148, 15, 0.063518, 0.151768),
    ),
    "2": (moments((errors(5, 0), 1, 300)), (5, 0, 0, 5, 300, 0, 0, 0.009936)),
    "3": (
        moments((errors(10, 0), 1, 27), (errors(10, 10), 1, 3)),
        (10, 270, 27, 10, 30, 3, 0.027816, 0.238598),
    ),
    "4": (
        moments((errors(5, 0), 1, 180), (errors(5, 1), 1, 20)),
        (5, 18, 19.6, 2.979798, 335.593220, 6.711864, 0.009241, 0.037721),
    ),
    "5": (
        moments((errors(5, 0), 1, 196), (errors(5, 5), 1, 4)),
        (5, 98, 19.6, 5, 200, 4, 0.006860, 0.045180),
    ),
    "6": (
        moments((errors(100, 0), 1, 1), (errors(4, 0), 1, 88), (errors(4, 1), 1, 12)),
        (23.2, 16.377600, 11.712, 20.756828, 24.088459, 0.578123, 0.000190, 0.156235),
    ),
    "7": (
        moments(*((errors(n, a + c), 1, 1) for n, a, c in zip(N, A, C, strict=True))),
        (5.340741, 41.086420, 33.333333, 2.837129, 47.583308, 26.435171, 0.426592, 0.679120),
    ),
    "8": (
        moments(*((errors(n, b), 1, 1) for n, b in zip(N, B, strict=True))),
        (5.340741, 28.979753, 17.733333, 3.659523, 36.890053, 5.738453, 0.068389, 0.287730),
    ),
    "10": (
        moments(*ones(200, 10), *ones(100, 1, 20)),
        (18.272727, 406.293388, 29.590909, 16.963701, 129.688683, 1.768482, 0.002061, 0.045122),
    ),
    "11": (
        moments(*ones(148, 15, 20)),
        (20, 5391.891892, 269.594595, 20, 148, 15, 0.063518, 0.151768),
    ),
    "12": (
        moments((errors(2, 0), 2, 54), (errors(2, 1), 2, 6), *ones(40, 2, 10)),
        (7.75, 211.6, 30.4, 7.359121, 86.966914, 4.348346, 0.018258, 0.107411),
    ),
    "13": (
        moments((errors(10, 0), 1, 52), (errors(10, 2), 1, 4), (errors(10, 1), 1, 4)),
        (10, 17.6, 11.76, 8.068006, 74.367816, 1.487356, 0.002318, 0.072186),
    ),
}

PAIRS = {
    "A": (
        moments((apart(1, 1, 0), 1, 12), (apart(1, 0, 1), 1, 9), (apart(1, 0, 0), 1, 1979)),
        0.01,
        (1, 2000, 12, 9, -3.031736, -0.002413, 0.005579, "pass"),
    ),
    "B": (
        moments((apart(5, 5, 0), 1, 4), (apart(5, 0, 5), 1, 3), (apart(5, 0, 0), 1, 393)),
        0.02,
        (5, 400, 4, 3, -2.059932, -0.009885, 0.015534, "pass"),
    ),
    "C": (
        moments((apart(5, 1, 0), 1, 12), (apart(5, 0, 1), 1, 9), (apart(5, 0, 0), 1, 379)),
        0.02,
        (2.950995, 677.737596, 4.066426, 3.049820, -3.064315, -0.005869, 0.009265, "pass"),
    ),
    "D": (
        moments((apart(5, 0, 0), 1, 400)),
        0.01,
        (5, 400, 0, 0, -2.010076, -0.006718, 0.006718, "pass"),
    ),
    "E": (
        moments((apart(5, 0, 0), 1, 200)),
        0.01,
        (5, 200, 0, 0, -1.421338, -0.013347, 0.013347, "inconclusive"),
    ),
    "F": (
        moments((apart(20, 3, 0), 1, 1), (apart(20, 0, 0), 1, 29)),
        0.05,
        (19.385431, 30.951079, 0.154755, 0, None, -0.112356, 0.121720, "inconclusive"),
    ),
    "G": (
        moments(*((apart(n, b, c), 1, 1) for n, b, c in zip(N, B, C, strict=True))),
        0.1,
        (2.249678, 60.008580, 9.334668, 22.225400, None, -0.429866, 0.023042, "pass"),
    ),
    "J": (
        moments((apart(500, 3, 2), 1, 1), (apart(5, 1, 0), 1, 10), (apart(5, 0, 1), 1, 10), (apart(5, 0, 0), 1, 380)),
        0.02,
        (98.151204, 25.470905, 0.132449, 0.122260, None, -0.143685, 0.144408, "inconclusive"),
    ),
    "K": (
        moments((apart(8, 2, 0), 1, 3), (apart(8, 0, 1), 1, 5), (apart(8, 0, 0), 1, 142)),
        0.02,
        (6.348805, 189.011942, 0.945060, 0.787550, -1.693519, -0.016999, 0.019139, "pass"),
    ),
    "L": (
        moments(
            (apart(1, 1, 0), 1, 4),
            (apart(1, 0, 1), 1, 5),
            (apart(1, 0, 0), 1, 491),
            (apart(1, 1, 0), 4, 1),
            (apart(1, 0, 0), 4, 499),
        ),
        0.02,
        (2.677665, 933.649397, 2.987678, 1.867299, -3.897388, -0.003404, 0.006227, "pass"),
    ),
}


@pytest.mark.parametrize("name", RATES)
def test_a_rate_of_clusters(name: str) -> None:
    kept, (size, num, base, ratio, rows, wrong, low, high) = RATES[name]
    effect = measure(kept, WRONG, NEGATIVES)
    assert (effect.size, effect.num, effect.base) == pytest.approx((size, num, base), abs=6e-7)
    assert (effect.ratio, effect.effective_rows) == pytest.approx((ratio, rows), rel=1e-6)
    x, n = count(kept, effect, {2, 3}), effect.effective_rows
    assert x == pytest.approx(wrong, abs=1e-6)
    (found,) = limits.rates_at_most(x, n, 0.05, 0.05, effective=True)
    assert found.interval == pytest.approx((low, high), abs=6e-7)
    (hits,) = limits.rates_at_least(n - x, n, 0.95, 0.05, effective=True)
    assert hits.interval == pytest.approx((1 - high, 1 - low), abs=6e-7)


@pytest.mark.parametrize("name", PAIRS)
def test_a_difference_of_clusters(name: str) -> None:
    kept, margin, (ratio, rows, b, c, statistic, low, high, verdict) = PAIRS[name]
    effect = measure(kept, DIFFERENCE, NEGATIVES)
    assert (effect.ratio, effect.effective_rows) == pytest.approx((ratio, rows), rel=1e-6)
    counts = count(kept, effect, {2}), count(kept, effect, {1}), effect.effective_rows
    assert counts[:2] == pytest.approx((b, c), abs=1e-6)
    (found,) = paired.differences_at_most(*counts, margin, 0.05, effective=True)
    assert found.method == ("exact" if statistic is None else "score")
    if statistic is not None:
        assert float(tango.statistic(*counts, margin)[0]) == pytest.approx(statistic, abs=1e-6)
    assert found.interval == pytest.approx((low, high), abs=6e-7)
    assert found.outcome == verdict
    (mirror,) = paired.differences_at_least(counts[1], counts[0], counts[2], -margin, 0.05, effective=True)
    assert (mirror.outcome, mirror.p_pass) == (found.outcome, found.p_pass)


def test_num_of_the_psychiatric_patients() -> None:
    assert measure(PAIRS["G"][0], DIFFERENCE, NEGATIVES).num == pytest.approx(79.678244, abs=6e-7)


@pytest.mark.parametrize(("name", "expected"), [("E", (413, 2065)), ("K", (130, 1036))])
def test_more_clusters_for_a_margin(name: str, expected: tuple[int, int]) -> None:
    kept, margin, _ = PAIRS[name]
    effect = measure(kept, DIFFERENCE, NEGATIVES)
    counts = count(kept, effect, {2}), count(kept, effect, {1}), effect.effective_rows
    assert more(effect, power.further_rows(*counts, margin, 0.05)) == expected


def test_more_clusters_for_a_limit() -> None:
    effect = measure(RATES["13"][0], WRONG, NEGATIVES)
    further = limits.further_rows(count(RATES["13"][0], effect, {2, 3}), effect.effective_rows, 0.05, 0.05)
    assert more(effect, further) == (99, 986)


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("times", [1.7, 30])
def test_a_grown_holdout_counts_as_what_it_was_grown_for(name: str, times: float) -> None:
    effect = measure(RATES[name][0], WRONG, NEGATIVES)
    wanted = effect.effective_rows * times
    assert grown(effect, growth(effect, wanted)).effective_rows == pytest.approx(wanted, rel=1e-9)


def test_what_needs_no_row_and_what_no_row_decides() -> None:
    effect = measure(RATES["4"][0], WRONG, NEGATIVES)
    assert more(effect, None) == (None, None)
    assert more(effect, NEEDS_CAP) == (NEEDS_CAP, NEEDS_CAP)
    assert more(measure(moments(), WRONG, NEGATIVES), 5) == (None, 5)
    assert growth(Effect(0, 0, 0.0, 0.0, 0.0, 0.0), 5) == math.inf


def test_one_cluster_is_one_row() -> None:
    effect = measure(moments((errors(500, 3), 1, 1)), WRONG, NEGATIVES)
    assert effect.effective_rows == pytest.approx(1.0, rel=0.01)
    (found,) = limits.rates_at_most(0.0, effect.effective_rows, 0.9, 0.05, effective=True)
    assert found.outcome == "inconclusive"


def test_a_large_cluster_that_errs_more_counts_for_less_than_its_size() -> None:
    kept = moments((errors(50, 25), 1, 1), (errors(5, 0), 1, 100))
    effect = measure(kept, WRONG, NEGATIVES)
    assert effect.ratio > effect.size


def test_each_question_has_its_own_effect() -> None:
    kept = moments((apart(5, 5, 0), 1, 10), (apart(5, 0, 1), 1, 30), (apart(5, 0, 0), 1, 160))
    own, other = (measure(kept, scores, NEGATIVES).ratio for scores in (WRONG, (0, 1, 0, 1, 0, 0, 0, 0)))
    both = measure(kept, DIFFERENCE, NEGATIVES).ratio
    assert own > both > other


def test_a_cluster_of_both_classes_counts_in_each() -> None:
    mixed = [3, 0, 1, 0, 0, 2, 0, 4]
    kept = moments((mixed, 1, 50))
    assert (kept.clusters, kept.largest) == ((50, 50, 50), (4, 6, 10))
    assert measure(kept, WRONG, NEGATIVES).size == 4
    assert measure(kept, (0, 0, 0, 0, 1, 1, 0, 0), POSITIVES).size == 6


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(NEGATIVES, 20 / 60), (POSITIVES, 0), (NEGATIVES | POSITIVES, 20 / 60), ({2, 3, 6, 7}, 10 / 14)],
)
def test_the_share_of_the_largest_cluster(cells: frozenset[int], expected: float) -> None:
    kept = moments((errors(20, 10), 1, 1), (errors(4, 1), 1, 4), (errors(4, 0), 1, 6))
    assert largest_share(kept, cells) == pytest.approx(expected)


def test_a_share_that_was_not_counted_is_no_smaller_than_it_may_be() -> None:
    kept = moments((errors(20, 10), 1, 1), (errors(4, 1), 1, 4), (errors(4, 0), 1, 6))
    blind = Moments(kept.rows, kept.totals, kept.products, kept.clusters, kept.largest)
    assert 10 / 14 <= largest_share(blind, {2, 3, 6, 7}) <= 1


@pytest.mark.parametrize("counts", [(-1.0, 5.0), (5.1, 5.0), (math.nan, 5.0), (1.0, math.inf)])
def test_impossible_independent_rows_are_refused(counts: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="independent rows must be numbers"):
        limits.rates_at_most(*counts, 0.05, 0.05, effective=True)
    with pytest.raises(ValueError, match="independent rows must be numbers"):
        paired.differences_at_most(counts[0], 0, counts[1], 0.05, 0.05, effective=True)


KINDS = st.lists(
    st.tuples(st.lists(st.integers(0, 12), min_size=8, max_size=8), st.integers(1, 4), st.integers(1, 30)),
    min_size=1,
    max_size=6,
)


def judged(kept: Moments) -> tuple[Evidence, Evidence]:
    rate, difference = (measure(kept, scores, NEGATIVES) for scores in (WRONG, DIFFERENCE))
    (one,) = limits.rates_at_most(count(kept, rate, {2, 3}), rate.effective_rows, 0.1, 0.05, effective=True)
    b, c = (count(kept, difference, {cell}) for cell in (2, 1))
    return one, paired.differences_at_most(b, c, difference.effective_rows, 0.02, 0.05, effective=True)[0]


def assert_alike(one: tuple[Evidence, ...], other: tuple[Evidence, ...]) -> None:
    for first, second in zip(one, other, strict=True):
        assert first.outcome == second.outcome
        assert first.interval == (None if second.interval is None else pytest.approx(second.interval, abs=1e-9))
        assert (first.p_pass, first.p_fail) == pytest.approx((second.p_pass, second.p_fail), abs=1e-7)


@given(KINDS, st.sampled_from([2, 7, 0.125, 1e-6, 1e6]))
@settings(max_examples=80, deadline=None)
def test_scaled_weights_change_nothing(kinds: list[tuple[list[int], int, int]], scale: float) -> None:
    scaled = [(cells, weight * scale, number) for cells, weight, number in kinds]
    assert_alike(judged(moments(*kinds)), judged(moments(*scaled)))


@given(KINDS)
@settings(max_examples=80, deadline=None)
def test_a_copy_of_each_row_under_its_own_cluster_changes_nothing(kinds: list[tuple[list[int], int, int]]) -> None:
    twice = [([2 * cell for cell in cells], weight, number) for cells, weight, number in kinds]
    assert_alike(judged(moments(*kinds)), judged(moments(*twice)))


@given(st.lists(st.integers(0, 40), min_size=8, max_size=8), st.sampled_from([1, 3, 0.1]))
@settings(max_examples=80, deadline=None)
def test_rows_of_their_own_are_bitwise_what_they_were(cells: list[int], weight: float) -> None:
    kept = moments(*(([int(at == cell) for at in range(8)], weight, rows) for cell, rows in enumerate(cells)))
    n = sum(cells[:4])
    (rate,) = limits.rates_at_most(cells[2] + cells[3], n, 0.1, 0.05)
    (difference,) = paired.differences_at_most(cells[2], cells[1], n, 0.02, 0.05)
    assert judged(kept) == (rate, difference)


@given(KINDS)
@settings(max_examples=60, deadline=None)
def test_clusters_never_count_as_more_than_their_rows(kinds: list[tuple[list[int], int, int]]) -> None:
    kept = moments(*kinds)
    for scores in (WRONG, DIFFERENCE):
        effect = measure(kept, scores, NEGATIVES)
        assert effect.effective_rows <= sum(kept.rows[:4]) * (1 + 1e-9)
        assert np.isfinite(effect.ratio)

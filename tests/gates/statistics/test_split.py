from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import ratio, split

COUNTS = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("counts", "share", "margin", "log_e_pass", "log_e_fail"),
    [
        ((50, 500, 50, 500), 0.5, 0.02, -0.038110, -0.830449),
        ((200, 2000, 200, 2000), 0.5, 0.02, 0.941131, -1.407220),
        ((300, 2000, 200, 2000), 0.5, 0.02, -1.661275, 2.406920),
        ((20, 200, 180, 1800), 0.1, 0.03, 0.171170, -1.655284),
    ],
)
def test_golden_evidence(
    counts: tuple[int, int, int, int], share: float, margin: float, log_e_pass: float, log_e_fail: float
) -> None:
    both = counts[:2], counts[2:]
    assert split.log_e_pass(*both, share, margin, 0.1) == pytest.approx(log_e_pass, abs=1e-6)
    assert split.log_e_fail(*both, share, margin, 0.1) == pytest.approx(log_e_fail, abs=1e-6)


def test_golden_evidence_of_a_ramp() -> None:
    found = split.log_e_pass(([5, 60], [50, 500]), ([100, 50], [950, 500]), [0.05, 0.5], 0.02, 0.1)
    assert found == pytest.approx(-0.510900, abs=1e-6)


@given(COUNTS, COUNTS, st.floats(0.02, 0.98), st.floats(-0.3, 0.3), st.floats(0, 1))
def test_swapped_models_swap_pass_and_fail(
    candidate: tuple[int, int], champion: tuple[int, int], share: float, margin: float, known: float
) -> None:
    there = split.log_e_pass(candidate, champion, share, margin, known)
    back = split.log_e_fail(champion, candidate, 1 - share, -margin, known)
    assert there == pytest.approx(back, rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=5), st.floats(0.05, 0.95))
def test_windows_of_one_share_are_their_rows(
    windows: list[tuple[tuple[int, int], tuple[int, int]]], share: float
) -> None:
    columns = [np.array([window[side] for window in windows]).T for side in (0, 1)]
    apart = split.log_e_pass((*columns[0],), (*columns[1],), [share] * len(windows), 0.02, 0.1)  # type: ignore[arg-type]
    whole = split.log_e_pass(tuple(columns[0].sum(axis=1)), tuple(columns[1].sum(axis=1)), share, 0.02, 0.1)
    assert apart == pytest.approx(whole, abs=1e-8)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("margin", [-0.01, 0.0, 0.03])
def test_a_fair_bet_gains_nothing_on_average(share: float, margin: float) -> None:
    """At the margin E[E] of one row is exactly 1, whatever the rates, and whatever rate was known before."""
    for known in (0.0, 0.1, 1.0):
        rate = 0.2
        mean = np.zeros(16)
        for chance, wrong, row in ((share, rate + margin, 0), (1 - share, rate, 1)):
            for error, part in ((1, wrong), (0, 1 - wrong)):
                sides = [(error, 1) if row == side else (0, 0) for side in (0, 1)]
                mean += chance * part * np.exp(split.bets(*sides, share, margin, known)[0])  # type: ignore[call-arg]
        assert mean == pytest.approx(np.ones(16))


@pytest.mark.parametrize(
    ("share", "margin", "known"),
    [(0.0, 0.02, 0.1), (1.0, 0.02, 0.1), (np.nan, 0.02, 0.1), (0.5, 1.0, 0.1), (0.5, 0, 2)],
)
def test_what_is_no_share_is_refused(share: float, margin: float, known: float) -> None:
    with pytest.raises(ValueError, match="a share lies inside"):
        split.log_e_pass((1, 10), (1, 10), share, margin, known)
    if not 0 < share < 1:
        with pytest.raises(ValueError, match="a share lies inside"):
            ratio.log_e(1, 10, share)


@pytest.mark.parametrize(
    "log_e", [lambda k, n: split.log_e_pass((k, n), (0, 5), 0.5, 0.0, 0.1), lambda k, n: ratio.log_e(k, n, 0.5)]
)
@pytest.mark.parametrize(("wrong", "rows"), [(6, 5), (-1, 5), (np.nan, 5), (1, np.inf)])
def test_counts_that_cannot_be_are_refused(log_e: object, wrong: float, rows: float) -> None:
    with pytest.raises(ValueError, match="counts must be whole numbers"):
        log_e(wrong, rows)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("assigned", "rows", "share", "expected"),
    [
        (500, 1000, 0.5, -2.332272),
        (560, 1000, 0.5, 4.820422),
        (100, 1000, 0.1, -2.388712),
        (150, 1000, 0.1, 9.565354),
        (0, 0, 0.5, 0.0),
    ],
)
def test_golden_sample_ratio(assigned: int, rows: int, share: float, expected: float) -> None:
    assert float(ratio.log_e(assigned, rows, share)[0]) == pytest.approx(expected, abs=1e-6)
    one_by_one = ratio.follow([(assigned, rows, share)])
    assert one_by_one == (pytest.approx(expected, abs=1e-6),)


def test_windows_of_one_share_are_one_segment_and_segments_multiply() -> None:
    found = ratio.follow([(250, 500, 0.5), (250, 500, 0.5), (75, 500, 0.1), (75, 500, 0.1)])
    assert found[1] == pytest.approx(-2.332272, abs=1e-6)
    assert found[3] == pytest.approx(-2.332272 + 9.565354, abs=1e-6)


@given(COUNTS, st.floats(0.01, 0.99))
def test_whose_share_it_is_does_not_matter(counts: tuple[int, int], share: float) -> None:
    k, n = counts
    assert ratio.log_e(k, n, share)[0] == pytest.approx(ratio.log_e(n - k, n, 1 - share)[0], rel=1e-8, abs=1e-8)

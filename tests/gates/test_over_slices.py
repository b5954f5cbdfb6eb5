"""The levels at which a worst slice, a gap and a ratio are proven, from the exact bounds of each slice."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ml_ci.conditions.tree import OverSlices, SliceFunction
from ml_ci.gates.over_slices import judge
from ml_ci.gates.statistics import limits

ALPHA = 0.05
PARTS = [(30, 100), (12, 200), (45, 150)]


def upper(part: tuple[int, int], alpha: float) -> float:
    return float(limits.upper(*part, alpha)[0])


def lower(part: tuple[int, int], alpha: float) -> float:
    return float(limits.lower(*part, alpha)[0])


def test_the_worst_slice_holds_at_the_full_level_and_breaks_at_a_share_of_it() -> None:
    """Every slice has to hold (an intersection); that one of three breaks is a union."""
    found = judge(OverSlices("worst", "fpr", ("g",)), PARTS, 0.5, True, ALPHA)
    assert found.high == max(upper(part, ALPHA) for part in PARTS)
    assert found.low == max(lower(part, ALPHA / 3) for part in PARTS)


def test_the_worst_hit_rate_is_the_lowest_one() -> None:
    found = judge(OverSlices("worst", "recall", ("g",)), PARTS, 0.01, False, ALPHA)
    assert found.high == min(upper(part, ALPHA / 3) for part in PARTS)
    assert found.low == min(lower(part, ALPHA) for part in PARTS)


def test_a_gap_is_bounded_by_pairs_of_different_slices() -> None:
    found = judge(OverSlices("gap", "fpr", ("g",)), PARTS, 0.5, True, ALPHA)
    pairs = [(one, other) for one in PARTS for other in PARTS if one != other]
    assert found.high == max(upper(one, ALPHA / 2) - lower(other, ALPHA / 2) for one, other in pairs)
    most, least = (pick(bound(part, ALPHA / 6) for part in PARTS) for pick, bound in ((max, lower), (min, upper)))
    assert found.low == most - least


def test_a_ratio_is_bounded_by_pairs_of_different_slices() -> None:
    found = judge(OverSlices("ratio", "fpr", ("g",)), PARTS, 20.0, True, ALPHA)
    pairs = [(one, other) for one in PARTS for other in PARTS if one != other]
    assert found.high == max(upper(one, ALPHA / 2) / lower(other, ALPHA / 2) for one, other in pairs)
    most, least = (pick(bound(part, ALPHA / 6) for part in PARTS) for pick, bound in ((max, lower), (min, upper)))
    assert found.low == most / least


def test_a_slice_is_not_compared_with_itself() -> None:
    """One slice of few rows beside one that is known well: its own width is no gap."""
    few, many = (5, 10), (500_000, 1_000_000)
    found = judge(OverSlices("gap", "fpr", ("g",)), [few, many], 1.0, True, ALPHA)
    wide = upper(few, ALPHA / 2) - lower(few, ALPHA / 2)
    assert found.high is not None and found.high < 0.6 * wide


@pytest.mark.parametrize(("limit", "proven"), [(0.24, "fail"), (0.29, "inconclusive"), (0.4, "pass")])
def test_the_outcome_follows_from_the_bounds(limit: float, proven: str) -> None:
    found = judge(OverSlices("worst", "fpr", ("g",)), [(30, 100), (290, 1000)], limit, True, ALPHA)
    assert found.outcome == proven
    assert (found.p_pass <= ALPHA) == (proven == "pass")
    assert (found.p_fail <= ALPHA) == (proven == "fail")


@pytest.mark.parametrize(
    ("function", "metric", "parts", "limit", "upper"),
    [
        ("worst", "recall", [(25, 25), (25, 25)], 1.0, False),
        ("worst", "fpr", [(0, 25), (0, 25)], 0.0, True),
        ("gap", "fpr", [(0, 25), (0, 25)], 0.0, True),
        ("ratio", "fpr", [(5, 25), (5, 25)], 1.0, True),
    ],
)
def test_a_limit_that_is_the_bound_itself_is_not_broken(
    function: SliceFunction, metric: str, parts: list[tuple[int, int]], limit: float, upper: bool
) -> None:
    """No miss was seen: that every row is a hit is not proven, and by no means refuted."""
    found = judge(OverSlices(function, metric, ("g",)), parts, limit, upper, ALPHA)
    assert (found.outcome, found.p_pass, found.p_fail) == ("inconclusive", 1.0, 1.0)


@pytest.mark.parametrize(
    ("function", "metric", "parts", "limit", "upper"),
    [
        ("worst", "fpr", [(15, 100), (16, 100)], 0.2, True),
        ("worst", "recall", [(85, 100), (84, 100)], 0.8, False),
        ("gap", "fpr", [(20, 150), (30, 140)], 0.2, True),
        ("ratio", "fpr", [(20, 100), (30, 120)], 2.0, True),
    ],
)
def test_the_rows_that_are_needed_prove_it_and_fewer_do_not(
    function: SliceFunction, metric: str, parts: list[tuple[int, int]], limit: float, upper: bool
) -> None:
    atom = OverSlices(function, metric, ("g",))
    needs, rows = judge(atom, parts, limit, upper, ALPHA).needs, sum(whole for _, whole in parts)
    assert needs is not None and needs > 1

    def with_more(share: float) -> str:
        times = 1 + share * needs / rows
        grown: Any = [(part * times, whole * times) for part, whole in parts]
        return judge(atom, grown, limit, upper, ALPHA).outcome

    assert [with_more(share) for share in (0.95, 1.0)] == ["inconclusive", "pass"]


def test_rows_that_are_needed_of_a_worst_slice() -> None:
    assert judge(OverSlices("worst", "fpr", ("g",)), [(15, 100), (16, 100)], 0.2, True, ALPHA).needs == 376


def test_no_rows_prove_what_the_measured_rates_break() -> None:
    assert judge(OverSlices("worst", "fpr", ("g",)), [(21, 100), (2, 100)], 0.2, True, ALPHA).needs is None


def test_a_ratio_to_a_slice_without_an_error_has_no_upper_bound() -> None:
    found = judge(OverSlices("ratio", "fpr", ("g",)), [(0, 100), (30, 100)], 5.0, True, ALPHA)
    assert (found.outcome, found.high, found.needs) == ("inconclusive", math.inf, None)
    assert judge(OverSlices("ratio", "fpr", ("g",)), [(0, 100), (30, 100)], 2.0, True, ALPHA).outcome == "fail"

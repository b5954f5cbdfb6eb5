"""The levels at which a worst slice, a gap and a ratio are proven, from the exact bounds of each slice."""

from __future__ import annotations

import pytest

from ml_ci.conditions.tree import OverSlices
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

"""What p-values decide, how evidence is mirrored, and which numbers are no counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml_ci.gates.statistics.values import (
    NEEDS_CAP,
    Evidence,
    Outcome,
    checked_alpha,
    checked_counts,
    columns,
    mirrored,
    outcome,
    squared_ratio,
    whole_rows,
)


def test_nan_proves_nothing() -> None:
    assert outcome(math.nan, math.nan, 0.05) == "inconclusive"
    assert outcome(math.nan, 0.01, 0.05) == "fail"


def test_mirroring_swaps_the_bounds_and_nothing_else() -> None:
    found = Evidence("pass", 0.1, 0.3, 0.01, 0.9, 7, "score", "why")
    assert mirrored(found) == Evidence("pass", -0.3, -0.1, 0.01, 0.9, 7, "score", "why")
    assert mirrored(mirrored(found)) == found
    assert mirrored(Evidence("inconclusive", None, 0.3, 1, 1)).interval is None


def test_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="one-dimensional"):
        columns([[1, 2]], 3)


def test_estimates_stay_whole_and_finite() -> None:
    assert (whole_rows(math.inf), whole_rows(-3), whole_rows(1.2)) == (NEEDS_CAP, 1, 2)
    assert (squared_ratio(3.0, 0.0), squared_ratio(1.0, 1e-300), squared_ratio(-4.0, 2.0)) == (math.inf, 1e200, 4.0)


@pytest.mark.parametrize(
    ("p_pass", "p_fail", "expected"),
    [
        (0.05, 1.0, "pass"),
        (1.0, 0.05, "fail"),
        (0.0500001, 0.0500001, "inconclusive"),
        (math.nan, 1.0, "inconclusive"),
        (1.0, math.nan, "inconclusive"),
        (math.nan, math.nan, "inconclusive"),
    ],
)
def test_a_p_value_of_alpha_proves_and_a_nan_proves_nothing(p_pass: float, p_fail: float, expected: Outcome) -> None:
    assert outcome(p_pass, p_fail, 0.05) == expected


@pytest.mark.parametrize(("rows", "whole"), [(-3.0, 1), (0.2, 1), (7.0, 7), (7.01, 8), (1e300, NEEDS_CAP)])
def test_further_rows_are_rounded_up_and_bounded(rows: float, whole: int) -> None:
    assert whole_rows(rows) == whole


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, -0.1, math.nan])
def test_a_level_that_is_none(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha must lie between 0 and 0\.5"):
        checked_alpha(alpha)


@pytest.mark.parametrize(("whole", "part"), [(3.0, 4.0), (3.0, -1.0), (3.5, 1.0), (3.0, 0.5), (3.0, math.nan)])
def test_counts_that_are_none(whole: float, part: float) -> None:
    with pytest.raises(ValueError, match="counts must be whole numbers"):
        checked_counts(np.array([whole]), np.array([part]))

from __future__ import annotations

import math

import pytest

from ml_ci.gates.statistics.values import NEEDS_CAP, Evidence, columns, mirrored, outcome, squared_ratio, whole_rows


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

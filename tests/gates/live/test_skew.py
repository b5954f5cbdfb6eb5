"""The gate on the share of rows that differ: proven, refuted, or too few rows."""

from __future__ import annotations

import pytest
from scipy.stats import beta, binomtest

from ml_ci.gates.live.skew import bound_rate, judge_skew


@pytest.mark.parametrize(
    ("rows", "mismatches", "limit", "verdict", "needs"),
    [
        (2995, 0, 0.001, "pass", None),
        (2994, 0, 0.001, "inconclusive", 1),
        (50_000, 30, 0.001, "pass", None),
        (50_000, 50, 0.001, "inconclusive", None),
        (50_000, 70, 0.001, "fail", None),
        (600, 0, 0.001, "inconclusive", 2395),
        (600, 78, 0.01, "fail", None),
        (1, 1, 0.999, "inconclusive", None),
        (10, 0, 0.0, "inconclusive", None),
        (0, 0, 0.001, "unjudged", None),
    ],
)
def test_it_takes_a_proof(rows: int, mismatches: int, limit: float, verdict: str, needs: int | None) -> None:
    found = judge_skew(rows, mismatches, limit)
    assert (found.verdict, found.needs) == (verdict, needs)
    assert found.condition == f"skew <= {limit:g}"
    assert found.value == (mismatches / rows if rows else None)
    assert bool(found.reason) == (verdict in ("inconclusive", "unjudged"))


@pytest.mark.parametrize(("rows", "mismatches"), [(50_000, 1_012), (600, 0), (7, 7)])
def test_the_bounds_are_clopper_and_pearsons(rows: int, mismatches: int) -> None:
    gate = judge_skew(rows, mismatches, 0.5).interval
    low = beta.ppf(0.05, mismatches, rows - mismatches + 1) if mismatches else 0.0
    high = beta.ppf(0.95, mismatches + 1, rows - mismatches) if mismatches < rows else 1.0
    assert gate == pytest.approx((low, high), abs=1e-9)
    assert bound_rate(rows, mismatches) == pytest.approx(
        tuple(binomtest(mismatches, rows).proportion_ci(0.95)), abs=1e-9
    )
    assert bound_rate(0, 0) is None

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import replicates
from ml_ci.gates.statistics.replicates import Replicates

NORMAL = np.random.default_rng(0).normal(0.5, 0.1, 1999)


def _found(**changes: object) -> Replicates:
    return Replicates(**{"estimate": 0.5, "values": NORMAL, "rows": (500, 500), **changes})  # type: ignore[arg-type]


def test_symmetric_replicates_give_the_normal_bounds() -> None:
    evidence = replicates.at_most(_found(), 0.7, 0.05)
    assert (evidence.outcome, evidence.method, evidence.reason) == ("pass", "bootstrap", "")
    assert evidence.low == pytest.approx(0.5 - 0.1645, abs=0.015)
    assert evidence.high == pytest.approx(0.5 + 0.1645, abs=0.015)
    assert evidence.p_pass == pytest.approx(0.023, abs=0.01)


@given(
    limit=st.floats(0.1, 0.9),
    alpha=st.sampled_from([0.1, 0.05, 0.01]),
    acceleration=st.floats(-0.1, 0.1),
    estimate=st.floats(0.4, 0.6),
    cautious=st.booleans(),
)
def test_outcome_bounds_and_p_values_say_the_same(
    limit: float, alpha: float, acceleration: float, estimate: float, cautious: bool
) -> None:
    found = _found(estimate=estimate, acceleration=acceleration, cautious=cautious)
    evidence = replicates.at_most(found, limit, alpha)
    high = math.inf if evidence.high is None else evidence.high
    low = -math.inf if evidence.low is None else evidence.low
    assert (evidence.outcome == "pass") == (high <= limit)
    assert (evidence.outcome == "fail") == (low > limit)
    assert (evidence.outcome == "pass") == (evidence.p_pass <= alpha + 1e-12)
    assert (evidence.outcome == "fail") == (evidence.p_fail <= alpha + 1e-12)


def test_at_least_is_the_mirror_image() -> None:
    mirror = Replicates(-0.5, -NORMAL, -0.02, (500, 500))
    least, most = replicates.at_least(_found(acceleration=0.02), 0.4, 0.05), replicates.at_most(mirror, -0.4, 0.05)
    assert (least.outcome, least.p_pass, least.low, least.high) == (
        most.outcome,
        most.p_pass,
        -(most.high or 0),
        -(most.low or 0),
    )


def test_few_undefined_resamples_count_against_either_outcome() -> None:
    values = NORMAL.copy()
    values[:40] = math.nan  # 2%
    whole, holed = replicates.at_most(_found(), 0.7, 0.05), replicates.at_most(_found(values=values), 0.7, 0.05)
    assert holed.high is not None
    assert whole.high is not None
    assert whole.low is not None
    assert holed.low is not None
    assert holed.high > whole.high
    assert holed.low < whole.low


def test_many_undefined_resamples_are_named() -> None:
    values = NORMAL.copy()
    values[:150] = math.nan
    evidence = replicates.at_most(_found(values=values), 0.9, 0.05)
    assert (evidence.outcome, evidence.interval) == ("inconclusive", None)
    assert evidence.reason == "the metric is undefined in 150 of 1,999 resamples"


@pytest.mark.parametrize(("undefined", "usable"), [(100, True), (101, False), (2000, False)])
def test_one_in_twenty_resamples_may_be_undefined(undefined: int, usable: bool) -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 2000)
    values[:undefined] = math.nan
    evidence = replicates.at_most(_found(values=values), 5.0, 0.2)
    assert (evidence.outcome, evidence.reason) == (
        ("pass", "") if usable else ("inconclusive", f"the metric is undefined in {undefined:,} of 2,000 resamples")
    )


def test_an_undefined_estimate() -> None:
    evidence = replicates.at_most(_found(estimate=math.nan), 0.9, 0.05)
    assert (evidence.outcome, evidence.reason) == ("inconclusive", "the metric is undefined on these rows")


def test_a_level_beyond_the_resamples() -> None:
    evidence = replicates.at_most(_found(), 5.0, 1e-6)
    assert (evidence.outcome, evidence.high) == ("inconclusive", None)
    assert evidence.reason == "1,999 defined resamples are too few for a level of 1e-06"


def test_no_spread_is_no_certainty() -> None:
    same = np.full(1999, 0.5)
    rough = replicates.at_most(_found(values=same), 0.9, 0.05)
    assert (rough.outcome, rough.interval) == ("inconclusive", None)
    assert rough.reason == "every resample gives the same value: these rows cannot show its spread"
    smooth = replicates.at_most(_found(values=same, smooth=True), 0.52, 0.05)
    hidden = 2 * (1 - 0.025 ** (1 / 500))
    assert smooth.interval == (pytest.approx(0.5 - hidden), pytest.approx(0.5 + hidden))
    assert smooth.outcome == "pass"
    assert replicates.at_most(_found(values=same, smooth=True), 0.51, 0.05).outcome == "inconclusive"
    assert replicates.at_most(_found(values=same, smooth=True), 0.48, 0.05).outcome == "fail"
    assert replicates.at_most(_found(values=same, smooth=True, rows=(0, 500)), 0.9, 0.05).outcome == "inconclusive"


def test_impossible_limits_and_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be NaN"):
        replicates.at_most(_found(), math.nan, 0.05)
    with pytest.raises(ValueError, match="alpha must lie between"):
        replicates.at_most(_found(), 0.5, 0.0)

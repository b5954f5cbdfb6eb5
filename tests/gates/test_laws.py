"""Laws that hold for every case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ml_ci.gates.evidence import Case
from ml_ci.gates.values import GateResult

Judged = Callable[..., tuple[GateResult, ...]]
Make = Callable[..., Case]
Cells = tuple[int, int, int, int]

GATES = [
    "fpr <= 0.05",
    "recall >= 0.8",
    "precision >= 0.7",
    "accuracy > 0.9",
    "fnr <= baseline.fnr + 0.01",
    "tnr >= baseline.tnr - 0.05",
    "accuracy >= baseline.accuracy",
    "fnr <= 1.2 * baseline.fnr + 0.01",
    "f1 >= baseline.f1 - 0.02",
    "fp + 2 * fn <= 20",
    "0.01 <= selection_rate <= 0.9 and fpr <= 0.3",
    "each(fnr, by=region) <= 0.2",
    "each(fpr, by=region) <= baseline.fpr + 0.05",
    "worst(recall, by=region) >= 0.5",
    "gap(fpr, by=region) <= 0.1",
    "gap(fpr, by=region) <= baseline.gap(fpr, by=region) + 0.1",
    "ratio(fnr, by=region) <= 1.5",
    "mcc >= 0.2",
    "auc >= 0.5",
    "lift >= baseline.lift",
]
# A further error of the candidate can only make these worse.
FALLING = [
    text for text in GATES if not any(name in text for name in ("gap", "ratio", "mcc", "0.01 <= sel", "auc", "lift"))
]

CELLS = st.tuples(*[st.integers(0, 60)] * 4)
SLICES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(CELLS, CELLS), min_size=1, max_size=4)
POLICIES = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from([None, 0.9, 0.99]),
        "method": st.sampled_from(["score", "exact", "anytime"]),
        "min_rows": st.sampled_from([None, 1, 40]),
    }
)
quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quickly
@given(slices=SLICES, policy=POLICIES, gates=st.lists(st.sampled_from(GATES), min_size=1, max_size=4))
def test_every_verdict_is_one_of_four_and_says_why(
    judged: Judged, paired_case: Make, slices: dict[str, tuple[Cells, Cells]], policy: dict[str, Any], gates: list[str]
) -> None:
    results = judged(paired_case(slices, metrics={"lift": 1.0}), *gates, **policy)
    assert {one.condition for one in results} == set(gates)
    for one in results:
        assert one.verdict in ("pass", "fail", "inconclusive", "error")
        assert one.reason
        assert one.interval is None or one.interval[0] <= one.interval[1]
        assert one.verdict == "error" or one.value is not None


@settings(quickly, max_examples=150)
@given(
    slices=SLICES,
    policy=POLICIES,
    gate=st.sampled_from(FALLING),
    worse=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.booleans()), min_size=1, max_size=30),
)
def test_more_errors_never_turn_fail_into_pass(
    judged: Judged,
    paired_case: Make,
    slices: dict[str, tuple[Cells, Cells]],
    policy: dict[str, Any],
    gate: str,
    worse: list[tuple[int, int, bool]],
) -> None:
    more = dict(slices)
    for at, of_class, of_baseline in worse:
        name = sorted(more)[at % len(more)]
        cells = list(more[name])
        cells[of_class] = _one_more_error(cells[of_class], of_baseline)
        more[name] = (cells[0], cells[1])
    before = judged(paired_case(slices), gate, **policy)
    after = judged(paired_case(more), gate, **policy)
    assert [one.slice for one in before] == [one.slice for one in after]
    for old, new in zip(before, after, strict=True):
        assert (old.verdict, new.verdict) != ("fail", "pass")


def _one_more_error(cells: Cells, of_baseline: bool) -> Cells:
    """Let the candidate err on one more row: one that the baseline has wrong, or one that both have right."""
    both, candidate, baseline, neither = cells
    if of_baseline and baseline:
        return both + 1, candidate, baseline - 1, neither
    return (both, candidate + 1, baseline, neither - 1) if neither else cells


@quickly
@given(
    slices=SLICES,
    added=st.tuples(CELLS, CELLS),
    policy=POLICIES,
    gate=st.sampled_from([text for text in GATES if text.startswith("each")]),
    beside=st.sampled_from(["fpr <= 1", "rows >= 0"]),
)
def test_a_slice_more_never_changes_another_slices_verdict(
    judged: Judged,
    paired_case: Make,
    slices: dict[str, tuple[Cells, Cells]],
    added: tuple[Cells, Cells],
    policy: dict[str, Any],
    gate: str,
    beside: str,
) -> None:
    before = {one.slice: one for one in judged(paired_case(slices), gate, beside, **policy) if one.slice}
    after = {one.slice: one for one in judged(paired_case({**slices, "new": added}), gate, beside, **policy)}
    for name, one in before.items():
        assert after[name].verdict == one.verdict
        assert after[name].interval == (None if one.interval is None else pytest.approx(one.interval, abs=1e-13))


@quickly
@given(
    negatives=CELLS,
    positives=CELLS,
    policy=POLICIES,
    gate=st.sampled_from(["fpr", "fnr", "recall", "accuracy", "selection_rate"]),
)
def test_swapping_candidate_and_baseline_mirrors_the_interval(
    judged: Judged, paired_case: Make, negatives: Cells, positives: Cells, policy: dict[str, Any], gate: str
) -> None:
    assume(sum(negatives) and sum(positives))
    there, back = (
        judged(paired_case({"a": one}), f"{gate} <= baseline.{gate} + 0.02", **policy)[0]
        for one in ((negatives, positives), (_swapped(negatives), _swapped(positives)))
    )
    assert there.interval is not None and back.interval is not None
    assert abs(there.interval[0] + back.interval[1]) < 1e-9
    assert abs(there.interval[1] + back.interval[0]) < 1e-9
    assert (there.value, there.baseline) == (back.baseline, back.value)


def _swapped(cells: Cells) -> Cells:
    both, candidate, baseline, neither = cells
    return both, baseline, candidate, neither

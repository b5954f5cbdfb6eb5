"""Counts of folds are compared as they are measured, and prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.gates.differences import find_differences
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.values import Differences, GateResult

Judged = Callable[..., tuple[GateResult, ...]]
Make = Callable[..., Case]

# 5,000 rows a slice, of which the candidate is wrong on far fewer: any method that there is would prove these gates.
BETTER = dict.fromkeys(("north", "south"), ((10, 0, 90, 2400), (10, 0, 90, 2400)))
WORSE = dict.fromkeys(("north", "south"), ((10, 90, 0, 2400), (10, 90, 0, 2400)))
GATES = [
    "fpr <= 0.2",
    "recall >= 0.5",
    "precision >= 0.5",
    "f1 >= 0.1",
    "fpr <= baseline.fpr + 0.01",
    "fnr <= baseline.fnr",
    "each(fnr, by=region) <= 0.2",
    "worst(fnr, by=region) <= 0.2",
    "gap(fpr, by=region) <= 0.2",
    "each(fnr, by=region) <= baseline.fnr + 0.05",
]


@pytest.mark.parametrize("gate", GATES)
def test_nothing_passes_with_a_confidence(judged: Judged, paired_case: Make, gate: str) -> None:
    assert {one.verdict for one in judged(paired_case(BETTER), gate, confidence=0.95)} == {"pass"}
    for result in judged(paired_case(BETTER, folds=5), gate, confidence=0.95):
        assert result.verdict == "inconclusive"
        assert "the models of 5 folds share their training rows" in result.reason
        assert "write @ 0 behind it" in result.reason
        assert result.interval is None


@pytest.mark.parametrize("gate", ["fpr <= 0.01", "fpr <= baseline.fpr", "each(fnr, by=region) <= 0.01"])
def test_nothing_fails_with_a_confidence_either(judged: Judged, paired_case: Make, gate: str) -> None:
    assert judged(paired_case(WORSE), gate, confidence=0.95)[0].verdict == "fail"
    found = judged(paired_case(WORSE, folds=5), gate, confidence=0.95)
    assert {one.verdict for one in found} == {"inconclusive"}


@pytest.mark.parametrize("gate", [*GATES, "fpr <= 0.2 @ 0"])
@pytest.mark.parametrize(("rows", "verdict"), [(BETTER, "pass"), (WORSE, None)])
def test_measured_numbers_judge_as_on_a_holdout(
    judged: Judged, paired_case: Make, gate: str, rows: Any, verdict: str | None
) -> None:
    own, folds = judged(paired_case(rows), gate), judged(paired_case(rows, folds=5), gate)
    assert [one.verdict for one in folds] == [one.verdict for one in own]
    assert verdict is None or {one.verdict for one in folds} == {verdict}
    assert {one.interval for one in folds} == {None}


def test_facts_of_the_job_and_the_baseline_itself_need_no_proof(judged: Judged, paired_case: Make) -> None:
    same = {"north": ((10, 0, 0, 2400), (10, 0, 0, 2400))}
    case = paired_case(same, folds=5, same=True, metrics={"seconds": 3.0})
    found = judged(case, "seconds <= 5", "fpr <= baseline.fpr", confidence=0.95)
    assert [one.verdict for one in found] == ["pass", "pass"]


def test_no_difference_is_told_from_noise(paired_case: Make) -> None:
    assert find_differences(paired_case(WORSE), Policy()).metrics
    assert find_differences(paired_case(WORSE, folds=5), Policy()) == Differences()

"""Joining verdicts."""

from __future__ import annotations

import pytest

from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.verdict import of_gates, overall


@pytest.mark.parametrize(
    ("verdicts", "joined"),
    [
        (["pass"], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        (["fail", "error", "inconclusive", "pass"], "error"),
        (["pass", "unjudged"], "unjudged"),
        (["unjudged", "inconclusive"], "inconclusive"),
        (["unjudged", "fail", "inconclusive"], "fail"),
        ([], "error"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[Verdict], joined: Verdict) -> None:
    assert overall(verdicts) == joined
    assert overall(reversed(verdicts)) == joined


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ([("a", "pass"), ("b", "pass")], "pass"),
        ([("a", "pass"), ("b", "unjudged")], "pass"),
        ([("a", "unjudged"), ("b", "unjudged")], "unjudged"),
        ([("a", "fail"), ("b", "unjudged")], "fail"),
        ([("a", "inconclusive"), ("b", "unjudged")], "inconclusive"),
        ([("a", "error"), ("b", "unjudged")], "error"),
        ([("a", "pass"), ("a", "unjudged")], "unjudged"),
        ([("a", "pass"), ("a", "unjudged"), ("b", "pass")], "pass"),
        ([], "unjudged"),
    ],
)
def test_a_model_passes_by_gates_that_were_judged(results: list[tuple[str, Verdict]], verdict: Verdict) -> None:
    """Results of one condition are one gate: half of it judged is not judged."""
    assert of_gates(GateResult(condition, one) for condition, one in results) == verdict

"""Joining verdicts."""

from __future__ import annotations

import pytest

from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import overall


@pytest.mark.parametrize(
    ("verdicts", "joined"),
    [
        (["pass"], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        (["fail", "error", "inconclusive", "pass"], "error"),
        ([], "error"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[Verdict], joined: Verdict) -> None:
    assert overall(verdicts) == joined
    assert overall(reversed(verdicts)) == joined

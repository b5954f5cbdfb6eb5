"""The exit codes of a look at live rows."""

from __future__ import annotations

import pytest

from ml_ci.cli.watch import code_of
from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import overall
from ml_ci.reports.live.values import ModelWatch, WatchReport


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["pass"], 0),
        (["pass", "pass"], 0),
        (["fail"], 1),
        (["error", "fail", "pass"], 1),
        (["error", "inconclusive"], 2),
        (["inconclusive", "unjudged", "pass"], 4),
        (["unjudged", "pass"], 5),
        ([], 5),
    ],
)
def test_an_alarm_counts_most_and_only_health_is_zero(verdicts: list[Verdict], code: int) -> None:
    models = {f"m{number}": ModelWatch(verdict) for number, verdict in enumerate(verdicts)}
    whole: Verdict = overall(verdicts) if verdicts else "unjudged"
    assert code_of(WatchReport(whole, "2026-01-05T00:00:00+00:00", models)) == code

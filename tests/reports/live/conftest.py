"""Looks at live rows as tests of reports take them: a healthy one, an alarm, too few labels, nothing to watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ml_ci.errors import Failure
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.live.values import Alarm
from ml_ci.gates.values import GateResult
from ml_ci.live.values import Coverage, Weighed, Window
from ml_ci.records.origin import Origin
from ml_ci.registry.values import Worth
from ml_ci.reports.live.values import Beside, CanaryReport, ModelWatch, WatchReport
from ml_ci.spec.values import Cost

FPR, FNR = "fpr <= 0.05", "fnr <= holdout.fnr + 0.05"
SINCE, WEEK = datetime(2026, 1, 5, 9, 30, tzinfo=UTC), timedelta(days=7)
LINE = 6.2555


def day(weeks: float) -> str:
    """Give a time so many weeks after the promotion."""
    return (SINCE + weeks * WEEK).isoformat(timespec="seconds")


def window(week: int, fp: int, fn: int, *, labelled: int = 130, closed: bool = True) -> Window:
    """Make a week of 100 negatives and 30 positives, of which some are answered wrongly."""
    counts = Confusion(tp=30 - fn, fp=fp, tn=100 - fp, fn=fn) if labelled else Confusion()
    caught = counts.tp + counts.fp
    return Window(
        begin=day(week),
        end=day(week + 1),
        closed=closed,
        rows=140,
        positive=caught + 2,
        counts=counts,
        decided_positive=Coverage(caught + 2, caught) if closed else Coverage(0, 0),
        decided_negative=Coverage(138 - caught, 130 - caught) if closed else Coverage(0, 0),
    )


def healthy() -> ModelWatch:
    """Watch a champion that is as good as on its holdout: eight weeks were judged, one is open."""
    weeks = tuple(window(week, 3, 4) for week in range(8))
    return ModelWatch(
        verdict="pass",
        version="3",
        since=day(0),
        commit="9d1e2f3" + "0" * 33,
        threshold=0.5,
        holdout=Confusion(tp=352, fp=31, tn=972, fn=50),
        window=7 * 86400.0,
        delay=30 * 86400.0,
        false_alarms=5 * 365 * 86400.0,
        windows=(*weeks, replace(window(8, 0, 0, labelled=0, closed=False), positive=12)),
        gates=(
            GateResult(FPR, "pass", value=0.03, limit=0.05, line=21),
            GateResult(FNR, "pass", value=0.1333, limit=0.2225, baseline=0.1244, line=22),
        ),
        evidence={FPR: (-1.0, -0.9, -0.8, -0.8, -0.7, -0.7, -0.7, -0.6), FNR: (-0.5,) * 8},
        line=LINE,
        drift={"tenure": (0.1, 0.4, *(7.9,) * 6), "score": (None, None, *(0.1,) * 6)},
        drift_line=7.6,
        drifted={"tenure": 2},
        waiting=610,
        last_row=day(12.5),
        cost=Cost(5.0, 120.0, "USD"),
        worth=Worth("2", 2.57, "USD", (1.02, 4.31), 0.9),
    )


def alarming() -> ModelWatch:
    """Watch a champion that misses more and more from its fifth week on."""
    model = healthy()
    weeks = tuple(window(week, 3, 4 if week < 5 else 15) for week in range(8))
    said = "14 of 30 misses in the week from 2026-02-23: above the limit; at most one false alarm in five years"
    gates = (model.gates[0], replace(model.gates[1], verdict="fail", value=0.2708, reason=said))
    return replace(
        model,
        verdict="fail",
        windows=(*weeks, model.windows[-1]),
        gates=gates,
        alarms=(Alarm(FNR, 7, weeks[7].begin, "ab" * 16),),
        evidence={**model.evidence, FNR: (-0.5, -0.5, -0.5, -0.4, -0.4, 1.9, 4.2, 6.9)},
    )


def sampled() -> ModelWatch:
    """Watch a champion of whose negative decisions one in twenty gets a label, drawn at random."""
    model = healthy()
    weighed = (Weighed(True, 1.0, 0, 26), Weighed(True, 0.05, 1, 0), Weighed(False, 1.0, 3, 0))
    one = replace(model.windows[0], weighed=(*weighed, Weighed(False, 0.05, 0, 5)), counts=Confusion(26, 3, 5, 1))
    return replace(model, windows=(one, *model.windows[1:]))


def nothing() -> ModelWatch:
    """Watch a model that has no champion."""
    failure = Failure("live", "no-champion", "`spam` has no champion yet", "Promote one: ml-ci promote spam")
    return ModelWatch("unjudged", failure=failure)


def report(**models: ModelWatch) -> WatchReport:
    """Make the report of a look at these models."""
    from ml_ci.gates.verdict import overall

    verdict = overall(model.verdict for model in models.values())
    origin = Origin("schedule", "refs/heads/main", "github 17/1")
    return WatchReport(verdict, day(13), models, "1" * 40, "ml-ci.yaml", origin)


def canary(decision: str = "promote") -> CanaryReport:
    """Make the report of a canary that got a tenth, then half of the traffic."""
    verdict = {"promote": "pass", "roll back": "fail", "continue": "inconclusive"}[decision]
    gate = "fnr <= baseline.fnr + 0.02"
    counts = (Confusion(30, 4, 96, 3), Confusion(270, 40, 860, 30))
    return CanaryReport(
        model="churn",
        stage="canary",
        decision=decision,  # type: ignore[arg-type]
        when=day(4),
        reason="every gate of the stage holds, proven with 95% confidence",
        version="4",
        training="f" * 64,
        since=day(0),
        champion="3",
        traffic="10%",
        windows=(
            Beside(day(0), day(1), True, *counts, 0.1, (150, 1400), (Coverage(140, 133), Coverage(1300, 1200))),
            Beside(day(1), day(2), True, *counts, 0.5, (700, 720)),
        ),
        gates=(GateResult(gate, verdict, value=0.09, limit=0.12, baseline=0.1),),  # type: ignore[arg-type]
        evidence={gate: (0.4, 3.2)},
        line=2.996,
        against={gate: (-0.2, -2.0)},
        against_line=2.996,
        ratio=(-2.3, -2.4),
        commit="1" * 40,
        config="ml-ci.yaml",
    )


WATCHES: dict[str, Callable[[], WatchReport]] = {
    "healthy": lambda: report(churn=healthy()),
    "alarm": lambda: report(churn=alarming()),
    "sampled": lambda: report(churn=sampled()),
    "too_few": lambda: report(churn=replace(healthy(), verdict="inconclusive")),
    "nothing": lambda: report(spam=nothing()),
    "several": lambda: report(churn=alarming(), spam=nothing(), fraud=healthy()),
}


@pytest.fixture
def watches() -> dict[str, Callable[[], WatchReport]]:
    return WATCHES

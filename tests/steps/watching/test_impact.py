"""What a champion's errors cost on live rows, of the windows that looks have closed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.values import Coverage, Reference, Window
from ml_ci.plan.plan import WINDOWS
from ml_ci.records.store import Store
from ml_ci.registry.values import Event
from ml_ci.spec.live import LiveSource, LiveSpec
from ml_ci.spec.values import Cost, FileEntry, FunctionJob, ModelSpec, Positive
from ml_ci.steps.watching.freeze import Frozen, freeze, row_of_champion
from ml_ci.steps.watching.impact import say_impact

SINCE = "2026-01-05T09:30:00+00:00"
MODEL = ModelSpec(
    "churn",
    FunctionJob("m:t"),
    {"train": FileEntry("a.csv")},
    holdout=FileEntry("b.csv"),
    label="y",
    positive=Positive((1,)),
    live=LiveSpec(LiveSource("logs"), "id", "at"),
    cost=Cost(fp=2.0, fn=10.0),
)
MOVE = Event("e", "promotion", "churn", SINCE, "ada", "3")
WEEK = Window(SINCE, "2026-01-12T09:30:00+00:00", True, 20, 9, Confusion(8, 1, 9, 2), Coverage(9, 9), Coverage(11, 11))


@pytest.fixture
def project(tmp_path: Path) -> Any:
    spec = SimpleNamespace(models={"churn": MODEL})
    return SimpleNamespace(store=Store(tmp_path / ".ml_ci"), spec=spec)


def test_it_is_told_of_closed_windows(project: Any) -> None:
    assert say_impact(project, MOVE) == ()
    freeze(project, row_of_champion(MODEL, "3", SINCE), Frozen(), [WEEK], Reference(Confusion(9, 1, 9, 1)))
    [said] = say_impact(project, MOVE)
    assert said.startswith("v3 on live rows: at 2 a false alarm and 10 a miss, errors cost 22.00 in 1 window")
    assert say_impact(project, replace(MOVE, stage="shadow")) == ()


def test_windows_of_another_version_leave_the_rest_of_the_history_told(project: Any) -> None:
    with project.store.draft() as draft:
        project.store.keep(
            draft, WINDOWS, row_of_champion(MODEL, "3", SINCE).key(0), {"model": "churn", "windows": [{}]}
        )
    said = "v3 on live rows: not known, the windows of churn were kept by another version of ml-ci"
    assert say_impact(project, MOVE) == (said,)

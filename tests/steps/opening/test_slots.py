"""How many jobs a run does at once, and who is asked for it, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.steps.opening import project
from ml_ci.steps.opening.project import make_slots
from ml_ci.steps.values import Options

SPEC: Any = SimpleNamespace(nodes={"churn": SimpleNamespace(resources=None)})
THERE = {"ML_CI_EXECUTOR": "ray://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("environment", "jobs", "number", "asked"),
    [
        ({}, None, 1, 0),
        ({}, 4, 4, 0),
        ({"ML_CI_EXECUTOR": "local"}, 1, 1, 0),
        (THERE, None, 6, 1),
        (THERE, 1, 1, 0),
        (THERE, 4, 4, 1),  # asked all the same: that has its workers started
        (THERE, 40, 40, 1),
    ],
)
def test_a_cluster_is_asked_when_there_is_work(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], jobs: int | None, number: int, asked: int
) -> None:
    calls = []

    def count(environment: object, resources: object) -> int:
        calls.append(resources)
        return 6

    monkeypatch.setattr(project, "count_slots", count)
    slots = make_slots(SPEC, Options(None, environment=environment, jobs=jobs))
    assert calls == [] and slots.single == (number == 1)
    slots.widen()
    assert (slots.number, len(calls), slots.single) == (number, asked, number == 1)

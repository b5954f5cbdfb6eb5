"""Counts of several answers a row are judged again as such, and only where they can be of so many."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.values import ModelReport, Scoring, Side
from ml_ci.review.recounted import recounted
from ml_ci.spec.values import FileEntry, FunctionJob, GateSpec, ModelSpec, Positive


def model(*gates: str, **more: Any) -> ModelSpec:
    return ModelSpec(
        "m",
        FunctionJob("job:train"),
        {},
        holdout=FileEntry("h.csv"),
        label="y",
        positive=Positive((1,)),
        gates=tuple(GateSpec(gate, parse(gate)) for gate in gates),
        **more,
    )


def report(counts: Confusion, scoring: Scoring | None, gate: str, value: float) -> ModelReport:
    side = Side("a" * 64, counts, {}, {}, None, "evaluate")
    found = GateResult(gate, "pass", value=value)
    return ModelReport("pass", "evaluate", candidate=side, gates=(found,), scoring=scoring)


@pytest.mark.parametrize(
    ("counts", "scoring", "more", "said"),
    [
        pytest.param((400, 100, 400, 100), Scoring(5), {"repeats": 5}, "", id="20 false alarms a repetition"),
        pytest.param((400, 100, 400, 100), Scoring(5), {}, "", id="a change that asks more often"),
        pytest.param((400, 100, 400, 100), Scoring(1), {}, "the report says pass", id="100 of one"),
        pytest.param((400, 100, 400, 100), None, {}, "the report says pass", id="it does not say"),
        pytest.param((400, 100, 400, 100), Scoring(4), {"repeats": 5}, "scored 4 times", id="fewer than asked for"),
        pytest.param((400, 100, 401, 100), Scoring(5), {}, "not of 5 answers for each row", id="of no whole rows"),
        pytest.param((400, 100, 400, 100), Scoring(1000), {}, "not of 1000 answers", id="more answers than there are"),
    ],
)
def test_a_number_of_rows(counts: tuple[int, int, int, int], scoring: Scoring, more: dict[str, Any], said: str) -> None:
    found = recounted(report(Confusion(*counts), scoring, "fp <= 25", 20.0), model("fp <= 25", **more))
    assert (found.verdict == "error") is bool(said)
    assert said in (found.failure.message if found.failure else "")


def test_models_of_seeds_are_asked_once_each() -> None:
    counts = Confusion(80, 20, 80, 20)
    found = recounted(report(counts, Scoring(1), "fp <= 25", 20.0), model("fp <= 25", repeats=5, seeds=5))
    assert found.verdict == "pass"

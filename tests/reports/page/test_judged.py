"""The chart of the judgements on a holdout: which are drawn, what it says, what it leaves out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.clusters import Weighted
from ml_ci.gates.values import GateResult, Judgement, Verdict
from ml_ci.reports.as_json import dumps, loads
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.curves.judged import judged
from ml_ci.reports.page.page import render
from ml_ci.reports.values import ModelReport, Report

Reports = dict[str, Callable[[], Report]]


def look(number: int, fp: int, fn: int, verdict: Verdict = "pass") -> Judgement:
    return Judgement(f"2026-01-{number:02}T00:00:00+00:00", "c" * 40, verdict, False, 100 - fn, fp, 200 - fp, fn)


LOOKS = (look(1, 4, 10), look(2, 6, 9), look(3, 40, 30, "fail"))


@pytest.fixture
def model(reports: Reports) -> ModelReport:
    [found] = reports["passed"]().models.values()
    return replace(found, judgements=LOOKS)


def test_every_judgement_is_drawn_with_its_interval_and_the_limit(model: ModelReport) -> None:
    gates = (
        GateResult("fpr <= 0.05", "pass", None, 0.03, 0.05),
        GateResult("fnr <= baseline.fnr", "pass", None, 0.1, 0.1),
    )
    figure = judged(replace(model, gates=gates))
    assert figure is not None
    assert (
        figure.said == "Judgements on this holdout: 3 judgements, 2 passed; 40 false alarms and 30 misses in the latest"
    )
    assert "limits dashed" in figure.reading
    layers: list[Any] = figure.spec["layer"]
    [limit] = [one for one in layers if one["mark"]["type"] == "line"]
    assert {point["y"] for point in limit["data"]["values"]} == {0.05}, "a relative gate has no line of its own"
    drawn = [point["y"] for one in layers if one["mark"]["type"] == "point" for point in one["data"]["values"]]
    assert sorted(drawn) == [0.02, 0.03, 0.09, 0.1, 0.2, 0.3]
    for one in (layer for layer in layers if layer["mark"]["type"] == "rule"):
        assert all(0 <= value["y"] < value["v"] <= 1 for value in one["data"]["values"])


@pytest.mark.parametrize("known", [(), LOOKS[:1]])
def test_one_judgement_is_no_history(model: ModelReport, known: tuple[Judgement, ...]) -> None:
    assert judged(replace(model, judgements=known)) is None


def test_rows_with_weights_have_no_chart_of_counts(model: ModelReport) -> None:
    assert model.candidate is not None
    weighted = replace(model.candidate, weights=Weighted(1.0, 2.0, 3.0, 4.0))
    assert judged(replace(model, candidate=weighted)) is None


def test_a_rate_without_rows_is_left_out(model: ModelReport) -> None:
    empty = replace(LOOKS[0], tp=0, fn=0)
    figure = judged(replace(model, judgements=(empty, *LOOKS[1:])))
    assert figure is not None
    points = [one for one in figure.spec["layer"] if one["mark"]["type"] == "point"]
    assert sum(len(one["data"]["values"]) for one in points) == 5


@pytest.mark.skipif(not draw.is_there(), reason="the extra `report` is not installed")
def test_it_stands_in_the_page_of_a_model_without_scores_too(reports: Reports, model: ModelReport) -> None:
    report = replace(reports["passed"](), models={"churn": replace(model, pictures=None)})
    page = render(report)
    assert "<h3>Judgements</h3>" in page and 'aria-label="Judgements on this holdout' in page
    assert 'data-of="' not in page.partition("Judgements")[0].rpartition("<section")[2], "no slider without cuts"


def test_they_are_in_the_json_and_read_back(reports: Reports, model: ModelReport) -> None:
    report = replace(reports["passed"](), models={"churn": model})
    assert loads(dumps(report)).models["churn"].judgements == LOOKS


WRONG = [("when", "<b>"), ("fp", -1), ("verdict", "fine"), ("commit", "x"), ("tp", 1.5), ("promoted", "no")]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_is_no_judgement_is_refused(reports: Reports, model: ModelReport, name: str, value: object) -> None:
    data = json.loads(dumps(replace(reports["passed"](), models={"churn": model})))
    data["models"]["churn"]["judgements"][1][name] = value
    with pytest.raises(UserError, match="judgements"):
        loads(json.dumps(data))


def test_too_many_are_refused(reports: Reports, model: ModelReport) -> None:
    data = json.loads(dumps(replace(reports["passed"](), models={"churn": model})))
    data["models"]["churn"]["judgements"] *= 100
    with pytest.raises(UserError, match="judgements"):
        loads(json.dumps(data))

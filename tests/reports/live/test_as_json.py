"""The JSON of a look at live rows: the design's keys, no NaN, read back as untrusted data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.reports.live.as_json import (
    canary_to_json,
    dump_canary,
    dump_watch,
    load_canary,
    load_watch,
    watch_to_json,
)
from ml_ci.reports.live.values import WatchReport

from .conftest import FNR, WATCHES, canary, healthy, report

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("name", WATCHES)
def test_what_is_written_is_read_back(name: str) -> None:
    found = WATCHES[name]()
    assert load_watch(dump_watch(found)) == found


@pytest.mark.parametrize("decision", ["promote", "roll back", "continue"])
def test_a_canary_is_read_back(decision: str) -> None:
    found = canary(decision)
    assert load_canary(dump_canary(found)) == found


def test_the_keys_are_the_designs(watches: dict[str, Callable[[], WatchReport]]) -> None:
    said = watch_to_json(watches["alarm"]())
    assert said["format"] == 1 and said["verdict"] == "fail"
    model = said["models"]["churn"]
    assert model["alarms"] == [{"gate": FNR, "window": 7, "begin": "2026-02-23T09:30:00+00:00", "id": "ab" * 16}]
    assert {"verdict", "windows", "gates", "alarms"} <= set(model)
    first = model["windows"][0]
    assert (first["fn"], first["positives"], first["fnr"], first["cost"]) == (4, 30, 4 / 30, 3 * 5 + 4 * 120)
    assert model["coverage"]["negative"]["due"] == sum(one["coverage"]["negative"]["due"] for one in model["windows"])
    assert model["cost"]["worth"] == {
        "before": "2",
        "saved": 2.57,
        "currency": "USD",
        "interval": [1.02, 4.31],
        "level": 0.9,
    }
    said = canary_to_json(canary())
    assert said["decision"] == "promote" and said["gates"][0]["verdict"] == "pass"


def test_rates_of_sampled_labels_count_each_row_as_often_as_it_weighs() -> None:
    first = watch_to_json(WATCHES["sampled"]())["models"]["churn"]["windows"][0]
    assert first["fn"] == 1 and first["fnr"] == 20 / 46 and first["fpr"] == 3 / 103
    assert first["weights"] == {"tp": 26.0, "fp": 3.0, "tn": 100.0, "fn": 20.0}
    assert first["cost"] == 3 * 5 + 20 * 120


def test_what_is_not_finite_is_null() -> None:
    model = replace(healthy(), evidence={FNR: (float("-inf"), float("nan"), 0.5, None)}, threshold=float("nan"))
    said = json.loads(dump_watch(report(churn=model)))["models"]["churn"]
    assert said["evidence"][FNR] == [None, None, 0.5, None] and said["threshold"] is None


def _model(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda data: change(data["models"]["churn"])


HOSTILE: dict[str, tuple[Change, str]] = {
    "another format": (lambda data: data.update(format=2), "has format 2"),
    "a pass beside an alarm": (_model(lambda m: m.update(verdict="pass")), "says pass, and what it rests on does not"),
    "a pass of the whole": (lambda data: data.update(verdict="pass"), "the report says pass"),
    "an alarm of no gate": (_model(lambda m: m["alarms"][0].update(gate="fpr <= 1")), "an alarm is of a gate"),
    "an alarm of an open window": (_model(lambda m: m["alarms"][0].update(begin=m["windows"][-1]["begin"])), "alarm"),
    "an id with signs": (_model(lambda m: m["alarms"][0].update(id="<!-- ab -->" * 2)), "alarms.0.id"),
    "counts that do not add up": (_model(lambda m: m["windows"][0].update(tp=999)), "are not the sums"),
    "more labels than rows": (
        _model(lambda m: m["windows"][0]["coverage"]["negative"].update(labelled=10**6)),
        "more rows have a label than are due",
    ),
    "a probability above 1": (
        _model(lambda m: m["windows"][0]["weighed"].append(_weighed(1.5))),
        "weighed.0.probability",
    ),
    "a model's name": (lambda data: data["models"].update({"../x": data["models"]["churn"]}), "models"),
    "a time that is none": (_model(lambda m: m.update(since="<b>")), "since"),
    "a commit that is none": (_model(lambda m: m.update(commit="main")), "commit"),
    "a missing key": (_model(lambda m: m.pop("windows")), "windows"),
    "a text as a number": (_model(lambda m: m["windows"][0].update(fp="3")), "fp"),
}


def _weighed(probability: float) -> dict[str, Any]:
    return {"positive": True, "probability": probability, "wrong": 1, "right": 0}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_somebody_changed_is_refused_by_name(name: str) -> None:
    change, told = HOSTILE[name]
    data = watch_to_json(WATCHES["alarm"]())
    change(data)
    with pytest.raises(UserError) as error:
        load_watch(json.dumps(data))
    assert told in error.value.message
    assert "watch" in error.value.hint


@pytest.mark.parametrize(
    ("text", "told"), [("[]", "list in place of an object"), ('{"format": NaN}', "NaN is no JSON"), ("", "is no JSON")]
)
def test_what_is_no_report_is_refused(text: str, told: str) -> None:
    for load in (load_watch, load_canary):
        with pytest.raises(UserError, match=told):
            load(text)


def test_a_canary_that_its_gates_do_not_allow_is_refused() -> None:
    for change in ({"decision": "promote"}, {"gates": []}, {"version": None}):
        data = canary_to_json(canary("continue" if "decision" in change else "promote"))
        data.update(change)
        with pytest.raises(UserError, match="it says promote"):
            load_canary(json.dumps(data))


def test_rates_are_counted_again_and_never_believed() -> None:
    data = watch_to_json(WATCHES["healthy"]())
    data["models"]["churn"]["windows"][0].update(fnr=0.0, cost=0.0)
    data["models"]["churn"]["coverage"]["negative"]["share"] = 0.1
    assert watch_to_json(load_watch(json.dumps(data))) == watch_to_json(WATCHES["healthy"]())

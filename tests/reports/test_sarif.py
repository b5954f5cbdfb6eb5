"""`sarif-schema-2.1.0.json` is the schema of npm's @microsoft/jest-sarif 1.0.0-beta.0, without its descriptions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ml_ci.gates.values import GateResult
from ml_ci.reports.sarif import render
from ml_ci.reports.values import ModelReport, Report

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8"))


def run_of(report: Report) -> dict[str, Any]:
    data = json.loads(render(report))
    run: dict[str, Any] = data["runs"][0]
    return run


def test_it_fits_the_schema(any_report: Report) -> None:
    data = json.loads(render(any_report))
    jsonschema.Draft4Validator(SCHEMA).validate(data)
    rules = data["runs"][0]["tool"]["driver"]["rules"]
    for result in data["runs"][0]["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["message"]["text"]) < 5_000 and "\x1b" not in result["message"]["text"]


def test_a_pass_has_no_result(reports: dict[str, Callable[[], Report]]) -> None:
    assert run_of(reports["passed"]())["results"] == []


def test_every_gate_that_does_not_pass_is_a_result(reports: dict[str, Callable[[], Report]]) -> None:
    results = run_of(reports["failed_by_data"]())["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("gate-failed", "error"),
        ("gate-inconclusive", "warning"),
    ]
    assert results[0]["message"]["text"].startswith(
        "churn: fnr <= baseline.fnr + 0.01: Misses 50 → 80 (+30 of 402): FNR 12.4% → 19.9%"
    )
    assert "(region = north)" in results[1]["message"]["text"]


@pytest.mark.parametrize("name", ["crashed", "no_model"])
def test_what_ended_the_run_is_a_result(reports: dict[str, Callable[[], Report]], name: str) -> None:
    assert [one["ruleId"] for one in run_of(reports[name]())["results"]] == ["run-error"]


@pytest.mark.parametrize("name", ["nothing_gated", "unjudged"])
def test_a_model_without_a_judged_gate_is_one_warning(reports: dict[str, Callable[[], Report]], name: str) -> None:
    (result,) = run_of(reports[name]())["results"]
    assert (result["ruleId"], result["level"]) == ("unjudged", "warning")
    assert "for example" in result["message"]["text"]


def test_what_the_bases_yardstick_says_is_a_result(reports: dict[str, Callable[[], Report]]) -> None:
    (result,) = run_of(reports["two_yardsticks"]())["results"]
    assert result["ruleId"] == "gate-failed"
    assert result["message"]["text"].startswith(
        "churn, by the base's yardstick: fnr <= 0.1: Misses 0 → 40 (+40 of 100): FNR"
    )


def test_a_result_stands_at_the_gates_line() -> None:
    gate = GateResult("fpr <= 0.05", "fail", None, 0.1, 0.05, line=12)
    report = Report(
        "fail", None, None, {"m": ModelReport("fail", "train", gates=(gate,))}, config="my models/ml-ci.yaml"
    )
    place = run_of(report)["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "my%20models/ml-ci.yaml"}, "region": {"startLine": 12}}
    unknown = replace(
        report, config=None, models={"m": ModelReport("fail", "train", gates=(replace(gate, line=None),))}
    )
    place = run_of(unknown)["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "ml-ci.yaml"}, "region": {"startLine": 1}}


def test_a_result_is_known_again_when_its_numbers_move() -> None:
    def prints(value: float, condition: str = "fpr <= 0.05", where: str | None = None) -> str:
        gates = (GateResult(condition, "fail", where, value, 0.05),)
        found = run_of(Report("fail", None, None, {"m": ModelReport("fail", "train", gates=gates)}))["results"][0]
        return str(found["partialFingerprints"]["mlCiGate/v1"])

    assert prints(0.1) == prints(0.2)
    assert len({prints(0.1), prints(0.1, "fnr <= 0.05"), prints(0.1, where="a = b")}) == 3


def test_links_and_placeholders_are_shown_as_text() -> None:
    gate = GateResult("[x](https://evil.example) {0} <= 1", "fail", None, 0.1, 0.05)
    text = run_of(Report("fail", None, None, {"m": ModelReport("fail", "train", gates=(gate,))}))["results"][0][
        "message"
    ]
    assert "\\[x\\](https://evil.example) {{0}}" in text["text"]


def test_at_most_five_thousand_results() -> None:
    gate = GateResult("fpr <= 0.05", "fail", None, 0.1, 0.05)
    report = Report("fail", None, None, {"m": ModelReport("fail", "train", gates=(gate,) * 6_000)})
    assert len(run_of(report)["results"]) == 5_000

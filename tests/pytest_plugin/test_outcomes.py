"""What a session with passing and failing gates leaves behind, in one process and among workers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RELATIVE = "ml-ci.yaml.churn::fnr <= baseline.fnr + 0.01"


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory, trained: Any) -> Path:
    """Give a project with a model that got worse, and one that is new and good."""
    path = tmp_path_factory.mktemp("worse")
    shutil.copytree(trained.path, path, dirs_exist_ok=True)
    project = type(trained)(path, trained.log, (), None)
    project.configure(
        churn=["fnr <= baseline.fnr + 0.01", "fpr <= 0.2", "each(fnr, by=region) <= 0.75"], fresh=["fpr <= 0.2"]
    )
    project.worsen()
    return path


@pytest.fixture(scope="module", params=[(), ("-n2",)], ids=["one-process", "xdist"])
def judged(request: pytest.FixtureRequest, worse: Path, judge: Callable[..., Any]) -> Any:
    """Judge the project."""
    return judge(worse, *request.param)


def test_every_gate_is_an_item_with_its_own_outcome(judged: Any) -> None:
    outcomes = {name: case.find("failure") is None for name, case in judged.cases.items()}
    assert outcomes == {
        RELATIVE: False,
        "ml-ci.yaml.churn::fpr <= 0.2": True,
        "ml-ci.yaml.churn::each(fnr, by=region) <= 0.75": False,
        "ml-ci.yaml.fresh::fpr <= 0.2": True,
    }
    assert judged.code == pytest.ExitCode.TESTS_FAILED
    assert "2 failed, 2 passed" in judged.text
    assert "FAILED ml-ci.yaml::churn::fnr <= baseline.fnr + 0.01 - ✗ Misses 10 → 70 (+60" in judged.text


def test_junit_holds_what_each_gate_rests_on(judged: Any) -> None:
    found = judged.properties(RELATIVE)
    assert found["ml_ci_model"] == "churn"
    assert found["ml_ci_verdict"] == "fail"
    assert found["ml_ci_action"] in ("train", "evaluate", "reuse")
    assert (float(found["ml_ci_value"]), float(found["ml_ci_baseline"])) == (0.7, 0.1)
    assert float(found["ml_ci_limit"]) == pytest.approx(0.11)
    low, high = json.loads(found["ml_ci_interval"])
    assert low < 0.6 < high
    assert found["ml_ci_level"] == "0.95"
    assert found["ml_ci_record"]
    assert judged.properties("ml-ci.yaml.churn::each(fnr, by=region) <= 0.75")["ml_ci_slice"] == "region = US"


def test_junit_holds_the_verdict_and_counts_the_failures(judged: Any) -> None:
    whole = {one.get("name"): one.get("value") for one in judged.suite.findall("properties/property")}
    assert whole == {"ml_ci_verdict": "fail"}
    assert judged.suite.get("failures") == "2"


def test_the_section_is_a_line_a_model_and_tells_no_failure_again(judged: Any) -> None:
    section = judged.text[judged.text.index("= ml-ci =") :].splitlines()
    assert section[1] == "✗ churn fails 2 of 3 gates"
    assert section[2].startswith("✓ fresh passes: The only gate holds. False alarms 10 of 100")
    told = "FNR 10.0% → 70.0%, limit +1.0 points"
    assert judged.text.count(told) == 1, "a failure is told where its test failed"


def test_the_section_tells_what_was_left_out_above(worse: Path, judge: Callable[..., Any]) -> None:
    assert "✗ churn fails 2 of 3 gates: Misses 10 → 70 (+60 of 100)" in judge(worse, "--tb=no").text


def test_the_section_shows_verdict_and_metrics_when_verbose(worse: Path, judge: Callable[..., Any]) -> None:
    text = judge(worse, "-v").text
    section = text[text.index("= ml-ci =") :]
    assert "✗ churn fails 2 of 3 gates" in section
    assert "✓ fresh passes" in section
    assert "+60.0 points" in next(line for line in section.splitlines() if line.strip().startswith("FNR  "))


def test_the_report_of_all_models_is_left(judged: Any, worse: Path) -> None:
    report = json.loads((worse / ".ml_ci" / "report.json").read_text())
    assert {name: model["verdict"] for name, model in report["models"].items()} == {"churn": "fail", "fresh": "pass"}
    assert report["verdict"] == "fail"
    assert not list((worse / ".ml_ci").glob("pytest/*")), "what the workers shared is gone"

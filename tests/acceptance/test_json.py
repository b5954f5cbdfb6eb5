"""`--json` and the report files: nothing else on standard output, and the keys of the design."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ml_ci.reports.as_json import from_json, to_json

TOP = {"format", "verdict", "commit", "base_commit", "models"}
MODEL = {"verdict", "action", "changes", "candidate", "baseline", "gates", "seconds"}
COUNTS = {"rows", "positives", "negatives", "tp", "fp", "tn", "fn", "metrics"}
SIDE = COUNTS | {"record", "slices"}
GATE = {"condition", "slice", "verdict", "value", "limit", "baseline", "interval", "confidence", "needs", "reason"} | {
    "level",
    "chance",
}


def test_json_is_all_of_standard_output(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "print('chat' + 'ter')\nSHIFT = 0.3")
    answer = known.command("run", "--json")
    assert answer.code == 1
    report = json.loads(answer.out)
    assert "training the candidate" in answer.err
    assert "chatter" not in answer.out
    assert (known.path / ".ml_ci" / "report.json").read_text() == answer.out
    assert set(report) >= TOP
    model = report["models"]["shop"]
    assert set(model) >= MODEL
    for side in (model["candidate"], model["baseline"]):
        assert set(side) >= SIDE
        assert set(side["slices"]["region"]["EU"]) >= COUNTS | {"fpr", "fnr"}
        assert {"fpr", "fnr"} <= set(side["metrics"])
    for gate in model["gates"]:
        assert set(gate) >= GATE
    assert set(model["seconds"]) == {"plan", "train", "evaluate", "gate"}
    assert all({"part", "summary"} <= set(change) for change in model["changes"])


def test_what_is_printed_is_read_back_whole(known: Any) -> None:
    report = json.loads(known.run("run", "--json").out)
    assert to_json(from_json(report)) == report


def test_an_undefined_rate_is_null(known: Any) -> None:
    lines = (known.path / "data/holdout.csv").read_text().splitlines()
    kept = [line for line in lines if not line.endswith(",yes") or ",EU," in line]
    known.write({"data/holdout.csv": "\n".join(kept) + "\n"})
    known.run("run", "--json")
    assert known.model()["candidate"]["slices"]["region"]["US"]["fnr"] is None


def test_plan_as_json(known: Any) -> None:
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.3")
    plan = json.loads(known.run("plan", "--json").out)
    assert plan["format"] == 1
    assert plan["models"]["shop"]["action"] == "train"
    assert [change["part"] for change in plan["models"]["shop"]["changes"]] == ["code"]
    assert known.trainings() == 0


def test_a_mistake_is_json_too(known: Any) -> None:
    known.edit("ml-ci.yaml", "label:", "labl:")
    answer = known.run("run", "--json")
    assert answer.code == 2
    report = json.loads(answer.out)
    assert (report["verdict"], report["models"]) == ("error", {})
    assert "labl" in report["failure"]["message"]
    assert report == known.report()


@pytest.mark.parametrize("name", ["report.md", "report.json"])
def test_a_report_of_an_earlier_run_never_survives(known: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert known.run("run", "--report", str(file)).code == 0
    assert "passes" in file.read_text() or json.loads(file.read_text())["verdict"] == "pass"
    known.edit("ml-ci.yaml", "label:", "labl:")
    assert known.run("run", "--report", str(file)).code == 2
    assert "labl" in file.read_text()
    known.edit("ml-ci.yaml", "labl:", "label:")
    assert known.run("run", "--report", str(file)).code == 0
    known.edit("model.py", "SHIFT = 0.0", "SHIFT = 0.01")
    killer = "import ml_ci.steps.judging.judge as j, os; j.judge_gates = lambda *a: os.kill(os.getpid(), 9)\n"
    program = killer + "from ml_ci.cli.main import call\n"
    program += f"call(['run', '--report', {str(file)!r}])"
    subprocess.run((sys.executable, "-c", program), cwd=known.path, capture_output=True, timeout=300, check=False)
    assert not file.exists()
    assert not (known.path / ".ml_ci" / "report.json").exists()


def test_markdown_of_a_failure_names_the_cause(known: Any, tmp_path: Path) -> None:
    lines = (known.path / "data/train.csv").read_text()
    known.write({"data/train.csv": lines.replace("yes", "no", 20)})
    file = tmp_path / "report.md"
    answer = known.run("run", "--report", str(file))
    text = file.read_text()
    assert answer.code == 1
    assert "No line of code changed" in text
    assert "`data/train.csv`" in text


def test_the_configuration_may_have_another_name(known: Any) -> None:
    (known.path / "ml-ci.yaml").rename(known.path / "other.yaml")
    answer = known.run("run", "--config", "other.yaml")
    assert answer.code == 0, answer.err
    assert "new model" in answer.out

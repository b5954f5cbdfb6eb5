"""`ml-ci power`, `ledger` and `doctor` as a user calls them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

SPEC = """\
version: 1
models:
  cut:
    run: python train.py {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    confidence: 0.95
    gates:
      - fpr <= 0.05
      - fnr <= baseline.fnr + 0.01
      - auc >= 0.5
"""
JOB = """\
import csv, sys

rows = list(csv.DictReader(open(sys.argv[1])))
open(sys.argv[2] + "/predictions.csv", "w").write("score\\n" + "".join(f"{int(row['x']) / 100}\\n" for row in rows))
"""
TABLE = "x,y\n" + "".join(f"{x},{int(x >= 50)}\n" for x in range(100))


@pytest.fixture
def project(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"ml-ci.yaml": SPEC, "train.py": JOB, "train.csv": TABLE, "holdout.csv": TABLE}
    repository.commit(files)
    monkeypatch.chdir(repository.path)
    return Path(repository.path)


def test_power(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["power", "cut"]) == 0
    shown = capsys.readouterr().out
    assert "cut: 100 rows, 50 positives, 50 negatives" in shown
    assert "with 50 negatives and 95% confidence, at best a limit of 5.8% can be proven" in shown
    assert "the least that could prove a limit of 5.0%: 59 negatives, all right: these can never prove it" in shown
    assert "the least that could prove a margin of +1.0 points: 268 positives, all right" in shown
    assert "if the models are equally good and differ on 2% of them, as is usual" in shown
    assert "ease.ml/ci" not in shown
    assert re.search(r"it passes on [\d,]+ (positives|negatives) with a chance of 80%, on [\d,]+", shown)
    assert "nothing can be planned" in shown
    assert not (project / ".ml_ci" / "records").exists()
    assert call(["power", "cut", "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert "for comparison: the bounds of ease.ml/ci ask for" in shown
    assert re.search(r"\(one look\), or for [\d,]+ labels? a look, of rows on which the models differ", shown)


def test_power_as_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["power", "--json", "--margin", "0.02"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == 1
    gates = found["models"]["cut"]["gates"]
    assert [gate["bound"] for gate in gates] == [0.02, 0.02, None]
    assert gates[1]["least"] == 133


def test_ledger(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ledger"]) == 0
    assert capsys.readouterr().out.startswith("No holdout has been looked at yet")
    assert call(["run"]) == 4
    capsys.readouterr()
    assert call(["ledger", "cut"]) == 0
    shown = capsys.readouterr().out
    assert "100 rows, 1 look, 0 promotions" in shown
    assert "cut" in shown and shown.rstrip().endswith(": inconclusive")
    assert call(["ledger", "--json"]) == 0
    (holdout,) = json.loads(capsys.readouterr().out)["holdouts"]
    assert (holdout["rows"], len(holdout["looks"]), holdout["looks"][0]["verdict"]) == (100, 1, "inconclusive")


def test_doctor(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["doctor"]) == 0
    assert "✓ configuration: ml-ci.yaml is right: cut" in capsys.readouterr().out
    assert call(["doctor", "--determinism", "--json"]) == 0
    checks = {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["determinism"]["message"] == "cut: trained twice, the same prediction for each of 100 rows"
    (project / "ml-ci.yaml").write_text("version: 1\nmodels: {}\n")
    assert call(["doctor"]) == 2  # as `ml-ci run` for the same mistake


@pytest.mark.parametrize("command", ["power", "ledger"])
def test_an_unknown_model_is_a_mistake(project: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call([command, "cot"]) == 2
    assert "Did you mean `cut`?" in capsys.readouterr().err

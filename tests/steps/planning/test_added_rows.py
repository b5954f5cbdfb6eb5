"""Rows that are added to a holdout after a look at the same two models."""

from __future__ import annotations

from typing import Any

JOB = """\
import csv, sys

BIAS = 4
rows = list(csv.DictReader(open(sys.argv[1])))
open(sys.argv[2] + "/cut.txt", "w").write(str(min(int(row["x"]) for row in rows if row["y"] == "1") + BIAS))
"""
PREDICT = """\
import csv, pathlib

def predict(model: pathlib.Path, rows: pathlib.Path):
    cut = int(model.read_text())
    return [float(int(row["x"]) >= cut) for row in csv.DictReader(open(rows))]
"""
SPEC = """\
version: 1
models:
  cut:
    run: python train.py {data.train} {out}
    outputs: {model: "{out}/cut.txt"}
    predict: scoring:predict
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    confidence: 0.95
    gates:
      - fnr <= baseline.fnr + 0.5
"""


def _rows(first: int, last: int) -> str:
    return "".join(f"{x},{int(x >= 20)}\n" for x in range(first, last))


def test_e_values_become_mandatory(project: Any) -> None:
    project.commit({"train.py": JOB, "scoring.py": PREDICT, "ml-ci.yaml": SPEC}, "a model file")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    first = project.run().models["cut"]
    trainings = project.trainings
    assert "e-values" not in first.gates[0].reason
    holdout = "x,y\n" + _rows(0, 40)
    project.repository.write({"data/holdout.csv": holdout + _rows(40, 70)})
    second = project.run().models["cut"]
    assert project.trainings == trainings
    why = "rows were added, 40 → 70, after a look at the same two models"
    assert second.gates[0].reason.endswith(f"(by e-values: {why})")
    assert f"Holdout: judged by e-values: {why}." in second.notes
    project.edit("train.py", "BIAS = 5", "BIAS = 6")
    third = project.run().models["cut"]
    assert "e-values" not in third.gates[0].reason, "another candidate was not seen on the smaller holdout"

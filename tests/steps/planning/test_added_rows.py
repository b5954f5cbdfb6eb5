"""Rows that are added to a holdout after a look at the same two models."""

from __future__ import annotations

from typing import Any

import pytest

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


def _customers(number: int) -> str:
    """Write customers of ten like rows, of both classes."""
    return "x,y,who\n" + "".join(f"{30 if one % 2 else 5},{one % 2},c{one}\n" * 10 for one in range(number))


@pytest.mark.parametrize(("added", "grown"), [("30,1,new\n", False), ("30,1,c3\n", True)])
def test_only_rows_of_new_customers_are_further_evidence(project: Any, added: str, grown: bool) -> None:
    spec = SPEC.replace("    gates:", "    cluster: who\n    gates:")
    files = {"train.py": JOB, "scoring.py": PREDICT, "ml-ci.yaml": spec, "data/holdout.csv": _customers(60)}
    project.commit(files, "a model file, and customers")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    first = project.run().models["cut"].gates[0]
    assert "e-values" not in first.reason
    assert (first.clusters, first.unit) == (30, "clusters")
    project.repository.write({"data/holdout.csv": _customers(60) + added})
    second = project.run().models["cut"].gates[0]
    assert "(by e-values: rows were added, 600 → 601, after a look at the same two models)" in second.reason
    why = "1 known cluster has more rows than at a look at the same two models"
    assert (why in second.reason) is grown
    assert (second.interval is None) is grown
    assert second.verdict == ("inconclusive" if grown else "pass"), second.reason

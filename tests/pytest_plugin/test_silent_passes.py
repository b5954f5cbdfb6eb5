"""The silent passes of the tools that people use today, each of them a failure here, alone and among workers.

One project has a model for each; it is judged once in one process and once by two workers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import csv
import sys

holdout, out = sys.argv[1:3]
rows = list(csv.DictReader(open(holdout)))
for at, row in enumerate(rows):  # what the model knows: the file's own column is blank
    row["bought"] = "1" if row["region"] == "all bought" else str(at % 2)
{body}
with open(out + "/predictions.csv", "w") as file:
    file.write("{column}\\n" + "".join(f"{{value}}\\n" for value in values))
"""
GOOD = SCRIPT.format(body="values = [0.9 if row['bought'] == '1' else 0.1 for row in rows]", column="score")
# What each model's job becomes in the change.
CHANGED = {
    "scores_nan": GOOD.replace("0.1", "'nan'"),
    "column_gone": GOOD.replace('"score', '"other'),
    "regression": SCRIPT.format(
        body="values = [0.9 if row['bought'] == '1' and at % 25 else 0.1 for at, row in enumerate(rows)]",
        column="score",
    ),
    "labels_only": SCRIPT.format(body="values = [row['bought'] for row in rows]", column="prediction"),
    "data_changed": GOOD,
    "no_negatives": GOOD,
    "no_gates": GOOD,
    "precision_mixed_up": SCRIPT.format(
        body="values = [0.9 if row['bought'] == '1' or at < 8 else 0.1 for at, row in enumerate(rows)]", column="score"
    ),
}
GATES = {
    "scores_nan": ["fpr <= 0.2", "fnr <= baseline.fnr + 0.5"],
    "column_gone": ["fpr <= 1"],
    "regression": ["fnr <= baseline.fnr + 0.01"],
    "labels_only": ["auc >= 0"],
    "data_changed": ["fpr <= 1"],
    "no_negatives": ["each(fpr, by=region) <= 1"],
    "no_gates": [],
    "precision_mixed_up": ["fpr <= 0.1"],
}
MODEL = """\
  {name}:
    run: python3 {script}.py {{data.holdout}} {{out}} {{data.train}}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    data: {{train: data/{train}.csv, holdout: data/holdout.csv}}
    label: bought
    positive: 1
    slices: [region]
    gates: {gates}
"""
OWN = """
import pytest

@pytest.mark.ml_model("no_negatives")
def test_every_slice_has_its_own_value(candidate):
    assert candidate.where("region", "EU").prevalence == 0.5
    assert candidate.where("region", "all bought").prevalence == 1

@pytest.mark.ml_model("no_negatives")
def test_a_slice_without_negatives_has_no_fpr(candidate):
    assert candidate.where("region", "all bought").fpr <= 0.1
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, _git_identity: None) -> Path:
    """Make the project: a commit in which all is well, and a change on top that ruins each model in its way."""
    path = tmp_path_factory.mktemp("silent")
    (path / "data").mkdir()
    rows = [f"{('EU', 'US')[at // 2 % 2]},{at % 2}" for at in range(200)] + ["all bought,1"] * 5
    (path / "data" / "holdout.csv").write_text("region,bought\n" + "\n".join(rows) + "\n")
    for name in ("train", "other"):
        (path / "data" / f"{name}.csv").write_text("region,bought\nEU,1\n")
    for name in CHANGED:
        (path / f"{name}.py").write_text(GOOD)
    _configure(path, {name: gates or ["fpr <= 1"] for name, gates in GATES.items()})
    (path / ".gitignore").write_text("__pycache__\n.pytest_cache\n*.xml\n")
    for command in ("init -q -b main", "add -A", "commit -q -m good", "switch -q -c change"):
        subprocess.run(("git", *command.split()), cwd=path, check=True)
    for name, script in CHANGED.items():
        (path / f"{name}.py").write_text(script)
    (path / "data" / "other.csv").write_text("region,bought\nEU,0\n")
    (path / "test_own.py").write_text(OWN)
    shutil.copy(path / "regression.py", path / "renamed.py")
    _configure(path, {**GATES, "renamed": ["fnr <= baseline.fnr"]})
    return path


def _configure(path: Path, gates: Mapping[str, list[str]]) -> None:
    text = "version: 1\nmodels:\n"
    for name, conditions in gates.items():
        train = "other" if name == "data_changed" else "train"
        text += MODEL.format(name=name, script=name, train=train, gates=conditions)
    (path / "ml-ci.yaml").write_text(text)


@pytest.fixture(scope="module", params=[(), ("-n2",)], ids=["one-process", "xdist"])
def judged(request: pytest.FixtureRequest, prepared: Path, judge: Callable[..., Any]) -> Any:
    """Judge the project, with a baseline that is well and a candidate that is not."""
    return judge(prepared, *request.param)


def test_a_renamed_model_has_no_baseline_and_says_so(judged: Any) -> None:
    case = judged.cases["ml-ci.yaml.renamed::fnr <= baseline.fnr"]
    assert case.find("failure") is None and case.find("skipped") is not None
    assert "Nothing to compare with yet: new model, commit" in judged.failure("ml-ci.yaml.renamed::no gate was judged")


def test_a_regression_fails(judged: Any) -> None:
    assert "Misses 0 → 5 (+5 of 105): FNR 0.0% → 4.8%" in judged.failure(
        "ml-ci.yaml.regression::fnr <= baseline.fnr + 0.01"
    )


def test_nan_does_not_pass(judged: Any) -> None:
    assert "NaN" in judged.failure("ml-ci.yaml.scores_nan::fpr <= 0.2")


def test_a_nan_candidate_does_not_pass_a_relative_gate(judged: Any) -> None:
    assert "NaN" in judged.failure("ml-ci.yaml.scores_nan::fnr <= baseline.fnr + 0.5")


def test_a_column_that_vanished_does_not_pass(judged: Any) -> None:
    assert "score" in judged.failure("ml-ci.yaml.column_gone::fpr <= 1")


def test_an_absent_metric_does_not_pass(judged: Any) -> None:
    assert "label" in judged.failure("ml-ci.yaml.labels_only::auc >= 0")


def test_a_changed_data_file_is_seen(judged: Any, prepared: Path) -> None:
    """The first session trains; whichever of the two that is, where the tests themselves are spread out."""
    report = json.loads((prepared / ".ml_ci" / "report.json").read_text())
    assert "data.train" in [change["part"] for change in report["models"]["data_changed"]["changes"]]
    assert judged.properties("ml-ci.yaml.data_changed::fpr <= 1")["ml_ci_action"] in ("train", "reuse")


def test_a_second_session_does_nothing_again(judged: Any, prepared: Path, judge: Callable[..., Any]) -> None:
    again = judge(prepared)
    assert again.properties("ml-ci.yaml.data_changed::fpr <= 1")["ml_ci_action"] == "reuse"


def test_no_gate_at_all_does_not_pass(judged: Any) -> None:
    assert "nothing was gated" in judged.failure("ml-ci.yaml.no_gates::nothing was gated")


def test_nothing_of_nothing_is_not_all_of_it(judged: Any) -> None:
    message = judged.failure("ml-ci.yaml.no_negatives::each(fpr, by=region) <= 1")
    assert "region = all bought" in message
    assert "no negatives" in message


def test_a_slice_without_negatives_has_no_fpr_of_zero(judged: Any) -> None:
    message = judged.failure("test_own::test_a_slice_without_negatives_has_no_fpr")
    assert "fpr of <candidate of no_negatives, region = all bought: 5 rows" in message
    assert "There are no negatives among these rows." in message


def test_every_slice_has_its_own_value(judged: Any) -> None:
    assert judged.cases["test_own::test_every_slice_has_its_own_value"].find("failure") is None


def test_fpr_is_a_share_of_the_negatives(judged: Any) -> None:
    """FP / (FP + TN) is 4 / 100; FP / (FP + TP), which another tool calls FPR, would be 4 / 109."""
    name = "ml-ci.yaml.precision_mixed_up::fpr <= 0.1"
    assert judged.cases[name].find("failure") is None
    assert float(judged.properties(name)["ml_ci_value"]) == 0.04


def test_junit_counts_the_failures(judged: Any) -> None:
    failed = [name for name, case in judged.cases.items() if case.find("failure") is not None]
    assert int(judged.suite.get("failures")) == len(failed) == 9
    assert judged.code == pytest.ExitCode.TESTS_FAILED

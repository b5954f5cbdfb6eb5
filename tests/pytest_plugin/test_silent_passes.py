"""The silent passes of the tools that people use today, each of them a failure here, alone and among workers.

One project has a model for each; it is judged once in one process and once by two workers.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = """
import csv
import sys

holdout, out = sys.argv[1:3]
rows = list(csv.DictReader(open(holdout)))
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
    "regression": ["fnr <= 20 * baseline.fnr"],
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


@dataclass(frozen=True)
class Judged:
    """How the project was judged: exit code, output, test cases by name."""

    code: int
    text: str
    cases: Mapping[str, ElementTree.Element]
    failures: int

    def failure(self, name: str) -> str:
        """Give the message of a failed test; fails when it did not fail."""
        failure = self.cases[name].find("failure")
        assert failure is not None, f"{name} passed"
        return str(failure.text)

    def properties(self, name: str) -> dict[str, str]:
        return {str(one.get("name")): str(one.get("value")) for one in self.cases[name].iter("property")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, _git_identity: None, _importable: None) -> Path:
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


@pytest.fixture(scope="module", params=[(), ("-p", "xdist", "-n2")], ids=["one-process", "xdist"])
def judged(request: pytest.FixtureRequest, prepared: Path, loaded: tuple[str, ...]) -> Judged:
    """Judge the project."""
    command = (sys.executable, "-m", "pytest", *loaded, "--ml-ci", "--junitxml=junit.xml", *request.param)
    done = subprocess.run(command, cwd=prepared, capture_output=True, text=True, timeout=300)
    suite = ElementTree.parse(prepared / "junit.xml").getroot()[0]
    cases = {f"{case.get('classname')}::{case.get('name')}".removeprefix("ml-ci.yaml."): case for case in suite}
    return Judged(done.returncode, done.stdout + done.stderr, cases, int(suite.get("failures", 0)))


def test_a_renamed_model_has_no_baseline_and_says_so(judged: Judged) -> None:
    assert judged.cases["renamed::fnr <= baseline.fnr"].find("failure") is None
    assert "new model" in judged.text


def test_a_regression_fails(judged: Judged) -> None:
    assert "FNR 0.0% → 3." in judged.failure("regression::fnr <= 20 * baseline.fnr")


def test_nan_does_not_pass(judged: Judged) -> None:
    assert "NaN" in judged.failure("scores_nan::fpr <= 0.2")


def test_a_nan_candidate_does_not_pass_a_relative_gate(judged: Judged) -> None:
    assert "NaN" in judged.failure("scores_nan::fnr <= baseline.fnr + 0.5")


def test_a_column_that_vanished_does_not_pass(judged: Judged) -> None:
    assert "score" in judged.failure("column_gone::fpr <= 1")


def test_an_absent_metric_does_not_pass(judged: Judged) -> None:
    assert "label" in judged.failure("labels_only::auc >= 0")


def test_a_changed_data_file_is_seen(judged: Judged, request: pytest.FixtureRequest) -> None:
    assert "other.csv" in judged.text or "data.train" in judged.text
    first = "xdist" not in request.node.callspec.id
    assert judged.properties("data_changed::fpr <= 1")["ml_ci_action"] == ("train" if first else "reuse")


def test_no_gate_at_all_does_not_pass(judged: Judged) -> None:
    assert "nothing was gated" in judged.failure("no_gates::nothing was gated")


def test_nothing_of_nothing_is_not_all_of_it(judged: Judged) -> None:
    message = judged.failure("no_negatives::each(fpr, by=region) <= 1")
    assert "region = all bought" in message
    assert "no negatives" in message


def test_a_slice_without_negatives_has_no_fpr_of_zero(judged: Judged) -> None:
    message = judged.failure("test_own::test_a_slice_without_negatives_has_no_fpr")
    assert "fpr of <candidate of no_negatives, region = all bought: 5 rows" in message
    assert "There are no negatives among these rows." in message


def test_every_slice_has_its_own_value(judged: Judged) -> None:
    assert judged.cases["test_own::test_every_slice_has_its_own_value"].find("failure") is None


def test_fpr_is_a_share_of_the_negatives(judged: Judged) -> None:
    """FP / (FP + TN) is 4 / 100; FP / (FP + TP), which another tool calls FPR, would be 4 / 109."""
    name = "precision_mixed_up::fpr <= 0.1"
    assert judged.cases[name].find("failure") is None
    assert float(judged.properties(name)["ml_ci_value"]) == 0.04


def test_junit_counts_the_failures(judged: Judged) -> None:
    failed = [name for name, case in judged.cases.items() if case.find("failure") is not None]
    assert judged.failures == len(failed) == 7
    assert judged.code == pytest.ExitCode.TESTS_FAILED

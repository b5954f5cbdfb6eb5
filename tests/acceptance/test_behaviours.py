"""Whole runs: each planted fault is red by the behaviour that is for it, and no gate on FPR or FNR sees any."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import faults

pytestmark = pytest.mark.slow

SPEC = """\
version: 1
models:
  income:
    train: income:train
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: income
    positive: ">50K"
    slices: [race]
    behaviours:
      blind: {{vary: sex, time: 120}}
      spelling: {{disturb: [occupation, education, marital_status], by: case, time: 120}}
      richer: {{raise: capital_gain, score: never falls, time: 120}}
      alone: {{same: alone, time: 120}}
      shuffled: {{same: shuffled, time: 120}}
      served: {{same: served, run: "{python} ask.py {{rows}} {{out}}/scores.csv", time: 120}}
    gates:
      - fpr <= baseline.fpr + 0.01
      - fnr <= baseline.fnr + 0.01
      - blind <= 0.01
      - spelling <= baseline.spelling + 0.01
      - richer <= baseline.richer + 0.005
      - alone <= 0
      - shuffled <= 0
      - served <= 0
"""
RECIDIVISM = """\
version: 1
models:
  recidivism:
    train: recidivism:train
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: two_year_recid
    positive: 1
    slices: [sex]
    behaviours:
      blind: {vary: race, time: 120}
      priors: {raise: priors_count, score: never falls, time: 120}
    gates:
      - fpr <= baseline.fpr + 0.01
      - fnr <= baseline.fnr + 0.01
      - blind <= 0.01
      - each(priors, by=sex) <= 0.01
"""
RED = {1: "blind", 2: "served", 3: "served", 4: "spelling", 5: "served", 6: "alone", 7: "richer", 8: "shuffled"}


class Repository:
    """A repository with the sound model, and branches with a fault each."""

    def __init__(self, made: Any, files: Mapping[str, str | bytes]) -> None:
        self.made, self.files = made, files
        self.path = Path(made.path)
        made.commit(files, "The sound model")

    def plant(self, fault: int, name: str) -> None:
        """Go to a branch of its own, and plant a fault there."""
        self.made.git("checkout", "-q", "-B", f"fault-{fault}", "main")
        self.made.commit({name: faults.with_fault(str(self.files[name]), fault)}, f"Fault {fault}")

    def judge(self, *arguments: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Run; give each gate's verdict by its first word, and the model's report."""
        program = Path(sys.executable).with_name("ml-ci")
        command = [str(program)] if program.exists() else [sys.executable, "-m", "ml_ci"]
        done = subprocess.run([*command, "run", *arguments], cwd=self.path, capture_output=True, text=True, timeout=900)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        self.said = done.stdout
        report = json.loads((self.path / ".ml_ci" / "report.json").read_text())
        self.text = json.dumps(report) + done.stdout
        [model] = report["models"].values()
        verdicts: dict[str, str] = {}
        for gate in model["gates"]:
            name = gate["condition"].removeprefix("each(").split(" ")[0].rstrip(",")
            verdicts[name] = gate["verdict"] if verdicts.get(name, "pass") == "pass" else verdicts[name]
        return verdicts, model


@pytest.fixture(scope="module")
def income(
    git_folder: Any, _git_identity: None, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    """Commit the sound model, its service and its data."""
    for name in ("pandas", "sklearn"):
        pytest.importorskip(name)
    train, holdout = faults.cut_adult(shared_data / "adult.csv", tmp_path_factory.mktemp("cut"), holdout=3_000)
    files = {
        ".gitignore": ".ml_ci/\n__pycache__/\n",
        "income.py": faults.INCOME,
        "ask.py": faults.SERVING,
        "ml-ci.yaml": SPEC.format(python=sys.executable),
        "data/train.csv": train.read_bytes(),
        "data/holdout.csv": holdout.read_bytes(),
    }
    return Repository(git_folder(tmp_path_factory.mktemp("income") / "repository"), files)


def test_the_sound_model_passes_and_a_second_run_asks_nothing(income: Repository) -> None:
    income.made.git("checkout", "-q", "-B", "same", "main")
    verdicts, model = income.judge()
    assert set(verdicts.values()) == {"pass"}, income.said
    again, known = income.judge()
    assert (again, known["gates"]) == (verdicts, model["gates"])
    assert known["action"] == "reuse"


@pytest.mark.parametrize("fault", sorted(RED))
def test_a_fault_is_red_by_its_behaviour_and_by_no_rate(income: Repository, fault: int) -> None:
    income.plant(fault, "ask.py" if fault in faults.AT_SERVING else "income.py")
    verdicts, model = income.judge()
    assert verdicts[RED[fault]] == "fail", income.said
    assert (verdicts["fpr"], verdicts["fnr"]) == ("pass", "pass"), income.said
    assert model["behaviours"][RED[fault]]["counterexample"]["words"], income.said
    if fault not in (6, 8):  # a batch decides what other edits show
        assert [name for name, verdict in verdicts.items() if verdict != "pass"] == [RED[fault]], income.said
    weights = {row.split(",")[2] for row in str(income.files["data/holdout.csv"], "utf-8").splitlines()[1:]}
    assert not weights & set(re.findall(r"(?<![\d.])\d{5,}(?![\d.])", income.text)), "nobody's row is in a report"


@pytest.fixture(scope="module")
def compas(git_folder: Any, _git_identity: None, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Commit the sound model of COMPAS and its data."""
    for name in ("pandas", "sklearn"):
        pytest.importorskip(name)
    cut = faults.cut_compas(shared_data / "compas-two-years-min.csv", tmp_path_factory.mktemp("cut"))
    files = {
        ".gitignore": ".ml_ci/\n__pycache__/\n",
        "recidivism.py": faults.RECIDIVISM,
        "ml-ci.yaml": RECIDIVISM,
        **{f"data/{path.name}": path.read_bytes() for path in cut},
    }
    return Repository(git_folder(tmp_path_factory.mktemp("compas") / "repository"), files)


@pytest.mark.parametrize(("fault", "red"), [(1, "priors"), (2, "blind")])
def test_a_fault_is_red_on_compas_too(compas: Repository, fault: int, red: str) -> None:
    compas.plant(fault, "recidivism.py")
    verdicts, model = compas.judge()
    assert [name for name, verdict in verdicts.items() if verdict != "pass"] == [red], compas.said
    assert model["behaviours"][red]["baseline"]["broken"] == 0
    assert model["behaviours"][red]["counterexample"]["words"], compas.said

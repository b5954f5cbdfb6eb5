"""A forged verdict, from the pull request over the merge to the promotion, run for real: refused at each step.

Whoever forges judges the worse model on a machine of his own, edits the verdict, seals it as ml-ci does, and commits
the records. Each row takes away one more of the steps that refuse it; with none left, the model becomes champion, which
shows that the forgery is a good one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.plan.plan import VERDICTS
from ml_ci.records.origin import Origin
from ml_ci.records.record import read, write

pytestmark = pytest.mark.act

PROJECT = Path(__file__).parents[2]
# Standard library only: the job's Python is the rig's.
CODE = """\
import csv
from pathlib import Path


class Model:
    def __init__(self, cut):
        self.cut = cut


def train(train: Path, params):
    return Model(params["cut"])


def predict(model, rows: Path):
    with open(rows, newline="") as file:
        return [0.9 if float(row["x"]) >= model.cut else 0.1 for row in csv.DictReader(file)]
"""
SPEC = """\
version: 1
models:
  churn:
    train: cutting:train
    predict: cutting:predict
    data: {train: train.csv, holdout: holdout.csv}
    params: churn.yaml
    label: y
    positive: 1
    gates: [fpr <= 0.2, fnr <= 0.3]
"""
FILES = {
    "ml-ci.yaml": SPEC,
    "cutting.py": CODE,
    "train.csv": "x,y\n0.2,0\n0.8,1\n",
    "holdout.csv": "x,y\n" + "".join(f"{n / 40:.3f},{int(n >= 20)}\n" for n in range(40)),
    "churn.yaml": "cut: 0.55\n",
}

# What is taken away, where it stands, and what stands there then.
Change = tuple[str, str, str]
GIT: Change = (
    "ml_ci/steps/opening/own_state.py",
    "    found = [path for path in tree.tracked()",
    "    found = [path for path in ()",
)
CLEARED: Change = ("actions/*/action.yml", 'run: rm -rf -- "$FOLDER/.ml_ci"', 'run: "true"')
BELIEFS: Change = ("ml_ci/records/store.py", "if why := self.beliefs.foreign(record.origin)", 'if why := ""')
PACKED: Change = (
    "ml_ci/steps/promotion/handover.py",
    "return not store.beliefs.foreign(glance(folder, kind, key).origin)",
    "return bool(glance(folder, kind, key))",
)
PROMOTED: Change = ("ml_ci/steps/promotion/origins.py", "if why := find_beliefs(", 'if why := "" and find_beliefs(')


@pytest.fixture(scope="module")
def registry(serve_mlflow: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Start an MLflow server; give its URL."""
    python = os.environ.get("ML_CI_MLFLOW")
    if not python:
        pytest.skip("no MLflow: name an interpreter that has it by ML_CI_MLFLOW")
    return serve_mlflow(python, f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db")


def champion(registry: str) -> str | None:
    """Give the version of the model in use."""
    try:
        url = f"{registry}/api/2.0/mlflow/registered-models/alias?name=churn&alias=champion"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return str(json.load(answer)["model_version"]["version"])
    except urllib.error.HTTPError as error:
        assert error.code in (400, 404), error.read()
        return None


def forge(rig: Any, registry: str, folder: Path) -> None:
    """Judge the pull request's merge by hand, as the default branch will, and call the verdict a pass."""
    subprocess.run(("git", "clone", "-q", rig.origin, folder), check=True)
    subprocess.run(("git", "fetch", "-q", "origin", "refs/pull/7/merge"), cwd=folder, check=True)
    subprocess.run(("git", "checkout", "-q", "FETCH_HEAD"), cwd=folder, check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    environment |= {"PYTHONPATH": str(PROJECT), "MLFLOW_TRACKING_URI": registry}
    python = os.path.realpath(sys.executable)
    command = (sys.executable, "-m", "ml_ci", "run", "--baseline", "champion", "--python", python)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    [verdict] = (folder / ".ml_ci" / "records" / VERDICTS).rglob("record.json")
    content = json.loads(json.dumps(read(verdict.parent, VERDICTS, verdict.parent.name).content))
    for gate in content["judged"]["gates"]:
        gate["verdict"] = "pass"
    counts = content["judged"]["comparison"]["candidate"]["confusion"]
    counts["tp"], counts["fn"] = counts["tp"] + counts["fn"], 0
    content["judged"]["comparison"]["pictures"] = None  # which would tell other counts
    write(verdict.parent, VERDICTS, verdict.parent.name, content, Origin())


def without(own: Path, to: Path, *taken: Change) -> Path:
    """Copy the actions and ml-ci, less what is taken away."""
    shutil.copytree(own, to)
    for name, before, after in taken:
        for file in to.glob(name):
            file.write_text(file.read_text().replace(before, after))
        assert any(after in file.read_text() and before not in file.read_text() for file in to.glob(name)), name
    return to


def judge(rig: Any) -> Any:
    """Run the default branch's workflow, on a machine with no cache."""
    shutil.rmtree(rig.state / "caches", ignore_errors=True)
    payload = {
        "ref": "refs/heads/main",
        "after": rig.git("rev-parse", "main"),
        "repository": {"default_branch": "main"},
    }
    return rig.run("default-branch.yml", "push", payload, at="main")


def test_a_forged_verdict_is_refused_at_each_step(rig: Any, registry: str, tmp_path: Path) -> None:
    rig.variables = {"MLFLOW_TRACKING_URI": registry}
    rig.git("checkout", "-q", "main")
    rig.commit(FILES)
    rig.pull_request({"churn.yaml": "cut: 0.9\n"})
    forge(rig, registry, tmp_path / "forger")
    rig.git("checkout", "-q", "feature")
    for name in ("records", "reads"):  # no more than is needed: what ml-ci writes itself would be a change of the tree
        shutil.copytree(tmp_path / "forger" / ".ml_ci" / name, rig.origin / ".ml_ci" / name)
    rig.git("add", "-f", ".ml_ci")
    payload = rig.pull_request({"README.md": "nothing to see\n"})

    done = rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    head = payload["pull_request"]["head"]["sha"]
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log
    assert rig.github.latest(head)["ml-ci"] == "error"
    assert "is in git: records, ledgers and caches are believed only where they were made" in done.log
    assert "is in git" in rig.github.comments[0]["body"]
    assert rig.merge() == 405, "the required status is no success"

    rig.git("update-ref", "refs/heads/main", "refs/pull/7/merge")  # somebody merges it over the red status
    own, taken = rig.own, []
    for what, gate, said in (
        ((), "failure", "is in git: records, ledgers and caches are believed only where they were made"),
        ((GIT,), "failure", "FNR 80.0"),
        ((CLEARED,), "failure", "was not believed (it was made by hand, in no run of this branch)"),
        ((BELIEFS, PACKED), "success", "the verdict of `churn` was made by hand, in no run of this branch"),
    ):
        taken += what
        rig.own = without(own, tmp_path / f"own-{len(taken)}", *taken)
        done = judge(rig)
        assert done.jobs == {"gate": gate, "promote": "failure"}, f"{what}\n{done.log}"
        assert said in done.log.replace("%25", "%") + done.said("error"), f"{what}\n{done.log}"
        assert champion(registry) is None

    rig.own = without(own, tmp_path / "own", *taken, PROMOTED)
    done = judge(rig)
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    assert champion(registry) == "1", "the forgery is a good one: nothing else was in its way"

"""The whole circle, run for real: a champion, live rows that turn bad, alarm, retraining, and the next champion."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.act

# Standard library only: the job's Python is the rig's.
CODE = '''\
"""Decide by one number: the middle between the classes of the training rows."""
import csv
from pathlib import Path


class Model:
    def __init__(self, cut):
        self.cut = cut


def read(file):
    with open(file, newline="") as opened:
        return [(float(row["x"]), row.get("y")) for row in csv.DictReader(opened)]


def train(train: Path):
    rows = read(train)
    return Model((max(x for x, y in rows if y == "0") + min(x for x, y in rows if y == "1")) / 2)


def predict(model, rows: Path):
    return [0.9 if x >= model.cut else 0.1 for x, _ in read(rows)]
'''
COLLECT = '''\
"""Write the youngest live rows with their outcomes as the training rows."""
import csv

with open("{logs}/predictions.csv", newline="") as file:
    logged = {{row["id"]: row["x"] for row in csv.DictReader(file)}}
with open("{logs}/outcomes.csv", newline="") as file:
    known = [(logged[row["id"]], row["y"]) for row in csv.DictReader(file)]
with open("train.csv", "w", newline="") as file:
    csv.writer(file, lineterminator="\\n").writerows([("x", "y"), *known[-60:]])
'''
CONFIG = """\
version: 1
models:
  churn:
    train: cutting:train
    predict: cutting:predict
    data: {{train: train.csv, holdout: holdout.csv}}
    label: y
    positive: 1
    gates: [fpr <= 0.2, fnr <= baseline.fnr + 0.05]
    live:
      predictions: {logs}/predictions.csv
      labels: {logs}/outcomes.csv
      id: id
      time: at
      delay: 0s
      window: 2s
      gates: [fnr <= 0.1]
      false_alarms: one in 1h
      on_alarm: {{dispatch: ml-ci-retrain.yml}}
"""
HOLDOUT = "x,y\n" + "".join(f"{n / 40:.3f},{int(n >= 20)}\n" for n in range(40))
WINDOWS, TURNS = 12, 3
BRANCH = "ml-ci-retrain/churn"
REPOSITORY = {"full_name": "octo/models", "default_branch": "main"}


@dataclass
class Team:
    """A repository with one model, its registry, what its service logs, and the team's webhook."""

    rig: Any
    logs: Path

    def run(self, template: str, event: str, *, at: str = "main", **more: Any) -> Any:
        payload = {"ref": f"refs/heads/{at}", "repository": REPOSITORY, **more}
        return self.rig.run(template, event, payload, at=at)

    def push(self) -> Any:
        return self.run("default-branch.yml", "push", after=self.rig.git("rev-parse", "main"))

    def watch(self) -> Any:
        return self.run("watch.yml", "workflow_dispatch")

    def serve(self, since: datetime) -> None:
        """Let the service answer since then, by a cut of .5; after a while outcomes are what that cut misses."""
        answers, outcomes = ["id,at,score,x"], ["id,y"]
        for window in range(WINDOWS):
            for number, x in enumerate([0.4, 0.45] * 4 + [0.9]):
                at = since + timedelta(seconds=2 * window + 0.1 * number)
                answers.append(f"{window}-{number},{at.isoformat()},{0.9 if x >= 0.5 else 0.1},{x}")
                outcomes.append(f"{window}-{number},{int(x >= (0.5 if window < TURNS else 0.42))}")
        (self.logs / "predictions.csv").write_text("\n".join(answers) + "\n")
        (self.logs / "outcomes.csv").write_text("\n".join(outcomes) + "\n")
        time.sleep(max(0.0, (since + timedelta(seconds=2 * WINDOWS) - datetime.now(UTC)).total_seconds()))


@pytest.fixture
def team(rig: Any, mlflow: str, tmp_path: Path, webhook: Any) -> Team:
    """Give the repository, with nothing promoted."""
    rig.variables = {"MLFLOW_TRACKING_URI": mlflow}
    rig.secrets = {"ML_CI_WEBHOOK": webhook.url}
    rig.github.permissions |= {"actions": "write", "contents": "write"}
    rig.github.find_head = lambda branch: rig.git("rev-parse", branch)
    rig.github.workflow("ml-ci.yml")
    rig.github.workflow("ml-ci-retrain.yml", lambda inputs: f"ml-ci retrain {inputs['model']} {inputs['alarm']}")
    logs = tmp_path / "logs"
    logs.mkdir()
    files: Mapping[str, str] = {
        "ml-ci.yaml": CONFIG.format(logs=logs),
        "cutting.py": CODE,
        "collect.py": COLLECT.format(logs=logs),
        "train.csv": "x,y\n0.2,0\n0.8,1\n",
        "holdout.csv": HOLDOUT,
    }
    rig.commit(files)
    return Team(rig, logs)


@pytest.fixture
def webhook(fake_webhook: Any) -> Iterator[Any]:
    """Give the team's webhook."""
    with fake_webhook.FakeWebhook() as server:
        yield server


def test_the_circle_from_a_champion_to_the_next_one(team: Team, webhook: Any) -> None:
    rig, github = team.rig, team.rig.github
    done = team.push()
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    first = rig.git("rev-parse", "main")
    team.serve(datetime.now(UTC).replace(microsecond=0))

    done = team.watch()  # nobody let it write issues
    assert done.jobs == {"look": "failure", "tell": "failure"}, done.log
    assert "issues: write" in done.log
    assert github.issues == github.runs == webhook.events == []

    github.permissions["issues"] = "write"
    done = team.watch()
    assert done.jobs == {"look": "failure", "tell": "success"}, done.log
    [issue] = github.issues
    assert issue["state"] == "open" and "churn v1" in issue["title"]
    assert github.latest(first)["ml-ci watch/churn"] == "failure"
    [event] = webhook.events
    [alarm] = github.runs
    assert alarm["inputs"] == {"model": "churn", "alarm": event["id"]}
    assert webhook.url not in json.dumps(done.lines), "a secret stands in the log"

    done = team.run("retrain.yml", "workflow_dispatch", inputs=alarm["inputs"])
    assert done.jobs == {"retrain": "success", "propose": "success"}, done.log
    pull = github.pulls[-1]
    assert (pull["branch"], pull["state"]) == (BRANCH, "open")
    [_, gate] = github.runs  # that of the alarm, and this one: the pull request has started nothing
    assert (gate["event"], gate["workflow"], gate["ref"]) == ("workflow_dispatch", "ml-ci.yml", BRANCH)
    assert rig.merge(pull["number"]) == 405, "the required status is pending"

    done = team.run("pull-request.yml", "workflow_dispatch", at=BRANCH)
    assert done.jobs == {"gate": "success", "report": "success"}, done.log
    assert [one["number"] for one in github.comments] == [pull["number"]]
    assert rig.merge(pull["number"]) == 200

    rig.git("checkout", "-q", "main")
    rig.git("merge", "-q", "--no-ff", "-m", "Merge the retraining", BRANCH)
    done = team.push()
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    assert "in place of v1" in done.log

    done = team.watch()
    assert done.jobs == {"look": "success", "tell": "success"}, done.log
    assert [one["state"] for one in github.issues] == ["closed"]
    assert len(webhook.events) == 1 and len(github.runs) == 2, "nothing was told twice"

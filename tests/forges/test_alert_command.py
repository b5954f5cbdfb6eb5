"""`ml-ci alert`: what a look found is data; what is told once is told once, also after a kill at any moment."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.records.origin import Origin
from ml_ci.reports.live.as_json import dump_watch

Run = Callable[..., tuple[int, str, str]]

LIVE = """\
version: 1
models:
  churn:
    run: python train.py
    outputs: {predictions: out.csv}
    data: {holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.5]
    live:
      predictions: logs/*.parquet
      labels: outcomes.csv
      id: id
      time: at
      gates: [fpr <= 0.05, fnr <= holdout.fnr + 0.05]
      on_alarm: ON_ALARM
"""
COMMIT = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
STATE = ".ml_ci/alerts.json"


class Job:
    """A job of GitHub Actions on the default branch that has a look's report, and the team's webhook."""

    def __init__(self, server: Any, webhook: Any, folder: Path, looks: Any, run: Run) -> None:
        self.server, self.webhook, self.folder, self.looks, self.run = server, webhook, folder, looks, run
        self.server.permissions |= {"issues": "write", "actions": "write"}
        self.server.workflow("retrain.yml", lambda inputs: f"retrain {inputs['model']} {inputs['alarm']}")
        self.configure("{dispatch: retrain.yml}")

    def configure(self, on_alarm: str) -> None:
        (self.folder / "ml-ci.yaml").write_text(LIVE.replace("ON_ALARM", on_alarm))

    def look(self, **models: Any) -> None:
        """Leave the report of a look at these models; they were trained from a commit that the server knows."""
        known = {name: replace(model, commit=COMMIT) for name, model in models.items()}
        report = replace(self.looks.report(**known), origin=Origin("schedule", "refs/heads/main", "4711"))
        (self.folder / ".ml_ci").mkdir(exist_ok=True)
        (self.folder / ".ml_ci" / "watch.json").write_text(dump_watch(report))

    @property
    def environment(self) -> Mapping[str, str]:
        event = self.folder / "event.json"
        event.write_text(json.dumps({"repository": {"full_name": "octo/models", "default_branch": "main"}}))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.server.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "octo/models",
            "GITHUB_TOKEN": self.server.token,
            "GITHUB_EVENT_NAME": "schedule",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "ML_CI_WEBHOOK": self.webhook.url,
        }

    def alert(self, *arguments: str) -> tuple[int, str, str]:
        said = self.run("alert", *arguments)
        assert self.server.token not in str(said) and "s3cr3t" not in str(said), "a secret is shown"
        return said


@pytest.fixture
def job(
    github_stand: Any, webhook: Any, tmp_path: Path, live_looks: Any, ml_ci: Run, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Job]:
    monkeypatch.chdir(tmp_path)
    made = Job(github_stand.server, webhook, tmp_path, live_looks, ml_ci)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made


def test_an_alarm_is_told_and_the_issue_closed_when_the_champion_changes(job: Job) -> None:
    job.look(churn=job.looks.alarming())
    code, said, complaint = job.alert()
    assert (code, complaint) == (0, ""), said
    [issue] = job.server.issues
    assert "FNR" in issue["body"] and "actions/runs/4711" in issue["body"]
    assert "FNR" in (job.folder / "summary.md").read_text()
    assert issue["title"] == "churn v3: fnr <= holdout.fnr + 0.05 no longer holds on live rows"
    [event] = job.webhook.events
    assert event["source"] == "https://github.example/octo/models"
    [run] = job.server.runs
    assert run["inputs"] == {"model": "churn", "alarm": event["id"]} and event["id"] == "ab" * 16
    assert job.server.latest(COMMIT) == {"ml-ci watch/churn": "failure"}

    code, said, _ = job.alert()
    assert code == 0 and (len(job.webhook.events), len(job.server.runs), len(job.server.issues)) == (1, 1, 1)

    job.look(churn=replace(job.looks.healthy(), version="4"))
    code, said, _ = job.alert()
    assert code == 0 and "closed" in said
    assert (job.server.issues[0]["state"], job.server.latest(COMMIT)) == ("closed", {"ml-ci watch/churn": "success"})


def test_a_permission_that_is_missing_is_named(job: Job) -> None:
    job.look(churn=job.looks.alarming())
    job.server.permissions |= {"issues": "read"}
    code, said, complaint = job.alert()
    assert code == 2 and "issues: write" in complaint and job.webhook.events == []
    assert "status of commit 9d1e2f3: failure" in said, "what may be told is told"
    job.server.permissions |= {"issues": "write", "actions": "read"}
    code, _, complaint = job.alert()
    assert code == 2 and "actions: write" in complaint and len(job.webhook.events) == 1
    job.server.permissions |= {"actions": "write"}
    assert job.alert()[0] == 0 and (len(job.webhook.events), len(job.server.runs)) == (1, 1)


def test_a_webhook_that_does_not_answer_is_told_at_the_next_look(job: Job) -> None:
    job.look(churn=job.looks.alarming())
    job.webhook.answers = [(500, {})] * 4
    code, _, complaint = job.alert()
    assert code == 1 and "could not reach the webhook" in complaint and len(job.server.runs) == 1
    assert job.alert()[0] == 0 and len(job.webhook.events) == 1


def test_without_an_issue_a_file_remembers(job: Job) -> None:
    job.configure("{issue: false}")
    job.look(churn=job.looks.alarming())
    for _ in range(2):
        assert job.alert()[0] == 0
    assert (job.server.issues, len(job.webhook.events), job.server.runs) == ([], 1, [])
    assert json.loads(Path(STATE).read_text())["models"]["churn"]["alarms"] == {"ab" * 16: {"webhook": "done"}}


def test_a_webhook_needs_no_forge(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in job.environment if name.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    job.configure("{issue: false}")
    job.look(churn=job.looks.alarming())
    code, said, complaint = job.alert()
    assert (code, complaint) == (0, "") and "no status, since there is no token" in said
    assert job.webhook.events[0]["source"] == "ml-ci"
    job.configure("{issue: true}")
    code, _, complaint = job.alert()
    assert code == 2 and "--repository OWNER/NAME" in complaint


def spoil(data: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return data | changed


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda data: None, "there is no report"),
        (lambda data: "{", "no JSON"),
        (lambda data: spoil(data, format=2), "format 2"),
        (lambda data: spoil(data, models={}), "churn was not looked at"),
        (lambda data: spoil(data, models={**data["models"], "other": data["models"]["churn"]}), "other has no `live:`"),
        (lambda data: spoil(data, origin=data["origin"] | {"run": "12"}), "of run 12, not of run 4711"),
    ],
)
def test_a_report_that_is_none_tells_nothing(job: Job, write: Callable[[Any], Any], said: str) -> None:
    job.look(churn=job.looks.alarming())
    file = Path(".ml_ci/watch.json")
    made = write(json.loads(file.read_text()))
    file.unlink()
    if made is not None:
        file.write_text(made if isinstance(made, str) else json.dumps(made))
    code, _, complaint = job.alert()
    assert code == 2 and said in complaint
    assert (job.server.issues, job.webhook.events, job.server.runs, job.server.statuses) == ([], [], [], [])


def test_only_the_default_branch_alarms(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    job.look(churn=job.looks.alarming())
    monkeypatch.setenv("GITHUB_REF", "refs/heads/topic")
    code, _, complaint = job.alert()
    assert code == 2 and "only main alarms" in complaint and job.server.requests == []


class Killer:
    """Kills a process at its request number `at`, which arrives or does not."""

    def __init__(self, job: Job, at: int, arrives: bool) -> None:
        self.job, self.at, self.arrives, self.seen = job, at, arrives, 0
        self.pid, self.dead = 0, threading.Event()

    def run(self) -> bool:
        """Run `ml-ci alert` in a fork, since a new process imports for seconds; say whether it ended well."""
        self.pid, code = os.fork(), 70
        if not self.pid:
            try:
                code = call(["alert"])
            finally:
                os._exit(code)
        self.job.server.before = self.job.webhook.before = self.look
        status = os.waitpid(self.pid, 0)[1]
        self.dead.set()
        self.job.server.before = self.job.webhook.before = lambda *_: None
        return status == 0

    def look(self, *_: str) -> None:
        self.seen += 1
        if self.seen == self.at + 1:
            os.kill(self.pid, signal.SIGKILL)
            assert self.dead.wait(60)
            if not self.arrives:
                raise ConnectionAbortedError("it never arrived")


@pytest.mark.slow
def test_whenever_it_is_killed_each_alarm_is_told_once(job: Job) -> None:
    """Kill it at each request that it sends, before that arrives and after: what follows tells the rest."""
    job.look(churn=job.looks.alarming())
    done, steps = False, 0
    while not done:
        for arrives in (False, True):
            for store in (job.server.issues, job.server.runs, job.server.statuses, job.webhook.events):
                store.clear()
            done = Killer(job, steps, arrives).run()
            assert job.alert()[0] == 0
            assert [one["state"] for one in job.server.issues] == ["open"], f"step {steps}"
            assert len(job.server.runs) == 1, f"step {steps}"
            assert {one["id"] for one in job.webhook.events} == {"ab" * 16} and len(job.webhook.events) <= 2
            assert job.server.latest(COMMIT) == {"ml-ci watch/churn": "failure"}
            counted = (len(job.webhook.events), len(job.server.runs))
            assert job.alert()[0] == 0
            assert (len(job.webhook.events), len(job.server.runs)) == counted, "it is all remembered"
        steps += 1
    assert steps > 6, "each of its requests was one at which it was killed"

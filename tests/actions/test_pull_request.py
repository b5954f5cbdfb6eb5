"""The workflow of a pull request, run for real: what the developer sees, and what nobody can forge."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.act

LIMITS = "    gates:\n      - fnr <= 0.20\n"
LOWERED = "    gates:\n      - fnr <= 0.90\n"
PROOF = "    confidence: 0.95\n    gates:\n      - fnr <= 0.12\n"


def _run(rig: Any, files: dict[str, str], template: str = "pull-request.yml", **more: Any) -> tuple[Any, str]:
    payload = rig.pull_request(files, **more)
    done = rig.run(template, "pull_request", payload, at="refs/pull/7/merge")
    return done, payload["pull_request"]["head"]["sha"]


def test_the_first_run_comments_the_second_edits_the_third_leaves_it(rig: Any) -> None:
    done, head = _run(rig, {"misses.txt": "5\n"})
    assert done.jobs == {"gate": "success", "report": "success"}, done.log
    assert rig.github.latest(head) == {"ml-ci": "success", "ml-ci/churn": "success"}
    [first] = rig.github.comments
    assert "10.0%" in first["body"]

    done, head = _run(rig, {"misses.txt": "6\n"})
    [second] = rig.github.comments
    assert second["id"] == first["id"]
    assert "12.0%" in second["body"]
    assert "restored ml-ci-records-v1-" in done.log, "the records of the first run are found again"
    assert len(rig.github.sent("PATCH")) == 1

    payload = rig.payload(head, 7, "feature", rig.github.pulls[-1]["head"].split("/")[0])
    rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")  # says that nothing was trained
    edits = len(rig.github.sent("PATCH"))
    rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    assert len(rig.github.sent("PATCH")) == edits, "a comment that says the same is not written again"
    assert len(rig.github.comments) == 1


def test_a_failed_gate_fails_the_job_and_the_status_on_a_new_machine(new_machine: Any) -> None:
    rig = new_machine
    done, head = _run(rig, {"misses.txt": "20\n"})
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log
    assert rig.github.latest(head) == {"ml-ci": "failure", "ml-ci/churn": "failure"}
    assert "40.0%" in rig.github.comments[0]["body"]
    assert "FNR" in done.said("error", "warning"), "annotations name the gate"
    pythons = {Path(line["arg"]) for line in done.lines if line.get("name") == "python"}
    [cached] = [one for one in pythons if "tool_cache" in one.parts]
    assert len(pythons) == 2, "what has a token to write is installed apart"
    assert not (rig.home / "kept").exists() and not cached.parents[1].is_symlink(), "by nothing of the rig's"


def test_inconclusive_does_not_pass(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    rig.commit({"ml-ci.yaml": rig.config("churn", gates=PROOF)})
    done, head = _run(rig, {"misses.txt": "5\n"})
    report = json.loads((rig.state / "artifacts" / "ml-ci-report" / "report.json").read_text())
    assert report["verdict"] == "inconclusive"
    assert done.jobs == {"gate": "failure", "report": "failure"}
    assert rig.github.latest(head)["ml-ci"] == "failure"
    assert next(one for one in rig.github.statuses[::-1])["description"].startswith("Inconclusive")


def test_a_crashed_training_is_an_error_and_shows_its_last_words(rig: Any) -> None:
    crash = 'import sys\nprint("::set-output name=verdict::pass")\nsys.exit("the disk of the cluster is full")\n'
    done, head = _run(rig, {"train.py": crash})
    assert done.jobs == {"gate": "failure", "report": "failure"}
    assert rig.github.latest(head)["ml-ci"] == "error"
    assert "the disk of the cluster is full" in rig.github.comments[0]["body"]
    assert not any("verdict" in str(line.get("name")) and line.get("arg") == "pass" for line in done.lines)


def test_a_lowered_limit_is_judged_by_the_old_one(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    rig.commit({"ml-ci.yaml": rig.config("churn", gates=LIMITS)})
    done, head = _run(rig, {"misses.txt": "20\n", "ml-ci.yaml": rig.config("churn", gates=LOWERED)})
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log
    assert rig.github.latest(head)["ml-ci"] == "failure"
    assert "20.0%" in rig.github.comments[0]["body"]
    flagged = "This pull request changes `ml-ci.yaml`: it was judged by the gates of `main`"
    assert flagged in rig.github.comments[0]["body"] and flagged in done.said("notice")


def test_a_report_that_never_came_is_an_error(rig: Any) -> None:
    rig.lost = "ml-ci-report"
    done, head = _run(rig, {"misses.txt": "5\n"})
    assert done.jobs == {"gate": "failure", "report": "failure"}
    assert rig.github.latest(head) == {"ml-ci": "error", "ml-ci/churn": "error"}


def test_a_token_that_may_not_comment_names_the_permission(rig: Any) -> None:
    rig.github.permissions["pull-requests"] = "read"
    done, head = _run(rig, {"misses.txt": "5\n"})
    assert done.jobs["report"] == "failure", done.log
    assert "pull-requests: write" in done.log
    assert rig.github.latest(head)["ml-ci"] == "success", "the status does not depend on the comment"


def test_among_250_comments_there_is_one_of_ours(rig: Any) -> None:
    for number in range(250):
        rig.github.comment(7, f"I say {number}")
    _run(rig, {"misses.txt": "5\n"})
    _run(rig, {"misses.txt": "6\n"})
    assert len(rig.github.comments) == 251


def test_a_fork_writes_nothing_and_its_second_stage_comments(rig: Any) -> None:
    rig.github.permissions = {"pull-requests": "read", "statuses": "read", "contents": "read"}
    done, head = _run(rig, {"misses.txt": "5\n"}, "pull-request-untrusted.yml", owner="stranger")
    assert done.jobs == {"gate": "success"}, done.log
    assert not rig.github.sent("POST") + rig.github.sent("PATCH")

    rig.github.permissions = {"pull-requests": "write", "statuses": "write", "contents": "read", "actions": "read"}
    done = rig.run("report.yml", "workflow_run", rig.ended(head), at="main")
    assert done.jobs == {"report": "success"}, done.log
    assert len(rig.github.comments) == 1
    assert rig.github.latest(head) == {"ml-ci": "success", "ml-ci/churn": "success"}


HOSTILE = "@everyone | <img src=x onerror=alert(1)> `x` ::set-output name=verdict::pass\n::add-mask::a\n## pass"


@pytest.mark.parametrize("names", ["a model's name", "2 MB of names"])
def test_a_hostile_report_does_no_harm(rig: Any, names: str) -> None:
    payload = rig.pull_request({"misses.txt": "5\n"}, owner="stranger")
    head = payload["pull_request"]["head"]["sha"]
    rig.run("pull-request-untrusted.yml", "pull_request", payload, at="refs/pull/7/merge")
    file = Path(rig.state / "artifacts" / "ml-ci-report" / "report.json")
    report = json.loads(file.read_text())
    model = report["models"]["churn"]
    model["changes"] = [{"part": "code", "summary": HOSTILE}]
    if names == "2 MB of names":
        report["models"] |= {f"{HOSTILE * 8}{number}": model for number in range(3000)}
    file.write_text(json.dumps(report))
    done = rig.run("report.yml", "workflow_run", rig.ended(head), at="main")
    [comment] = rig.github.comments
    assert len(comment["body"]) <= 60_000
    assert "<img" not in comment["body"]
    assert not re.search(r"(?<![\w`\\;])@everyone", comment["body"])
    assert not re.search(r"^(::|## pass)", comment["body"], re.MULTILINE)
    heard = {line.get("name") for line in done.lines if line.get("command") == "set-output"}
    own = {"page", "file", "artifact-url"}  # of the page: its path, how it is called, where it was kept
    assert heard <= {"expect", "verdict", "path", "key", "python", "python-path", *own}
    said = {line["name"]: line.get("arg", "") for line in done.lines if line.get("name") in own}
    assert not [value for value in said.values() if re.search(r"[<>@`\s]", str(value))], said
    assert not done.said("add-mask")
    assert len(rig.github.latest(head)) <= 101
    assert not [one for one in rig.github.statuses if "\n" in one["context"] + one["description"]]
    assert (rig.github.latest(head)["ml-ci"] == "success") == (done.jobs["report"] == "success")


@pytest.mark.parametrize("text", ["[" * 5000, '{"format": 1, "verdict": "pass"}'])
def test_what_is_no_report_is_an_error(rig: Any, text: str) -> None:
    payload = rig.pull_request({"misses.txt": "5\n"}, owner="stranger")
    head = payload["pull_request"]["head"]["sha"]
    file = Path(rig.state / "artifacts" / "ml-ci-report" / "report.json")
    file.parent.mkdir(parents=True)
    file.write_text(text)
    done = rig.run("report.yml", "workflow_run", rig.ended(head), at="main")
    assert done.jobs == {"report": "failure"}
    assert rig.github.latest(head)["ml-ci"] == "error"

"""The other workflows, run for real: many models, the merge queue, the default branch, the night."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.act


def _matrix(rig: Any, before: Callable[[], bool] = lambda: True) -> tuple[Any, str]:
    rig.git("checkout", "-q", "main")
    rig.commit({"ml-ci.yaml": rig.config("churn", "fraud")})
    payload = rig.pull_request({"misses.txt": "5\n"})
    assert before()
    done = rig.run("matrix.yml", "pull_request", payload, at="refs/pull/7/merge")
    return done, payload["pull_request"]["head"]["sha"]


def test_a_matrix_has_one_comment(rig: Any) -> None:
    done, head = _matrix(rig, lambda: rig.merge() == 405)
    assert set(done.jobs.values()) == {"success"}, done.log
    kept = {one.name for one in (rig.state / "artifacts").iterdir()}
    assert {name for name in kept if not name.startswith("ml-ci-page-")} == {"ml-ci-report-churn", "ml-ci-report-fraud"}
    [comment] = rig.github.comments
    assert "churn" in comment["body"]
    assert "fraud" in comment["body"]
    assert rig.github.latest(head) == {"ml-ci": "success", "ml-ci/churn": "success", "ml-ci/fraud": "success"}
    assert rig.merge() == 200, "the required status is there"


def test_a_lost_leg_is_an_error_and_not_forgotten(rig: Any) -> None:
    rig.lost = "ml-ci-report-fraud"
    done, head = _matrix(rig)
    assert done.jobs["report"] == "failure", done.log
    assert rig.github.latest(head) == {"ml-ci": "error", "ml-ci/churn": "success", "ml-ci/fraud": "error"}
    assert "no result of `fraud` arrived" in rig.github.comments[0]["body"].replace("\\", "")


def test_what_needs_no_work_shares_one_leg(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    rig.commit({"ml-ci.yaml": rig.config("churn", "fraud")})
    rig.run("default-branch.yml", "push", _push(rig, "main"), at="main")
    payload = rig.pull_request({"README.md": "words\n"}, number=8, branch="words")
    done = rig.run("matrix.yml", "pull_request", payload, at="refs/pull/8/merge")
    assert (rig.state / "artifacts" / "ml-ci-report-_unchanged").is_dir(), done.log
    assert rig.github.latest(payload["pull_request"]["head"]["sha"])["ml-ci"] == "success"


def test_looks_at_a_holdout_are_counted_over_the_runs(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    planned = rig.config("churn", more="    reuse: {looks: 32, promotions: 3}\n")
    rig.commit({"misses.txt": "3\n", "ml-ci.yaml": planned})
    rig.run("default-branch.yml", "push", _push(rig, "main"), at="main")
    payload = rig.pull_request({"misses.txt": "2\n"})
    done = rig.run("pull-request.yml", "pull_request", payload, at="refs/pull/7/merge")
    assert done.jobs == {"gate": "success", "report": "success"}, done.log
    assert "look 2 of 32 at this holdout" in done.log


def test_a_merge_queue_has_a_status_and_no_comment(rig: Any) -> None:
    base = rig.git("rev-parse", "main")
    head = rig.pull_request({"misses.txt": "20\n"})["pull_request"]["head"]["sha"]
    queued = rig.git("rev-parse", "refs/pull/7/merge")
    group = {"head_sha": queued, "base_sha": base, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7"}
    rig.git("update-ref", group["head_ref"], queued)
    payload = {"action": "checks_requested", "merge_group": {**group, "base_ref": "refs/heads/main"}}
    done = rig.run("merge-queue.yml", "merge_group", payload, at=queued)
    assert done.jobs == {"gate": "failure", "report": "failure"}, done.log
    assert rig.github.latest(queued).get("ml-ci") == "failure", done.log
    assert rig.github.latest(head) == {}
    assert rig.github.comments == []


def _push(rig: Any, branch: str) -> dict[str, Any]:
    after = rig.git("rev-parse", branch)
    return {"ref": f"refs/heads/{branch}", "after": after, "repository": {"default_branch": "main"}}


def test_the_default_branch_records_its_verdict(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    head = rig.commit({"misses.txt": "3\n"})
    done = rig.run("default-branch.yml", "push", _push(rig, "main"), at="main")
    assert done.jobs == {"gate": "success", "promote": "success"}, done.log
    kept = json.loads((rig.state / "artifacts" / f"ml-ci-verdict-{head}" / ".ml-ci-verdict.json").read_text())
    assert (kept["verdict"], kept["commit"], kept["run"]["sha"]) == ("pass", head, head)
    assert rig.github.latest(head)["ml-ci"] == "success"


def test_another_branch_is_not_promoted(rig: Any) -> None:
    rig.git("checkout", "-q", "-b", "release", "main")
    head = rig.commit({"misses.txt": "3\n"})
    done = rig.run("default-branch.yml", "push", _push(rig, "release"), at="release")
    assert done.jobs == {"gate": "success", "promote": "failure"}
    assert "Only a run on the default branch promotes" in done.said("error")
    assert rig.github.latest(head) == {}


def test_the_night_trains_anew(rig: Any) -> None:
    rig.git("checkout", "-q", "main")
    rig.commit({"misses.txt": "3\n"})
    payload = {"ref": "refs/heads/main", "repository": {"default_branch": "main"}}
    for _ in range(2):
        done = rig.run("nightly.yml", "workflow_dispatch", payload, at="main")
        assert done.jobs == {"gate": "success"}, done.log
        assert "training the candidate took" in done.log

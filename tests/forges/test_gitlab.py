"""What only GitLab has: pipelines of merge requests, statuses that only their setter ends, tokens that only read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.forges.forge import Build
from ml_ci.forges.registry import build_of, forge_of
from ml_ci.forges.values import Activity, Status
from ml_ci.gitlab.activity import NO_STATUS, activity
from ml_ci.gitlab.step import STEP

HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
MERGED = "f" * 40
Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]

OURS = {
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_DEFAULT_BRANCH": "main",
}
FORK = {**OURS, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "77"}
MERGED_RESULT = {**OURS, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD}

ASKED: list[tuple[str, dict[str, str], str, dict[str, Any]]] = [
    ("merge_request_event", OURS, HEAD, {"kind": "pull-request", "sha": HEAD, "comments": True, "statuses": False}),
    ("merge_request_event", MERGED_RESULT, MERGED, {"sha": HEAD, "here": MERGED, "gates_from": "main"}),
    ("merge_request_event", FORK, HEAD, {"kind": "fork", "comments": False, "statuses": False}),
    ("merge_request_event", {**OURS, "CI_MERGE_REQUEST_IID": "²"}, HEAD, {"pull_request": None, "comments": False}),
    ("merge_request_event", {}, HEAD, {"pull_request": None, "comments": False}),
    ("push", {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}, HEAD, {"kind": "push", "promotes": True}),
    ("push", {"CI_COMMIT_BRANCH": "x", "CI_DEFAULT_BRANCH": "main"}, HEAD, {"promotes": False, "statuses": True}),
    ("push", {"CI_DEFAULT_BRANCH": "main"}, "no commit", {"promotes": False, "statuses": False}),
    ("schedule", {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}, HEAD, {"kind": "manual", "promotes": True}),
    ("external", {}, HEAD, {"kind": "other", "statuses": False, "comments": False}),
    ("", {}, HEAD, {"kind": "other", "statuses": False}),
]


@pytest.mark.parametrize(("event", "said", "sha", "expected"), ASKED)
def test_what_a_pipeline_asks_for(event: str, said: dict[str, str], sha: str, expected: dict[str, Any]) -> None:
    found = activity(event, said, sha)
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.why or found.comments


BUILDS = [
    (
        {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            **OURS,
            "CI_MERGE_REQUEST_REF_PATH": "refs/mr/7",
        },
        Build("merge_request_event", "refs/mr/7", target="main", of_change=True),
    ),
    (
        {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "v1", "CI_PIPELINE_ID": "47", "GITLAB_USER_LOGIN": "ada"},
        Build("push", "refs/heads/v1", "47", actor="ada"),
    ),
    ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"}, Build("push", "refs/tags/v1")),
]


@pytest.mark.parametrize(("said", "expected"), BUILDS)
def test_what_gitlabs_variables_say(said: dict[str, str], expected: Build) -> None:
    environment = {"GITLAB_CI": "true", **said}
    assert build_of(environment) == expected
    assert forge_of(environment).gates_from(environment) == expected.target
    assert forge_of(environment).default_branch(environment) == said.get("CI_DEFAULT_BRANCH")


@pytest.fixture
def pipeline(lab: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the variables of a pipeline, by default one of merge request 7."""
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)

    def set_up(source: str = "merge_request_event", **said: str) -> None:
        values = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": lab.server.url,
            "CI_SERVER_URL": "https://gitlab.example",
            "CI_PROJECT_PATH": "octo/models",
            "CI_PROJECT_NAME": "models",
            "CI_PIPELINE_SOURCE": source,
            "CI_PIPELINE_ID": "4711",
            "CI_COMMIT_SHA": HEAD,
            "GITLAB_TOKEN": lab.server.token,
            **(OURS if source == "merge_request_event" else {}),
        }
        for name, value in {**values, **said}.items():
            monkeypatch.setenv(name, value)

    set_up()
    return set_up


def test_in_a_pipeline_of_a_merge_request_a_note_and_no_status(
    lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write
) -> None:
    report = write_report("failed_by_data")
    assert ml_ci("comment", "--report", report) == (0, "comment on pull request #7: created\n", "")
    assert "unchanged" in ml_ci("gitlab", "comment", "--report", report)[1]
    assert "https://gitlab.example/octo/models/-/pipelines/4711" in lab.server.comments[0]["body"]
    assert lab.server.comments[0]["body"].startswith("<!-- ml-ci:comment key=models digest=")
    assert ml_ci("status", "--report", report) == (0, f"no status: {NO_STATUS}\n", "")
    assert lab.server.statuses == []


def test_a_status_by_hand_needs_the_pipeline_that_it_is_to_stand_in(
    lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write
) -> None:
    """It would open a second pipeline, which takes the place of the one that failed."""
    lab.server.pipeline(31)
    report = write_report("passed")
    code, _, said = ml_ci("status", "--sha", HEAD, "--report", report)
    assert code == 2 and "the exit code of the job is the gate" in said and "--pipeline ID" in said
    assert lab.server.statuses == []
    assert ml_ci("status", "--sha", HEAD, "--pipeline", 31, "--report", report)[0] == 0
    assert {one["pipeline"] for one in lab.server.statuses} == {31}
    assert [one["id"] for one in lab.server.pipelines] == [31]
    assert ml_ci("status", "--sha", HEAD, "--pipeline", "x", "--report", report)[0] == 2


def test_a_fork_has_no_token_and_its_job_says_why(
    lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write, tmp_path: Path
) -> None:
    pipeline(CI_MERGE_REQUEST_SOURCE_PROJECT_ID="77")
    summary = tmp_path / "summary.md"
    code, said, _ = ml_ci("comment", "--report", write_report("passed"), "--step-summary", summary)
    assert code == 0 and "from a fork" in said and lab.server.requests == []
    assert "churn" in summary.read_text(encoding="utf-8")


def test_a_merged_result_is_of_the_head_of_its_branch(
    lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write
) -> None:
    pipeline(CI_COMMIT_SHA=MERGED, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=HEAD)
    lab.server.merge_commit(MERGED, "a" * 40, HEAD)
    assert "created" in ml_ci("comment", "--report", write_report("passed"))[1]
    lab.server.pulls[0]["sha"] = "e" * 40
    assert "has moved on to eeeeeee" in ml_ci("comment", "--report", write_report("passed"))[1]


def test_statuses_of_a_branch(lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write) -> None:
    pipeline("push", CI_COMMIT_BRANCH="main", CI_DEFAULT_BRANCH="main")
    for _ in range(2):
        assert ml_ci("status", "--pending", "--model", "churn")[0] == 0
    assert lab.server.latest() == {"ml-ci": "pending", "ml-ci/churn": "pending"}
    for name in ("failed_by_data", "inconclusive", "passed"):
        assert ml_ci("status", "--report", write_report(name))[0] == 0
        assert lab.server.latest()["ml-ci"] == ("success" if name == "passed" else "failed")
    assert ml_ci("status", "--lost") == (0, "nothing was pending\n", "")


def test_what_another_left_open_stays_open_and_is_told(lab: Any) -> None:
    lab.server.login = "another"
    lab.desk().set_status(HEAD, Status("ml-ci", "pending", ""))
    lab.server.login = "project_5_bot"
    lab.server.pipelines.clear()
    with pytest.raises(UserError, match="`ml-ci` of commit 9d1e2f3 stays pending: `another` set it"):
        lab.desk().set_status(HEAD, Status("ml-ci", "success", ""))
    assert [one["state"] for one in lab.server.statuses] == ["pending", "success"]


@pytest.mark.parametrize(("kind", "times", "ends"), [(409, 2, True), (409, 9, False), (400, 1, False)])
def test_what_happens_at_once_is_tried_again(lab: Any, kind: int, times: int, ends: bool) -> None:
    lab.server.trouble("POST", "statuses", kind, times=times)
    desk = lab.desk()
    if ends:
        desk.set_status(HEAD, Status("ml-ci", "success", ""))
        assert dict(desk.latest(HEAD)) == {"ml-ci": "success"}
    else:
        with pytest.raises(UserError, match=f"GitLab answered {kind}"):
            desk.set_status(HEAD, Status("ml-ci", "success", ""))


def test_the_name_of_a_job_is_no_status(lab: Any) -> None:
    lab.server.jobs.append("ml-ci")
    with pytest.raises(UserError, match="is the name of a job"):
        lab.desk().set_status(HEAD, Status("ml-ci", "success", ""))


def test_a_long_url_is_left_out(lab: Any) -> None:
    lab.desk().set_status(HEAD, Status("ml-ci", "success", "", f"https://ci.example/{'x' * 300}"))
    assert lab.server.latest() == {"ml-ci": "success"}


def test_a_token_that_only_reads_is_named_with_what_it_lacks(
    lab: Any, pipeline: Callable[..., None], ml_ci: Run, write_report: Write
) -> None:
    """As a job's own token is."""
    lab.server.permissions = {"pull-requests": "read", "statuses": "read"}
    code, _, said = ml_ci("comment", "--report", write_report("passed"))
    assert code == 2 and "GitLab answered 403" in said
    assert "scope `api`" in said and "role Developer" in said and "CI_JOB_TOKEN reads" in said
    pipeline(GITLAB_TOKEN="glpat-of-last-year")
    code, _, said = ml_ci("comment", "--report", write_report("passed"))
    assert code == 2 and "not valid, or has expired" in said and "last-year" not in said
    pipeline(GITLAB_TOKEN="")
    code, _, said = ml_ci("comment", "--report", write_report("passed"))
    assert code == 2 and "there is no token" in said and "scope `api`" in said


def test_variables_for_later_jobs(ml_ci: Run, write_report: Write, tmp_path: Path) -> None:
    output = tmp_path / "ml-ci.env"
    code, said, _ = ml_ci("report", write_report("hostile"), "--format", "gitlab", "--gitlab-output", output)
    assert code == 0 and said
    lines = output.read_text(encoding="utf-8").splitlines()
    found = dict(line.split("=", 1) for line in lines)
    assert list(found) == [
        f"ML_CI_{name}" for name in ("VERDICT", "EXIT_CODE", "SENTENCE", "MODELS", "FAILED_MODELS", "REPORT")
    ]
    assert found["ML_CI_VERDICT"] == "error" and found["ML_CI_EXIT_CODE"] == "1"
    assert not [sign for sign in "`$\\|&'*#" for value in found.values() if sign in value]
    assert STEP.outputs({"a-b": "x"}) == "ML_CI_A_B=x\n"


def test_events_are_told_as_json(pipeline: Callable[..., None], ml_ci: Run) -> None:
    told = json.loads(ml_ci("gitlab", "event")[1])
    assert (told["kind"], told["pull-request"], told["gates-from"], told["statuses"]) == (
        "pull-request",
        7,
        "main",
        False,
    )


def test_an_activity_of_nothing_says_so() -> None:
    assert activity("", {}) == Activity(
        "other", why="a run outside of GitLab CI/CD names no merge request and no commit"
    )

"""A report is believed for one commit, one run and one base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.origin import Origin
from ml_ci.reports.values import Report
from ml_ci.review.belonging import Due, hold

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
MERGE, OTHER = "f" * 40, "c" * 40
DUE = Due(head=HEAD, here=MERGE, run="4711", base="main")
ORIGIN = Origin("pull_request", "refs/pull/7/merge", "4711", "main")


def parents(commit: str) -> str:
    return {"1" * 40: HEAD, "2" * 40: OTHER}.get(commit, "")


@pytest.mark.parametrize(
    ("commit", "origin", "due", "said"),
    [
        (HEAD, ORIGIN, DUE, ""),
        (MERGE, ORIGIN, DUE, ""),
        ("1" * 40, ORIGIN, DUE, ""),  # the merge of an earlier base with the same head
        (HEAD, Origin(), DUE, ""),  # made by another CI system
        (OTHER, Origin(), Due(), ""),  # by hand, where nobody names a commit
        (OTHER, ORIGIN, DUE, "the report is of commit ccccccc, and this is of 9d1e2f3"),
        ("2" * 40, ORIGIN, DUE, "the report is of commit 2222222, and this is of 9d1e2f3"),
        (None, ORIGIN, DUE, "the report names no commit"),
        (HEAD, replace(ORIGIN, run="4710"), DUE, "the report is of run 4710, not of run 4711"),
        (HEAD, replace(ORIGIN, gates_from="v0"), DUE, "by the gates of `v0`, and this pull request goes to `main`"),
        (MERGE, ORIGIN, replace(DUE, here=""), "the report is of commit fffffff"),
        (OTHER, Origin(), Due(head=HEAD), "the report is of commit ccccccc"),
        (HEAD, ORIGIN, replace(DUE, covers="main"), ""),
        (HEAD, Origin(), replace(DUE, base="v0", covers="main"), "goes to `v0`, and only the gates of `main` are at"),
    ],
)  # fmt: skip
def test_of_one_commit_one_run_and_one_base(
    reports: Any, commit: str | None, origin: Origin, due: Due, said: str
) -> None:
    report = replace(reports["passed"](), commit=commit, origin=origin)
    found = hold(report, due, parents)
    if not said:
        assert found is report
        return
    assert (found.verdict, dict(found.models)) == ("error", {})
    assert found.failure is not None
    assert said in found.failure.message and found.failure.code == "foreign-report"


def test_the_users_mistake_stays_what_it_is() -> None:
    from ml_ci.errors import UserError
    from ml_ci.steps.telling.outcome import report_mistake

    report = report_mistake(UserError("ml-ci.yaml:3: no such key"), {})
    assert hold(report, DUE, parents) is report


def test_a_report_of_another_pull_request_that_lies_there_is_an_error(
    github: Any, ml_ci: Run, write_report: Write, reports: Any
) -> None:
    """A workspace that was kept, a download that failed: what lies there is not what was asked for."""
    stale = replace(reports["passed"](), commit=OTHER)
    assert ml_ci("github", "status", "--report", write_report(stale))[0] == 1
    assert github.latest() == {"ml-ci": "error"}
    told = github.statuses[-1]["description"]
    assert told == "The report is of commit ccccccc, and this is of 9d1e2f3 (#7)"
    ml_ci("github", "comment", "--report", write_report(stale))
    assert "report is of commit ccccccc" in github.comments[0]["body"]


def test_one_stale_leg_among_good_ones_is_an_error(
    github: Any, ml_ci: Run, write_report: Write, reports: Any, tmp_path: Path
) -> None:
    for name, report in (("a", reports["passed"]()), ("b", replace(reports["new_model"](), commit=OTHER))):
        write_report(report, f"legs/{name}.json")
    assert ml_ci("github", "status", "--report", tmp_path / "legs")[0] == 1
    assert github.latest()["ml-ci"] == "error"


@pytest.mark.parametrize(("second", "state"), [(HEAD, "success"), (OTHER, "error")])
def test_the_second_stage_believes_the_merge_of_its_head_only(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, reports: Any, second: str, state: str
) -> None:
    github.merge_commit("1" * 40, "b" * 40, second)
    run = {
        "id": 99,
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "change",
        "head_repository": {"full_name": "octo/models"},
    }
    actions("workflow_run", {"workflow_run": run})
    origin = Origin("pull_request", "refs/pull/7/merge", "99", "main")
    ml_ci("github", "status", "--report", write_report(replace(reports["passed"](), commit="1" * 40, origin=origin)))
    assert github.latest()["ml-ci"] == state
    ml_ci(
        "github",
        "status",
        "--report",
        write_report(replace(reports["passed"](), commit=HEAD, origin=replace(origin, run="98"))),
    )
    assert github.latest()["ml-ci"] == "error"


@pytest.mark.parametrize(("gates_from", "state"), [("main", "pending"), ("v0", "error"), ("", "pending")])
def test_the_second_stage_judges_pull_requests_into_the_branch_whose_file_it_has(
    github: Any,
    ml_ci: Run,
    actions: Callable[..., None],
    write_report: Write,
    reports: Any,
    tmp_path: Path,
    gates_from: str,
    state: str,
) -> None:
    """Two pull requests of one branch: the report says for which it was judged, GitHub says where that one goes."""
    github.pull_request(8, HEAD, base="v0")
    (tmp_path / "ml-ci.yaml").write_text(
        "version: 1\nmodels:\n  churn: {train: m:t, data: {train: a.csv, holdout: b.csv}, label: y, positive: 1}\n"
    )
    run = {"id": 99, "event": "pull_request", "head_sha": HEAD, "head_branch": "change"}
    run |= {"head_repository": {"full_name": "octo/models"}}
    repository = {"full_name": "octo/models", "default_branch": "main"}
    actions("workflow_run", {"workflow_run": run, "repository": repository})
    origin = Origin("pull_request", "refs/pull/7/merge", "99", gates_from)
    report = write_report(replace(reports["passed"](), commit=HEAD, origin=origin))
    ml_ci("github", "status", "--expect", tmp_path / "ml-ci.yaml", "--report", report)
    own = next(one for one in github.statuses[::-1] if one["context"] == "ml-ci")
    assert own["state"] == state
    waits, refused = "#8 into v0 has this commit too, and has no verdict yet (#7: success)", "only the gates of `main`"
    assert (refused if state == "error" else waits) in own["description"]


def test_a_report_says_where_it_was_made(reports: Any) -> None:
    from ml_ci.reports.as_json import from_json, to_json

    report: Report = replace(reports["passed"](), origin=ORIGIN)
    assert to_json(report)["origin"] == {
        "event": "pull_request",
        "ref": "refs/pull/7/merge",
        "run": "4711",
        "gates_from": "main",
    }
    assert from_json(to_json(report)).origin == ORIGIN

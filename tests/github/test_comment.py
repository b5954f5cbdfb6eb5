from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest

from ml_ci.errors import UserError
from ml_ci.forges.values import Token
from ml_ci.gates.values import GateResult
from ml_ci.github.api import Api
from ml_ci.github.desk import Desk
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import ModelReport, Report
from ml_ci.review import sticky
from ml_ci.review.draft import Draft, draft, key_of, substance

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
BOT = "github-actions[bot]"
HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"


def ours(github: Any) -> list[dict[str, Any]]:
    return [one for one in github.comments if one["login"] == github.login]


def desk(github: Any) -> Desk:
    return Desk(Api(github.url, "octo/models", Token(github.token)))


def drafted(text: str, key: str = "ml-ci") -> Draft:
    return Draft(key, text, f"<!-- ml-ci:comment key={key} digest={text} -->\n{text}")


def test_the_first_run_creates_the_second_edits_the_third_leaves(github: Any, ml_ci: Run, write_report: Write) -> None:
    said = ml_ci("github", "comment", "--report", write_report("passed"))
    assert said == (0, "comment on pull request #7: created\n", "")
    assert "edited" in ml_ci("github", "comment", "--report", write_report("failed_by_data"))[1]
    assert "unchanged" in ml_ci("github", "comment", "--report", write_report("failed_by_data"))[1]
    assert [(one["edits"], one["login"]) for one in github.comments] == [(1, BOT)]
    body = github.comments[0]["body"]
    assert body.startswith("<!-- ml-ci:comment key=Model-CI digest=")
    assert "### ✗ churn fails 1 of 4 gates" in body
    assert "https://github.example/octo/models/actions/runs/4711" in body
    assert "```mermaid\nxychart-beta" in body and "| slice " in body


def test_what_the_run_took_is_no_change(reports: Any, github: Any, ml_ci: Run, write_report: Write) -> None:
    trained = reports["failed_by_data"]()
    ml_ci("github", "comment", "--report", write_report(trained))
    model = replace(trained.models["churn"], action="reuse", seconds={"plan": 0.1})
    again = replace(trained, models={"churn": model})
    assert substance(trained) == substance(again)
    assert "unchanged" in ml_ci("github", "comment", "--report", write_report(again))[1]
    newer = replace(again, commit="c" * 40)
    assert "edited" in ml_ci("github", "comment", "--report", write_report(newer))[1]


def test_among_250_comments_there_is_no_second_one(github: Any, ml_ci: Run, write_report: Write) -> None:
    for number in range(230):
        github.comment(7, f"comment {number}")
    ml_ci("github", "comment", "--report", write_report("passed"))
    for number in range(20):
        github.comment(7, f"later {number}")
    assert len(github.comments) == 251
    assert "edited" in ml_ci("github", "comment", "--report", write_report("failed_by_data"))[1]
    assert len(github.comments) == 251
    assert len(ours(github)) == 1
    listed = github.sent("GET", "issues/7/comments")
    assert {one["query"]["per_page"] for one in listed} == {"100"}
    assert {one["query"]["page"] for one in listed} >= {"1", "2", "3"}


def test_somebody_elses_marker_is_not_edited(github: Any, ml_ci: Run, write_report: Write) -> None:
    forged = drafted("x", "Model-CI").body
    github.comment(7, forged, "stranger")
    github.comment(7, f"> {forged}", BOT)
    assert "created" in ml_ci("github", "comment", "--report", write_report("passed"))[1]
    assert [one["body"] for one in github.comments[:2]] == [forged, f"> {forged}"]


def test_keys_have_comments_of_their_own(github: Any, ml_ci: Run, write_report: Write) -> None:
    for key in ("a", "a-b", "a"):
        ml_ci("github", "comment", "--key", key, "--report", write_report("passed"))
    assert len(ours(github)) == 2


def test_several_models_and_shards_are_one_comment(
    github: Any, ml_ci: Run, write_report: Write, tmp_path: Path
) -> None:
    write_report("failed_by_data", "shards/one/report.json")
    write_report("new_model", "shards/two/report.json")
    assert ml_ci("github", "comment", "--report", tmp_path / "shards")[0] == 0
    [comment] = ours(github)
    assert "### ✗ 1 of 2 models fails" in comment["body"]
    assert "fraud passes" in comment["body"] and "churn fails 1 of 4 gates" in comment["body"]


def test_two_at_once_leave_one(github: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both_looked = threading.Barrier(2, timeout=60)
    github.before = lambda method, path: both_looked.wait() if method == "POST" else None
    done: list[str] = []
    runs = [
        threading.Thread(target=lambda text=text: done.append(sticky.put(desk(github), 7, drafted(text))))  # type: ignore[misc]
        for text in ("one", "two")
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
    assert len(github.sent("POST")) == 2
    assert len(github.comments) == 1
    assert sorted(done) == ["created", "edited"]


def test_a_younger_comment_of_ones_own_is_taken_away(github: Any) -> None:
    """Another run creates its comment between our look and our writing."""

    def other(method: str, path: str) -> None:
        if method == "POST" and not github.comments:
            github.comment(7, drafted("other").body, BOT)

    github.before = other
    assert sticky.put(desk(github), 7, drafted("mine")) == "edited"
    assert [one["body"] for one in github.comments] == [drafted("mine").body]
    assert len(github.sent("DELETE")) == 1


def test_a_second_comment_that_a_run_left_is_taken_away(github: Any) -> None:
    for text in ("old", "older run's"):
        github.comment(7, drafted(text).body, BOT)
    assert sticky.put(desk(github), 7, drafted("new")) == "edited"
    assert [one["body"] for one in github.comments] == [drafted("new").body]


def test_an_answer_that_is_lost_makes_no_second_comment(github: Any) -> None:
    github.slow = 0.1
    github.trouble("POST", "comments", "late")
    assert sticky.put(desk(github), 7, drafted("x")) == "unchanged"
    assert len(github.comments) == 1


def test_a_comment_that_was_deleted_meanwhile_is_made_anew(github: Any) -> None:
    first = github.comment(7, drafted("old").body, BOT)

    def delete(method: str, path: str) -> None:
        github.comments[:] = [one for one in github.comments if method != "PATCH" or one["id"] != first]

    github.before = delete
    assert sticky.put(desk(github), 7, drafted("new")) == "created"


def test_a_person_with_a_token_edits_their_own(github: Any) -> None:
    github.login = "maria"
    assert sticky.put(desk(github), 7, drafted("one")) == "created"
    assert sticky.put(desk(github), 7, drafted("two")) == "edited"
    assert [one["login"] for one in github.comments] == ["maria"]


def test_another_app_never_leaves_two(github: Any) -> None:
    """Its token cannot say who it is; its first comment can."""
    github.login = "our-ci[bot]"
    for text in ("one", "two"):
        sticky.put(desk(github), 7, drafted(text))
    assert [one["body"] for one in github.comments] == [drafted("two").body]
    assert sticky.put(desk(github), 7, drafted("two"), "our-ci[bot]") == "unchanged"


def test_a_run_that_was_overtaken_says_nothing(github: Any, ml_ci: Run, write_report: Write) -> None:
    github.pulls[0]["sha"] = "e" * 40
    code, said, _ = ml_ci("github", "comment", "--report", write_report("passed"))
    assert (code, github.comments) == (0, [])
    assert said.startswith("no comment: pull request #7 has moved on to eeeeeee, this is of 9d1e2f3")


def fork(**changed: Any) -> dict[str, Any]:
    run = {
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "change",
        "head_repository": {"full_name": "stranger/models"},
    }
    return {"workflow_run": run | changed, "repository": {"full_name": "octo/models", "default_branch": "main"}}


def test_a_forks_run_writes_nothing_and_its_second_stage_comments(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, tmp_path: Path
) -> None:
    github.pulls.clear()
    github.pull_request(8, head="stranger/models")
    from_fork = {"sha": HEAD, "ref": "change", "repo": {"full_name": "stranger/models"}}
    base = {"ref": "main", "repo": {"full_name": "octo/models"}}
    actions("pull_request", {"pull_request": {"number": 8, "head": from_fork, "base": base}})
    report = write_report("failed_by_data")
    for command in ("comment", "status"):
        code, said, _ = ml_ci("github", command, "--report", report)
        assert code == 0 and "a pull request from a fork has a read-only token" in said
    assert github.requests == []
    assert "churn fails 1 of 4 gates" in (tmp_path / "STEP_SUMMARY").read_text(encoding="utf-8")

    actions("workflow_run", fork())
    assert ml_ci("github", "comment", "--report", report)[1] == "comment on pull request #8: created\n"
    assert ml_ci("github", "status", "--report", report)[0] == 0
    assert github.latest() == {"ml-ci/churn": "failure", "ml-ci": "failure"}


@pytest.mark.parametrize(
    "pull",
    [
        {"head": "other/models"},
        {"branch": "another"},
        {"state": "closed"},
    ],
    ids=str,
)
def test_the_second_stage_finds_no_other_pull_request(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, pull: Mapping[str, Any]
) -> None:
    github.pulls.clear()
    github.pull_request(9, **{"head": "stranger/models", **pull})
    actions("workflow_run", fork())
    code, said, _ = ml_ci("github", "comment", "--report", write_report("passed"))
    assert (code, github.comments) == (0, [])
    assert said.startswith("no comment: no open pull request has this head")


@pytest.mark.parametrize(("status", "code"), [(404, 0), (422, 0), (403, 2)])
def test_a_commit_that_is_not_known_here_has_no_pull_request(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, status: int, code: int
) -> None:
    actions("workflow_run", fork())
    github.trouble("GET", "commits/.*/pulls", status)
    assert ml_ci("github", "comment", "--report", write_report("passed"))[0] == code
    assert github.comments == []


def test_a_branch_name_cannot_widen_the_search(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write
) -> None:
    """A hostile branch name stays the value of one parameter."""
    actions("workflow_run", fork(head_branch="x&state=all&head=octo:change#", head_sha="d" * 40))
    assert "no open pull request" in ml_ci("github", "comment", "--report", write_report("passed"))[1]
    assert github.sent("GET", "pulls$")[0]["query"]["head"] == "stranger:x&state=all&head=octo:change#"


def test_a_number_by_hand_needs_no_event(
    github: Any, ml_ci: Run, write_report: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EVENT_NAME", "EVENT_PATH", "RUN_ID", "WORKFLOW", "SHA"):
        monkeypatch.delenv(f"GITHUB_{name}")
    assert "created" in ml_ci("github", "comment", "--pull-request", 7, "--report", write_report("passed"))[1]
    assert github.comments[0]["body"].startswith("<!-- ml-ci:comment key=ml-ci digest=")


def test_hostile_strings_do_no_harm(reports: Any, github: Any, ml_ci: Run, write_report: Write) -> None:
    assert ml_ci("github", "comment", "--report", write_report("hostile"))[0] == 0
    body = re.sub(r"(`{3,})text\n.*?\n\1", "", github.comments[0]["body"], flags=re.DOTALL)
    outside = body.replace("<!-- ml-ci:comment", "")
    assert "<img" not in body and "@everyone" not in body
    html = cmarkgfm.github_flavored_markdown_to_html(github.comments[0]["body"])
    assert "<img" not in html and 'javascript:alert(1)"' not in html and "<script" not in html
    assert "<!--" not in outside and "\x1b" not in body and "\u202e" not in body
    assert len(body) <= 60_000


def test_two_megabytes_of_names_are_cut(github: Any, ml_ci: Run, write_report: Write) -> None:
    gates = tuple(
        GateResult(
            f"each(fnr, by=x{'|@everyone<img>' * 100}) <= 0.1", "fail", f"x = {number}" + "%0A::error::" * 50, 0.5, 0.1
        )
        for number in range(1_000)
    )
    report = Report("fail", HEAD, HEAD, {"m" * 1_900: ModelReport("fail", "train", gates=gates)})
    assert len(dumps(report)) > 2_000_000
    assert ml_ci("github", "comment", "--report", write_report(report))[0] == 0
    assert len(github.comments[0]["body"]) <= 60_000
    assert "@everyone" not in github.comments[0]["body"] and "<img" not in github.comments[0]["body"]


def test_a_lost_report_is_told(github: Any, ml_ci: Run, tmp_path: Path) -> None:
    code, said, _ = ml_ci("github", "comment", "--report", tmp_path / "none.json")
    assert (code, said) == (1, "comment on pull request #7: created\n")
    assert (
        "the run could not be judged" in github.comments[0]["body"]
        and "there is no report" in github.comments[0]["body"]
    )


def test_a_report_that_is_not_valid_is_told(github: Any, ml_ci: Run, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"format": 1, "verdict": "pass"}')
    assert ml_ci("github", "comment", "--report", tmp_path / "report.json")[0] == 1
    assert "The report is not valid" in github.comments[0]["body"]


@pytest.mark.parametrize(
    ("asked", "workflow", "key"),
    [
        ("churn", "Model CI", "churn"),
        ("", "Model CI", "Model-CI"),
        ("", "", "ml-ci"),
        ("", "--> <img src=x>", "img-src-x"),
        ("", "模型", "ml-ci"),
        ("", "x" * 100, "x" * 64),
    ],
)
def test_keys(asked: str, workflow: str, key: str) -> None:
    assert key_of(asked, workflow) == key


def test_projects_of_a_monorepo_have_a_comment_each(github: Any, ml_ci: Run, write_report: Write) -> None:
    """Also where both run in one workflow; a project finds its own again."""
    for project in ("a", "b", "a/b", "a", "."):
        ml_ci("github", "comment", "--report", write_report("passed"), "--project", project)
    assert len(ours(github)) == 4
    keys = {key_of("", "Model CI " * 9, project) for project in ("", "a", "b", "模型", "模")}
    assert len(keys) == 5 and max(map(len, keys)) <= 64
    assert key_of("mine", "Model CI", "a") == "mine"


@pytest.mark.parametrize("asked", ["a b", "-->", "x" * 65, "é"])
def test_what_is_no_key(asked: str) -> None:
    with pytest.raises(UserError, match="a key has letters"):
        key_of(asked, "")


@pytest.mark.parametrize("name", ["passed", "hostile", "two_models", "forty_slices", "crashed"])
def test_a_draft_is_short_and_begins_with_its_marker(reports: Any, name: str) -> None:
    made = draft(reports[name](), "k", "https://github.example/run")
    assert len(made.body) <= 60_000
    assert made.body.splitlines()[0] == f"<!-- ml-ci:comment key=k digest={made.digest} -->"
    assert made.body.rstrip().endswith("<sub>[The run](https://github.example/run)</sub>")

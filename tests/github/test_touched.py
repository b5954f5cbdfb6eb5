"""A pull request that changes what judges it: the comment says so first, and the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.forges.values import Token
from ml_ci.github.api import Api
from ml_ci.github.touched import touched

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]

WORKFLOW = "and so maybe the workflow that judged it: look at that before the verdict."
GATES = "it was judged by the gates of `main`, and its own hold after the merge."


def changing(github: Any, *files: Any) -> None:
    github.pulls.clear()
    github.pull_request(7, files=files)


def asked(github: Any) -> tuple[str, ...]:
    return touched(Api(github.url, "octo/models", Token(github.token)), 7, "main")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["train.py", "docs/ml-ci.yaml.md", "github/workflows/ci.yml", ".github/CODEOWNERS"], []),
        ([".github/workflows/ci.yml"], [f"`.github/workflows/ci.yml`, {WORKFLOW}"]),
        ([".github/actions/own/action.yml"], [f"`.github/actions/own/action.yml`, {WORKFLOW}"]),
        ([("old.yml", ".github/workflows/ci.yml")], [f"`.github/workflows/ci.yml`, {WORKFLOW}"]),
        ([(".github/workflows/ci.yml", "old.yml")], [f"`.github/workflows/ci.yml`, {WORKFLOW}"]),
        (["ml-ci.yaml"], [f"`ml-ci.yaml`: {GATES}"]),
        (["models/a/ml-ci.yaml", "b.py"], [f"`models/a/ml-ci.yaml`: {GATES}"]),
        (["ml-ci.yaml", ".github/workflows/x"], [f"`.github/workflows/x`, {WORKFLOW}", f"`ml-ci.yaml`: {GATES}"]),
        (
            [f".github/workflows/{name}.yml" for name in "abcde"],
            ["`.github/workflows/a.yml`, `.github/workflows/b.yml`, `.github/workflows/c.yml` and 2 more, " + WORKFLOW],
        ),
        ([*(f"data/{number}" for number in range(250)), "ml-ci.yaml"], [f"`ml-ci.yaml`: {GATES}"]),  # a further page
    ],
)  # fmt: skip
def test_what_judges_is_named(github: Any, files: list[Any], said: list[str]) -> None:
    changing(github, *files)
    assert list(asked(github)) == [f"This pull request changes {one}" for one in said]


def test_what_github_does_not_list_is_said(github: Any) -> None:
    changing(github, *(f"data/{number}" for number in range(3_100)), ".github/workflows/ci.yml")
    [said] = asked(github)
    assert said.startswith("This pull request changes 3,000 files or more, and GitHub lists no more: ")


def test_what_may_not_be_seen_is_not_taken_for_nothing(github: Any) -> None:
    github.trouble("GET", "/pulls/7/files", 403)
    [said] = asked(github)
    assert said.startswith("Whether this pull request changes workflows or gates was not seen: ")
    assert "pull-requests: read" in said


@pytest.mark.parametrize("report", ["passed", "failed_by_data"])
def test_the_comment_begins_with_it_and_the_log_has_a_notice(
    github: Any, ml_ci: Run, write_report: Write, report: str
) -> None:
    changing(github, ".github/workflows/ci.yml")
    code, out, _ = ml_ci("github", "comment", "--report", write_report(report))
    assert code == 0
    assert f"`.github/workflows/ci.yml`, {WORKFLOW}" in github.comments[0]["body"]
    assert out.splitlines()[1].startswith(
        "::notice title=ml-ci::This pull request changes `.github/workflows/ci.yml`, "
    )
    assert "unchanged" in ml_ci("github", "comment", "--report", write_report(report))[1]
    changing(github, "train.py")
    assert ml_ci("github", "comment", "--report", write_report(report))[1] == "comment on pull request #7: edited\n"
    assert "workflow" not in github.comments[0]["body"]


def test_a_path_is_text_and_nothing_else(github: Any, ml_ci: Run, write_report: Write) -> None:
    evil = ".github/workflows/`@everyone` <img src=x>\n::set-output name=a::b\x1b[31m.yml"
    changing(github, evil)
    _, out, _ = ml_ci("github", "comment", "--report", write_report("passed"))
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    body = github.comments[0]["body"]
    assert "<img" not in body and "\n::set-output" not in body and "\x1b" not in body

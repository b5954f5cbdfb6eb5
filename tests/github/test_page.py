"""The page of the reports: drawn from what is validated and held to what is trusted, and linked by the comment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
URL = "https://github.com/octo/models/actions/runs/4711/artifacts/12"


def test_it_is_written_and_nothing_is_sent(github: Any, ml_ci: Run, write_report: Write, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = ml_ci("github", "page", "--report", write_report("failed_by_data"), "--html", page)
    assert said == (0, f"wrote {page}\n", "")
    assert "churn</bdi> fails 1 of 4 gates" in page.read_text(encoding="utf-8")
    assert github.comments == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "could not be judged"),
        ('<script>alert(1)</script>{"format": 1}', "could not be judged"),
        (None, "be judged"),
    ],
)
def test_a_report_that_is_none_is_a_page_that_says_so(
    text: str | None, said: str, github: Any, ml_ci: Run, tmp_path: Path
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "page.html"
    if text is not None:
        report.write_text(text)
    assert ml_ci("github", "page", "--report", report, "--html", page)[0] == 0
    assert said in page.read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page.read_text(encoding="utf-8")


def test_a_report_of_another_commit_is_an_error_on_the_page_too(
    reports: Any, github: Any, ml_ci: Run, write_report: Write, tmp_path: Path
) -> None:
    foreign = replace(reports["passed"](), commit="c" * 40, dirty=False)
    page = tmp_path / "page.html"
    ml_ci("github", "page", "--report", write_report(foreign), "--html", page)
    assert 'class="pill error"' in page.read_text(encoding="utf-8")


def test_the_comment_links_to_it(github: Any, ml_ci: Run, write_report: Write) -> None:
    assert ml_ci("github", "comment", "--report", write_report("passed"), "--page", URL)[0] == 0
    [comment] = github.comments
    assert f"[The report as a page]({URL}) · [The run](" in comment["body"]


def test_another_address_is_no_news(github: Any, ml_ci: Run, write_report: Write) -> None:
    """The page of an earlier run says the same: the comment is left alone."""
    ml_ci("github", "comment", "--report", write_report("passed"), "--page", URL)
    assert "unchanged" in ml_ci("github", "comment", "--report", write_report("passed"), "--page", f"{URL}3")[1]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.example/a) [b](c",
        "https://x.example/a b",
        "x",
        "https://a@b/c",
        "https://x/\n",
    ],
)
def test_what_is_no_address_is_refused(url: str, github: Any, ml_ci: Run, write_report: Write) -> None:
    code, _, said = ml_ci("github", "comment", "--report", write_report("passed"), "--page", url)
    assert (code, github.comments) == (2, [])
    assert "this is no address of a page" in said

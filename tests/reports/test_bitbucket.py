from __future__ import annotations

from collections.abc import Callable

from ml_ci.reports.bitbucket import render
from ml_ci.reports.values import Report


def test_there_is_no_html_in_it(any_report: Report) -> None:
    """Bitbucket shows tags and comments as text."""
    text = render(any_report)
    assert "<" not in text and "****" not in text and "[!" not in text
    assert len(text) <= 32_768
    assert text.endswith("\n\n[ml-ci]: # (the comment of ml-ci)\n")


def test_it_says_what_the_comment_says(reports: dict[str, Callable[[], Report]]) -> None:
    text = render(reports["failed_by_data"]())
    assert "### ✗ churn fails 1 of 4 gates" in text and "**Next:**" in text
    assert "| slice " in text and "402 · positives" in text

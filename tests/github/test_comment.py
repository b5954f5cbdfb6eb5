from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]


def test_the_first_run_creates_the_second_edits_the_third_leaves(
    github: Any, ml_ci: Run, write_report: Callable[..., Path]
) -> None:
    assert ml_ci("github", "comment", "--report", write_report("passed")) == (
        0,
        "comment on pull request #7: created\n",
        "",
    )
    assert "edited" in ml_ci("github", "comment", "--report", write_report("failed_by_data"))[1]
    assert "unchanged" in ml_ci("github", "comment", "--report", write_report("failed_by_data"))[1]
    assert [(one["edits"], one["login"]) for one in github.comments] == [(1, "github-actions[bot]")]
    body = github.comments[0]["body"]
    assert body.startswith("<!-- ml-ci:comment key=Model-CI digest=")
    assert "### ✗ churn may not be promoted" in body
    assert "https://github.example/octo/models/actions/runs/4711" in body

"""In a pull request the gates are those of the branch that it goes to, in pytest as on the command line."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_gate_that_the_change_removed_is_a_test_all_the_same(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.configure("fpr <= 0.9")
    project.commit()
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    result = project.run("--ml-ci", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*ml-ci.yaml::churn::fpr <= 0.2 PASSED*"])


def test_none_judges_by_the_changes_own(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.configure("fpr <= 0.9")
    project.commit()
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    monkeypatch.setenv("ML_CI_GATES_FROM", "none")
    result = project.run("--ml-ci", "-v")
    result.stdout.fnmatch_lines(["*ml-ci.yaml::churn::fpr <= 0.9 PASSED*"])

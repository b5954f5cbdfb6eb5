"""Jobs that are checks as test items, beside the gates of the models."""

from __future__ import annotations

from typing import Any

import pytest

JOBS = """\
jobs:
  lint: {run: "test -s train.py"}
  broken: {run: "echo two bad rows; exit 3"}
"""


def _add_jobs(project: Any, jobs: str = JOBS) -> None:
    project.configure("fpr <= 0.2")
    file = project.path / "ml-ci.yaml"
    file.write_text(file.read_text().replace("models:\n", f"{jobs}models:\n"))


def test_each_check_is_an_item_and_tells_why_it_fails(project: Any, spread: tuple[str, ...]) -> None:
    _add_jobs(project)
    result = project.run("--ml-ci", "--junitxml=junit.xml", *spread)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "✗ the job broken fails",
            "  the job ended with exit code 3: two bad rows.",
            "  | two bad rows",
            "✓ churn passes*",
            "✗ the job broken fails",
            "✓ the job lint passes*",
            "FAILED *ml-ci.yaml::jobs::broken*",
        ]
    )


def test_checks_alone_or_one_model_are_selected_by_name(project: Any) -> None:
    _add_jobs(project)
    project.run("--ml-ci", "--ml-ci-model", "lint").assert_outcomes(passed=1)
    project.run("--ml-ci", "--ml-ci-model", "churn").assert_outcomes(passed=1)
    project.run("--ml-ci", "-k", "jobs and lint").assert_outcomes(passed=1, deselected=2)


def test_job_that_others_build_on_is_no_item(project: Any) -> None:
    _add_jobs(
        project, 'jobs:\n  a: {run: "cp train.py {out}/a", outputs: ["{out}/a"]}\n  b: {run: "true", needs: [a]}\n'
    )
    result = project.run("--ml-ci", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["*ml-ci.yaml::jobs::b"])
    assert "jobs::a" not in result.stdout.str()


def test_missing_file_of_a_check_is_the_users_mistake(project: Any) -> None:
    _add_jobs(project, "jobs:\n  lint: {run: 'cat {data.x}', data: {x: nowhere.csv}}\n")
    result = project.run("--ml-ci")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*nowhere.csv does not exist*"])


def test_job_after_the_promotion_is_no_item_and_nobody_does_it(project: Any) -> None:
    deploy = 'deploy: {run: "touch {out}/x; exit 3", needs: [churn], after: promotion}'
    _add_jobs(project, f'jobs:\n  lint: {{run: "true"}}\n  {deploy}\n')
    result = project.run("--ml-ci")
    result.assert_outcomes(passed=2)
    assert "deploy" not in result.stdout.str()
    result = project.run("--ml-ci", "--ml-ci-model", "deploy")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the job `deploy` is done after the promotion of churn, and by no run*"])

"""`ml-ci doctor`: what is there, what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.doctor import command
from ml_ci.cli.main import call

CONFIG = """\
version: 1
models:
  churn:
    run: python train.py
    outputs: {predictions: p.csv}
    data: {holdout: holdout.csv}
    label: churned
    positive: 1
    gates: [fnr <= 0.1]
"""
GOOD = {"ml-ci.yaml": CONFIG, "train.py": "", "holdout.csv": "x,churned\n1,1\n2,0\n"}
WORKFLOW = """\
on: [pull_request]
permissions: {}
jobs:
  gate:
    permissions:
      contents: read
    steps:
      - uses: acme/ml-ci/actions/gate@%s
"""


@pytest.fixture
def project(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(repository.path)
    return repository


@pytest.fixture
def run_doctor() -> Callable[..., tuple[int, str]]:
    """Run `ml-ci doctor` and give its exit code and what it printed."""

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(command, arguments, standalone_mode=False, catch_exceptions=False)
        return int(done.return_value or 0), done.output

    return run


def test_a_good_set_up(project: Any, run_doctor: Any) -> None:
    project.commit({**GOOD, ".github/workflows/ml-ci.yml": WORKFLOW % ("a" * 40)})
    code, said = run_doctor()
    assert code == 0, said
    assert "✓ churn: holdout: holdout.csv, 2 rows, churned: 0: 1, 1: 1" in said
    assert "✗" not in said
    assert "!" not in said


@pytest.mark.parametrize(
    ("files", "said", "do"),
    [
        ({"holdout.csv": "x,churn\n1,1\n"}, "there is no column 'churned'", "Perhaps you meant 'churn'"),
        ({"holdout.csv": "x,churned\n1,yes\n2,no\n"}, "no row has the positive 1", "as the label is written"),
        ({"holdout.csv": "x,churned\n1,1\n2,1\n"}, "one kind of rows only", "FPR needs negatives"),
        ({"holdout.csv": "x,churned\n1,1\n2,0\n3,\n"}, "1 rows have no label", "Label them"),
        ({"ml-ci.yaml": CONFIG + "    python: nowhere/bin/python\n"}, "was not found", "`python:` is a path"),
        ({"ml-ci.yaml": CONFIG.replace("holdout.csv", "gone.csv")}, "gone.csv is not here", "`fetch:`"),
        ({".github/workflows/a.yml": WORKFLOW % "SHA"}, "actions/gate@SHA may move", "40 digits"),
        (
            {".github/workflows/a.yml": WORKFLOW.replace("acme", "OWNER") % "SHA"},
            "is a template's",
            "Put the repository and the commit",
        ),
        (
            {".github/workflows/a.yml": WORKFLOW.replace("gate@", "report@") % ("a" * 40)},
            "the permission `pull-requests: write` is not given",
            "Add `pull-requests: write`",
        ),
        ({}, "no workflow uses ml-ci's actions", "ml-ci init"),
    ],
)
def test_what_is_missing(files: dict[str, str], said: str, do: str, project: Any, run_doctor: Any) -> None:
    project.commit({**GOOD, **files})
    _, output = run_doctor()
    [line] = [line for line in output.splitlines() if said in line]
    assert line[0] in "!✗"
    assert do in output.split(line)[1]


def test_no_commit_yet(project: Any, run_doctor: Any) -> None:
    project.write(GOOD)
    code, said = run_doctor()
    assert code == 0
    assert "! git: the repository has no commit yet\n    Commit" in said


def test_what_a_template_leaves_to_fill_in_is_no_error(project: Any, run_doctor: Any) -> None:
    project.commit({**GOOD, ".github/workflows/a.yml": WORKFLOW.replace("acme", "OWNER") % "SHA"})
    code, said = run_doctor()
    assert code == 0
    assert "! workflow: a.yml: OWNER/ml-ci/actions/gate@SHA is a template's" in said


def test_a_configuration_that_git_ignores_is_added_by_force(project: Any, run_doctor: Any) -> None:
    project.commit({**{path: text for path, text in GOOD.items() if path != "ml-ci.yaml"}, ".gitignore": "*.yaml\n"})
    project.write({"ml-ci.yaml": CONFIG})
    assert "git add -f ml-ci.yaml (git ignores it)" in run_doctor()[1]
    project.git("add", "-f", "ml-ci.yaml")
    assert "is not committed" not in run_doctor()[1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".python-version", "3.8.13\n"),
        ("runtime.txt", "python-3.8.2\n"),
        (".github/workflows/t.yml", "    python-version: '3.8'\n"),
        ("environment.yml", "dependencies:\n  - python=3.8\n"),
    ],
)
def test_another_python_than_the_repository_names(path: str, text: str, project: Any, run_doctor: Any) -> None:
    project.commit({**GOOD, path: text})
    code, said = run_doctor()
    assert code == 0
    assert f"where {path} says 3.8" in said and "Write `python: python3.8`" in said


def test_two_versions_of_the_actions(project: Any, run_doctor: Any) -> None:
    files = {f".github/workflows/{name}.yml": WORKFLOW % (name * 40) for name in "ab"}
    project.commit({**GOOD, **files})
    assert "the workflows use 2 versions of the actions" in run_doctor()[1]


def test_it_leaves_nothing_and_runs_nothing(project: Any, run_doctor: Any) -> None:
    project.commit({**GOOD, "train.py": "open('ran', 'w')\n"})
    run_doctor()
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    positive: 1\n", "    positive:   # fill in: the value of the label that a false alarm is about\n"),
        ("    positive: 1\n", "    positve: 1\n"),
        ("holdout.csv}", "absent.csv}"),
        ("label: churned", "label: left_us"),
        ("positive: 1", "positive: 2"),
        ("holdout.csv}", "one.csv}"),
        ("holdout.csv}", "gaps.csv}"),
        ("holdout.csv}", "empty.csv}"),
    ],
)
def test_doctor_ends_as_a_run_does_for_the_same_mistake(project: Any, run_doctor: Any, old: str, new: str) -> None:
    assert old in CONFIG
    tables = {"one.csv": "x,churned\n1,1\n2,1\n", "gaps.csv": "x,churned\n1,1\n2,\n3,0\n", "empty.csv": "x,churned\n"}
    project.commit({**GOOD, **tables, "ml-ci.yaml": CONFIG.replace(old, new)})
    code, said = run_doctor()
    assert code == 2, said
    assert call(["run"]) == 2


def test_what_is_withheld_is_listed_by_name(project: Any, run_doctor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("MY_PASSWORD", "AWS_PROFILE", "MY_MODE"):
        monkeypatch.setenv(name, "hunter22")
    config = CONFIG + "    env: [MY_MODE, NOWHERE]\n    fetch: dvc pull {path}\n"
    project.commit({**GOOD, "ml-ci.yaml": config})
    code, said = run_doctor()
    line = next(line for line in said.splitlines() if "withheld from its jobs" in line)
    assert code == 0 and "MY_PASSWORD" in line and "AWS_PROFILE" in line
    assert "MY_MODE" not in line and "PATH" not in line.replace(",", "").split() and "hunter22" not in said
    assert "`fetch:` gets beyond that: " in said and "AWS_PROFILE" in said.split("gets beyond that: ")[1].split("\n")[0]
    assert "`env:` names NOWHERE, which is not set here" in said
    monkeypatch.setenv("CI", "true")
    code, said = run_doctor()
    assert code != 0 and "✗ churn: variables: `env:` names NOWHERE, which is not set here" in said

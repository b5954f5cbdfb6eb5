"""Where jobs run is asked in one place: every job, fetch and build goes there, and to nowhere that nobody named."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.errors import UserError
from ml_ci.repository.trees import WorkingTree
from ml_ci.spec.values import CommandJob
from ml_ci.training import built, executors, process
from ml_ci.training.delivery import Delivery, Supply
from ml_ci.training.job import train
from ml_ci.training.packaging import Project
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress
from ml_ci.training.values import Checkout

FUNCTION = """
    import os
    def train():
        return {"executor": os.environ.get("ML_CI_EXECUTOR")}
"""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Add an executor that runs jobs here, and notes (address, argv) of each."""
    seen: list[tuple[str, str]] = []

    def make(address: str) -> executors.Executor:
        def run(order: Order, progress: Progress) -> Outcome:
            seen.append((address, " ".join(json.loads(order.request.read_text())["argv"])))
            return process.run(order, progress)

        return run

    module = ModuleType("executor_of_a_test")
    module.make = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(executors.EXECUTORS, "elsewhere", f"{module.__name__}:make")
    return seen


def test_functions_and_commands_run_where_the_environment_says(jobs: Any, elsewhere: list[tuple[str, str]]) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = "elsewhere://there:1"
    jobs.function(FUNCTION)
    jobs.command("echo made > {out}/model.txt")
    assert [address for address, _ in elsewhere] == ["there:1", "there:1"]
    assert "request.json" in elsewhere[0][1] and "echo made" in elsewhere[1][1]


def test_predictions_and_metrics_run_there_too(jobs: Any, elsewhere: list[tuple[str, str]]) -> None:
    jobs.write("m.py", "def one(y_true, score):\n    return 1.0\n")
    jobs.environment["ML_CI_EXECUTOR"] = "elsewhere"
    assert jobs.measured({"one": "m:one"}, "y_true,score\n1,0.5\n") == {"one": 1.0}
    assert len(elsewhere) == 1


def test_what_fetches_data_runs_there(
    tmp_path: Path, git: Callable[..., str], elsewhere: list[tuple[str, str]]
) -> None:
    git("init", "-q")
    copy = tmp_path / "copy"
    copy.mkdir()
    top = tmp_path / "repository"
    environment = {"PATH": "/usr/bin:/bin", "ML_CI_EXECUTOR": "elsewhere"}
    supply = Supply("churn", WorkingTree(top), copy, top, tmp_path / "work", environment, fetch="echo 1 > {path}")
    Delivery(supply).bring("train", "train.csv")
    assert (copy / "train.csv").read_text() == "1\n" and [argv for _, argv in elsewhere] == [
        "/bin/sh -c echo 1 > train.csv"
    ]


def test_a_build_runs_there(jobs: Any, elsewhere: list[tuple[str, str]]) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = "elsewhere"
    request = replace(jobs.request(CommandJob("true")), checkout=Checkout((), jobs.folder))
    (jobs.work / "build").mkdir()
    project = Project(jobs.folder, "own")
    built._call(["/bin/sh", "-c", "exit 0"], {}, project, request)
    assert [argv for _, argv in elsewhere] == ["/bin/sh -c exit 0"]


def test_the_job_is_not_told(jobs: Any, elsewhere: list[tuple[str, str]]) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = "elsewhere"
    made = jobs.command("printenv ML_CI_EXECUTOR > {out}/model.txt; echo . >> {out}/model.txt")
    assert made.artifact.read_text() == ".\n"


@pytest.mark.parametrize("name", ["ssh://host", "Local", "local://host", "local ", "://"])
def test_a_place_that_nobody_knows_is_refused_before_anything_is_done(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(["run", "--executor", name]) == 2
    said = capsys.readouterr().err
    assert f"--executor {name}: jobs cannot run there" in said and "There is: local, ray." in said
    monkeypatch.setenv("ML_CI_EXECUTOR", name)
    assert call(["run"]) == 2
    assert "jobs cannot run there" in capsys.readouterr().err


def test_a_command_without_the_option_refuses_it_too(jobs: Any) -> None:
    jobs.environment["ML_CI_EXECUTOR"] = "nowhere"
    with pytest.raises(UserError, match="jobs cannot run there"):
        train(jobs.request(CommandJob("true")))


def test_here_is_where_nothing_is_said() -> None:
    assert executors.executor({}) is executors.executor({"ML_CI_EXECUTOR": "local"}) is process.run

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.values import Budget, CommandJob, FunctionJob, Job, Positive
from ml_ci.training.job import metric, predict, train
from ml_ci.training.values import (
    Input,
    Inputs,
    Interpreter,
    MetricRequest,
    PredictRequest,
    ScoredRows,
    TrainedModel,
    TrainRequest,
)

OWN = Interpreter(Path(sys.executable), sys.version_info[:3])
POSITIVE = Positive(values=(1,))


@dataclass
class Jobs:
    """Write the files of a project and run jobs in it."""

    folder: Path
    work: Path
    environment: dict[str, str]
    data: dict[str, Input] = field(default_factory=dict)

    def write(self, path: str, content: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(content), encoding="utf-8")
        return target

    def table(self, name: str, content: str, **options: Any) -> None:
        self.data[name] = Input(str(self.write(f"data/{name}.csv", content)), **options)

    def request(self, job: Job | str, **options: Any) -> TrainRequest:
        request = TrainRequest(
            model="churn",
            job=FunctionJob(job) if isinstance(job, str) else job,
            folder=self.folder,
            work=self.work,
            inputs=Inputs(self.data),
            interpreter=OWN,
            environment=self.environment,
            budget=Budget(seconds=100.0),
        )
        return replace(request, **options)

    def function(self, source: str, **options: Any) -> TrainedModel:
        """Train by a function `train` with this source."""
        self.write("jobs.py", source)
        return train(self.request("jobs:train", **options))

    def command(
        self, command: str | tuple[str, ...], outputs: Mapping[str, str] | None = None, **options: Any
    ) -> TrainedModel:
        outputs = {"model": "{out}/model.txt"} if outputs is None else outputs
        return train(self.request(CommandJob(command, **outputs), **options))

    def scored(self, artifact: Path, rows: str, **options: Any) -> ScoredRows:
        request = PredictRequest(
            model="churn",
            artifact=artifact,
            folder=self.folder,
            work=self.work / "predict",
            rows=Input(str(self.write("rows.csv", rows))),
            positive=POSITIVE,
            interpreter=OWN,
            environment=self.environment,
            budget=Budget(seconds=100.0),
        )
        return predict(replace(request, **options))

    def measured(self, metrics: Mapping[str, str], table: str, **options: Any) -> Mapping[str, float | None]:
        request = MetricRequest(
            model="churn",
            metrics=metrics,
            table=self.write("scored.csv", table),
            folder=self.folder,
            work=self.work / "metric",
            interpreter=OWN,
            environment=self.environment,
            budget=Budget(seconds=100.0),
        )
        return metric(replace(request, **options)).values


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    folder, work = tmp_path / "project", tmp_path / "work"
    folder.mkdir()
    work.mkdir()
    return Jobs(folder, work, {**os.environ, "GITHUB_OUTPUT": "/somewhere", "GITHUB_TOKEN": "hunter2"})


def failure(call: Callable[[], object]) -> Failure:
    """Run something that has to fail, and give its failure."""
    with pytest.raises(StageFailed) as caught:
        call()
    return caught.value.failure


@pytest.fixture
def failed() -> Callable[[Callable[[], object]], Failure]:
    return failure


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Run git in the folder `repository` of the test."""
    top = tmp_path / "repository"
    top.mkdir()

    def run(*arguments: str) -> str:
        names = {f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(("git", *arguments), cwd=top, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    return run

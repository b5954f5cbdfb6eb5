"""A project whose job is a dozen lines of standard library: it trains in a tenth of a second."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ml_ci.pipeline import run
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.store import Store
from ml_ci.reports.values import Report
from ml_ci.steps.values import Options

# The model is a cut: the smallest x of a positive row in the training data, plus what the code and the parameters say.
JOB = """\
import csv, json, os, sys

BIAS = 4

def cut(path):
    rows = list(csv.DictReader(open(path)))
    return min(int(row["x"]) for row in rows if row["y"] == "1")

def main(train, holdout, out):
    at = cut(train) + BIAS + json.load(open(os.environ["ML_CI_PARAMS"])).get("more", 0)
    rows = list(csv.DictReader(open(holdout)))
    lines = ["prediction", *(str(int(int(row["x"]) >= at)) for row in rows)]
    open(out + "/predictions.csv", "w").write("\\n".join(lines) + "\\n")

if __name__ == "__main__":
    main(*sys.argv[1:])
"""
SPEC = """\
version: 1
models:
  cut:
    run: python train.py {data.train} {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    params: {more: 0}
    gates:
      - fnr <= baseline.fnr + 0.1
"""


def table(first: int, rows: int = 40) -> str:
    """Write rows with x = 0, 1, ...; those from `first` on are positive."""
    return "x,y\n" + "".join(f"{x},{int(x >= first)}\n" for x in range(rows))


FILES = {"train.py": JOB, "data/train.csv": table(20), "data/holdout.csv": table(20), "ml-ci.yaml": SPEC}


class Project:
    """A repository with the small model, and what a user does in it."""

    def __init__(self, repository: Any) -> None:
        self.repository = repository
        self.path: Path = repository.path

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        (self.path / path).write_text(text.replace(old, new))

    def commit(self, files: Mapping[str, str] | None = None, message: str = "change") -> str:
        return str(self.repository.commit(files, message))

    def options(self, **asked: Any) -> Options:
        return Options(start=self.path, environment=dict(os.environ), **asked)

    def run(self, **asked: Any) -> Report:
        return run(self.options(**asked))

    @property
    def trainings(self) -> int:
        """How many trainings the store holds."""
        return sum(kind == TRAININGS for kind, _, _ in Store(self.path / ".ml_ci").records())


def in_repository(repository: Any, *, first: bool = True) -> Project:
    """Put the small model into a repository, as its first commit where it is not there yet."""
    made = Project(repository)
    if first:
        made.commit(FILES, "First model")
    return made


@pytest.fixture(scope="session")
def small() -> Callable[..., Project]:
    """Give what puts the small model into a repository, to fixtures that are made once."""
    return in_repository


@pytest.fixture
def project(repository: Any) -> Project:
    """Give a repository with one commit of the small model on `main`."""
    return in_repository(repository)


@pytest.fixture
def below(repository: Any) -> Callable[[str], Project]:
    """Give the project in a folder below the top of its repository."""

    def made(folder: str) -> Project:
        repository.commit({f"{folder}/{path}": text for path, text in FILES.items()}, "First model")
        project = Project(repository)
        project.path = repository.path / folder
        return project

    return made


@pytest.fixture(scope="session")
def data() -> Callable[[int], str]:
    return table

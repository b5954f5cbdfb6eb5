"""Real jobs on a real copy, to see what is seen of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes.reads import Reads
from ml_ci.repository.repository import Repository
from ml_ci.spec.values import Budget, CommandJob, FunctionJob
from ml_ci.training.job import train
from ml_ci.training.values import Checkout, Ground, Inputs, Interpreter, TrainRequest
from ml_ci.training.working_copy import WorkingCopy, working_copy

OWN = Interpreter(Path(sys.executable), sys.version_info[:3])


@dataclass
class Watched:
    """A project `proj` in a repository `top`, whose copy is made when the first job runs."""

    top: Path
    place: Path
    stack: ExitStack
    copy: WorkingCopy | None = None

    def write(self, path: str, content: str = "x\n") -> Path:
        at = self.top / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(textwrap.dedent(content), encoding="utf-8")
        return at

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(("git", *identity, *arguments), cwd=self.top, check=True, capture_output=True)

    def ground(self, *declared: str) -> Ground:
        repository = Repository.find(self.top / "proj")
        if self.copy is None:
            work = self.place / "copies"
            self.copy = self.stack.enter_context(working_copy(repository, repository.tree(None), work))
        self.copy.ready("job")
        self.copy.prepare("job")
        return Ground(self.copy.top, repository.top, self.copy.prepared, declared)

    def request(self, job: CommandJob | FunctionJob, *declared: str, **options: Any) -> TrainRequest:
        ground = self.ground(*declared)
        assert self.copy is not None
        return TrainRequest(
            model="m",
            job=job,
            folder=self.copy.project,
            work=self.place / "job",
            inputs=Inputs(),
            interpreter=OWN,
            environment={**os.environ, **options.pop("environment", {})},
            budget=Budget(seconds=100.0),
            checkout=Checkout((self.top,), self.copy.top),
            ground=ground,
            **options,
        )

    def run(self, command: str, *declared: str, **options: Any) -> Reads:
        """Run a command in the project folder; give what it read."""
        (self.place / "job").mkdir(exist_ok=True)
        job = CommandJob(f"{command}\necho done > {{out}}/model.txt", model="{out}/model.txt")
        return train(self.request(job, *declared, **options)).reads

    def python(self, code: str, *declared: str, **options: Any) -> Reads:
        """Run a script that is not in the repository; give what it read."""
        script = self.top.parent / "script.py"
        script.write_text(textwrap.dedent(code), encoding="utf-8")
        return self.run(f"python {script}", *declared, **options)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    top = tmp_path / "repository"
    (top / "proj").mkdir(parents=True)
    subprocess.run(("git", "init", "-q", "-b", "main"), cwd=top, check=True)
    with ExitStack() as stack:
        # Copies lie inside the user's repository, as in a run.
        made = Watched(top, top / "proj/.ml_ci/work", stack)
        made.place.mkdir(parents=True)
        for path in ("proj/columns.json", "proj/data/a.csv", "proj/data/b.csv", "common/shared.py", "root.txt"):
            made.write(path)
        made.write("proj/data/a.csv", "x,y\n1,2\n")
        made.write("common/shared.py", "CUT = 1\n")
        made.write(".gitignore", ".ml_ci/\n*.tmp\n")
        yield made

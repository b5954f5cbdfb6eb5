"""A tiny project whose job is a shell script that counts how often it ran, outside of every copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

SPEC = """\
version: 1
models:
  tiny:
    run: sh train.sh {data.train} {data.holdout} {out}/scores.csv
    outputs: {predictions: "{out}/scores.csv"}
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    seed: 0
    gates: [fpr <= 0.5, fnr <= baseline.fnr]
    env: [TINY_COUNT]
"""

SCRIPT = """\
echo "$ML_CI_SEED" >> "$TINY_COUNT"
sleep SLEEP
echo "trained with seed $ML_CI_SEED"
{ echo score; tail -n +2 "$2" | sed 's/,.*//;s/^0$/0.1/;s/^1$/0.9/'; } > "$3"
"""


@dataclass
class Tiny:
    """A project with two commits, in which a run trains candidate and baseline once each."""

    folder: Path
    count: Path
    git: Callable[..., str]

    @property
    def store(self) -> Path:
        return self.folder / ".ml_ci"

    @property
    def trainings(self) -> int:
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start ml-ci in a process of its own."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "ML_CI_STORE": "", "TINY_COUNT": str(self.count)}
        environment |= options.pop("environment", {})
        return subprocess.Popen(
            (sys.executable, "-m", "ml_ci", *arguments),
            cwd=options.pop("folder", self.folder),
            env={name: value for name, value in environment.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Run ml-ci to its end: exit code, what it printed, what it said."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=600)
        return process.returncode, out, err

    def seed(self, number: int) -> None:
        """Change what the candidate's training depends on."""
        (self.folder / "ml-ci.yaml").write_text(SPEC.replace("seed: 0", f"seed: {number}"))


def made(repository: Any, count: Path, sleep: float = 0.0) -> Tiny:
    """Commit the project to a repository."""
    script = SCRIPT.replace("SLEEP", str(sleep))
    holdout = "x,y\n" + "0,0\n1,1\n" * 20
    files = {"ml-ci.yaml": SPEC, "train.sh": script, "holdout.csv": holdout, "train.csv": "x,y\n0,0\n"}
    repository.commit(files, "first")
    repository.commit({"train.csv": "x,y\n1,1\n"}, "second")
    return Tiny(repository.path, count, repository.git)


@pytest.fixture
def make_tiny(
    make_repository: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Tiny]:
    monkeypatch.setenv("TINY_COUNT", str(tmp_path / "count"))  # also where a test starts a process by itself
    return lambda sleep=0.0: made(make_repository("tiny"), tmp_path / "count", sleep)


@pytest.fixture
def tiny(make_tiny: Callable[..., Tiny]) -> Tiny:
    return make_tiny()


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory, git_folder: Callable[[Path], Any]) -> Tiny:
    """Train and judge the project once: tests begin with copies of it."""
    folder = tmp_path_factory.mktemp("judged")
    known = made(git_folder(folder / "tiny"), folder / "count")
    code, _, err = known.run("run")
    assert code == 0, err
    return known


@pytest.fixture
def ran(tiny: Tiny, judged: Tiny) -> Tiny:
    """Give `tiny` after its first run."""
    shutil.rmtree(tiny.folder)
    shutil.copytree(judged.folder, tiny.folder, symlinks=True)
    shutil.copy(judged.count, tiny.count)
    return tiny

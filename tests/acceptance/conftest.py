"""A small repository with a model, and ml-ci run in it as a user does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.cli.main import call
from ml_ci.records.record import read

ROOT = Path(__file__).parents[2]
STATE = ".ml_ci"

# Every training leaves a mark outside of its copy, so that a test can count them.
MODEL = '''\
"""Buys who is above the middle between buyers and others."""

import csv
import os
from pathlib import Path


class Model:
    def __init__(self, limit):
        self.limit = limit


def train(train: Path):
    with open(os.environ["TRAININGS"], "a") as marks:
        marks.write("trained\\n")
    with open(train) as lines:
        rows = list(csv.DictReader(lines))
    means = []
    for label in ("yes", "no"):
        values = [float(row["x"]) for row in rows if row["bought"] == label]
        means.append(sum(values) / len(values))
    return Model(sum(means) / 2 + SHIFT)


def score(model, rows: Path):
    with open(rows) as lines:
        return [0.9 if float(row["x"]) >= model.limit else 0.1 for row in csv.DictReader(lines)]


SHIFT = 0.0
'''

CONFIG = """\
version: 1
models:
  shop:
    train: model:train
    predict: model:score
    data:
      train: data/train.csv
      holdout: data/holdout.csv
    label: bought
    positive: "yes"
    slices: [region]
    gates:
      - fpr <= 0.2
      - fnr <= baseline.fnr + 0.05
    env: [TRAININGS]
"""


def table(rows: int, *, shift: float = 0.0) -> str:
    """Rows in which x >= 0.5 means bought, but for one false alarm and one miss in every twenty."""
    lines = ["x,region,bought"]
    for at in range(rows):
        x, wrong = (at % 20) / 20 + 0.01 + at / 100_000, at % 20 in (3, 17)
        lines.append(f"{x + shift:.5f},{('EU', 'US')[at % 2]},{('no', 'yes')[(x >= 0.5) != wrong]}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Answer:
    """What one command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


class Project:
    """A git repository with ml-ci.yaml; `folder` is where ml-ci is started."""

    def __init__(
        self, repository: Any, marks: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self._repository = repository
        self.path: Path = repository.path
        self.folder = self.path
        self.marks = marks
        self._capture = capture
        self._patch = patch

    def git(self, *arguments: str) -> str:
        """Run git and give what it printed."""
        return str(self._repository.git(*arguments))

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, making their folders."""
        self._repository.write(files)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that occurs in a file."""
        path = self.path / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def commit(self, message: str = "change") -> str:
        """Commit everything, give the commit's id."""
        return str(self._repository.commit(message=message))

    def run(self, *arguments: str) -> Answer:
        """Run ml-ci inside this process, in the folder where a user would stand."""
        before = self.state()
        with self._patch.context() as patch:
            patch.chdir(self.folder)
            self._capture.readouterr()
            code = call(arguments or ("run",))
        captured = self._capture.readouterr()
        assert self.state() == before, "ml-ci changed the user's tree"
        return Answer(code, captured.out, captured.err)

    def command(self, *arguments: str, timeout: float = 300, **options: Any) -> Answer:
        """Run ml-ci in a process of its own."""
        done = subprocess.run(
            (sys.executable, "-m", "ml_ci", *arguments),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            **options,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ml-ci in a process of its own, whose end the test decides; its output is not kept."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            (sys.executable, "-m", "ml_ci", *arguments), cwd=self.folder, stdout=quiet, stderr=quiet
        )

    def report(self) -> Any:
        """Read the report that the last run left."""
        return json.loads((self.folder / STATE / "report.json").read_text())

    def model(self) -> Any:
        """Give the report of the only model."""
        (model,) = self.report()["models"].values()
        return model

    def trainings(self) -> int:
        """Count the trainings so far."""
        return len(self.marks.read_text().splitlines()) if self.marks.exists() else 0

    def state(self) -> dict[str, tuple[int, bytes]]:
        """Give every file of the user's: its time of change and its content."""
        found = {}
        for path in sorted(self.path.rglob("*")):
            parts = path.relative_to(self.path).parts
            if path.is_file() and ".git" not in parts and STATE not in parts:
                found["/".join(parts)] = (path.stat().st_mtime_ns, path.read_bytes())
        return found

    def verify(self) -> None:
        """Hold that nothing is half-written: every record is whole, no workplace, draft or checkout is left."""
        state = self.folder / STATE
        for folder in (state / "records").glob("*/*/*"):
            read(folder, folder.parent.parent.name, folder.name)
        left = [path.name for path in (state / "work").glob("*")] if state.is_dir() else []
        assert left == [], f"left in .ml_ci/work: {left}"
        assert [path.name for path in state.glob(".report*")] == []
        assert len(self.git("worktree", "list").splitlines()) == 1
        assert self.git("worktree", "prune", "--dry-run", "--verbose") == ""
        if (state / "report.json").exists():
            assert self.report()["format"] == 1

    def jobs(self) -> list[psutil.Process]:
        """Give the processes whose environment names this project's marks: those that its jobs started."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = process.environ().get("TRAININGS") == str(self.marks) and "ML_CI_JOB" in process.environ()
            except (psutil.Error, OSError):
                continue
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def no_jobs(self, patience: float = 60) -> None:
        """Hold that no process of a job is left after a moment."""
        until = time.monotonic() + patience
        while (left := self.jobs()) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == [], f"still running: {left}"

    def wait_for(self, what: Callable[[], object], patience: float = 120) -> None:
        """Wait until something is true."""
        until = time.monotonic() + patience
        while not what():
            assert time.monotonic() < until, "it never came"
            time.sleep(0.02)

    def interrupt(self, process: subprocess.Popen[bytes], number: int = signal.SIGINT, patience: float = 60) -> int:
        """Send a signal to a started command and give its exit code."""
        process.send_signal(number)
        return process.wait(patience)


PATHS = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes find ml-ci where it is not installed, and no variable of the machine decide how it looks."""
    monkeypatch.setenv("PYTHONPATH", PATHS)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make(
    make_repository: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Mapping[str, str | bytes]], Project]:
    """Make a repository with the given files as the first commit on `main`, on the branch `change`."""
    marks = tmp_path / "marks"
    monkeypatch.setenv("TRAININGS", str(marks))

    def made(files: Mapping[str, str | bytes]) -> Project:
        project = Project(make_repository("repository"), marks, capsys, monkeypatch)
        project.write(files)
        project.commit("first")
        project.git("switch", "-q", "-c", "change")
        return project

    return made


@pytest.fixture(scope="session")
def files() -> dict[str, str | bytes]:
    """Give the files of the usual project."""
    return {
        "ml-ci.yaml": CONFIG,
        "model.py": MODEL,
        "data/train.csv": table(100),
        "data/holdout.csv": table(200),
        "README.md": "# Shop\n",
    }


@pytest.fixture(scope="session")
def make_table() -> Callable[..., str]:
    """Give the function that makes the usual tables."""
    return table


@pytest.fixture
def project(make: Callable[[Mapping[str, str | bytes]], Project], files: Mapping[str, str | bytes]) -> Project:
    """Give the usual project, nothing changed yet and nothing trained."""
    return make(files)


@pytest.fixture(scope="session")
def trained_store(tmp_path_factory: pytest.TempPathFactory, files: Mapping[str, str | bytes]) -> Path:
    """Give a store that knows the usual model, so that not every test has to train it."""
    folder = tmp_path_factory.mktemp("trained")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run(("git", *arguments), cwd=folder, check=True)
    environment = {**os.environ, "TRAININGS": os.devnull, "PYTHONPATH": PATHS}
    subprocess.run((sys.executable, "-m", "ml_ci", "run"), cwd=folder, env=environment, check=True, capture_output=True)
    return folder / STATE


@pytest.fixture
def known(project: Project, trained_store: Path) -> Project:
    """Give the usual project whose baseline is on record."""
    shutil.copytree(trained_store, project.path / STATE)
    (project.path / STATE / "report.json").unlink()
    return project

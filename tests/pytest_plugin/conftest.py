"""Fixtures for the plugin's tests: small real projects, and pytest runs in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A model in plain Python: it learns one cut, and notes outside of the repository that it was trained.
TRAIN = """
import csv
import sys

train, holdout, out, log = sys.argv[1:5]
open(log, "a").write("trained\\n")
SHIFT = 0
rows = list(csv.DictReader(open(train)))
cut = sum(float(row["x"]) for row in rows) / len(rows) + SHIFT
with open(out + "/predictions.csv", "w") as file:
    file.write("score\\n")
    for row in csv.DictReader(open(holdout)):
        file.write("0.9\\n" if float(row["x"]) >= cut else "0.1\\n")
"""
WORSE = TRAIN.replace("SHIFT = 0", "SHIFT = 0.3")
BROKEN = "import sys\nprint('no memory of', sys.argv[1])\nraise ValueError('the data make no sense')\n"

MODEL = """\
  {name}:
    run: python3 {script} {{data.train}} {{data.holdout}} {{out}} {log}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: bought
    positive: 1
    slices: [region]
    gates: {gates}
"""


def table(rows: int) -> str:
    """Rows in which x >= 0.475 means bought, but for one false alarm and one miss in every twenty."""
    lines = ["x,region,bought"]
    for at in range(rows):
        x, wrong = (at % 20) / 20, at % 20 in (3, 17)
        lines.append(f"{x},{('EU', 'US')[at % 2]},{int((x >= 0.475) != wrong)}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Judged:
    """How the project was judged: exit code, output, test cases by name."""

    code: int
    text: str
    suite: ElementTree.Element
    cases: Mapping[str, ElementTree.Element]

    def failure(self, name: str) -> str:
        """Give the message of a failed test; fails when it did not fail."""
        failure = self.cases[name].find("failure")
        assert failure is not None, f"{name} passed"
        return str(failure.text)

    def properties(self, name: str) -> dict[str, str]:
        return {str(one.get("name")): str(one.get("value")) for one in self.cases[name].iter("property")}


class Project:
    """A git repository with models, and pytest in it."""

    def __init__(self, path: Path, log: Path, arguments: tuple[str, ...], pytester: pytest.Pytester | None) -> None:
        self.path = path
        self.log = log
        self.arguments = arguments
        self.pytester = pytester

    def git(self, *arguments: str) -> None:
        """Run git in the project."""
        subprocess.run(("git", *arguments), cwd=self.path, check=True, capture_output=True)

    def worsen(self) -> None:
        """Change the code of the model so that it misses 70% instead of 10%; the record of this is there."""
        self.write(train=WORSE)

    def break_training(self) -> None:
        """Change the code of the model so that it raises."""
        self.write(train=BROKEN)

    def write(self, **files: str) -> None:
        """Write Python modules by name."""
        for name, content in files.items():
            (self.path / f"{name}.py").write_text(content)

    def configure(self, *gates: str, **models: list[str]) -> None:
        """Write ml-ci.yaml: the gates of `churn`, or models by name with their gates, each trained by train.py."""
        self.declare({name: ("train.py", conditions) for name, conditions in (models or {"churn": gates}).items()})

    def declare(self, models: Mapping[str, tuple[str, object]]) -> None:
        """Write ml-ci.yaml: by model its script and its gates."""
        text = "version: 1\nmodels:\n"
        for name, (script, gates) in models.items():
            text += MODEL.format(name=name, script=script, gates=json.dumps(gates), log=self.log)
        (self.path / "ml-ci.yaml").write_text(text)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest: in this process, unless its workers have to find the plugin by PYTHONPATH."""
        assert self.pytester is not None
        if "-n2" in arguments:
            return self.run_subprocess("-p", "xdist", *arguments)
        return self.pytester.runpytest_inprocess(*self.arguments, *arguments)

    def run_subprocess(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own, with this plugin and no other."""
        assert self.pytester is not None
        return self.pytester.runpytest_subprocess(*self.arguments, *arguments)

    def trainings(self) -> int:
        """Count the jobs that have run."""
        return len(self.log.read_text().split()) if self.log.exists() else 0

    def junit(self) -> dict[str, ElementTree.Element]:
        """Read junit.xml: test cases by `class::name`."""
        suite = ElementTree.parse(self.path / "junit.xml").getroot()
        return {f"{case.get('classname')}::{case.get('name')}": case for case in suite.iter("testcase")}


@pytest.fixture(scope="session")
def loaded() -> tuple[str, ...]:
    """Give the arguments that load the plugin: none of them where it is installed with its entry point."""
    return ("-p", "ml_ci" if entry_points(group="pytest11", name="ml_ci") else "pytest_ml_ci.plugin")


FOLDERS = (str(ROOT), str(ROOT / "pytest_plugin"))
# Children find the plugin, and load no other one, so that they start fast.
ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(FOLDERS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_LEFT_OUT = ("PYTEST_ADDOPTS", "CI", "BUILD_NUMBER")  # in CI pytest says again in its summary what was told above


@pytest.fixture(autouse=True, scope="session")
def _heavy_modules() -> None:
    """Import what a run imports before pytester is there, which forgets what runs imported: numpy bears it once."""
    for name in ("numpy", "scipy.special", "duckdb", "pydantic", "rich.console", "ml_ci.pipeline"):
        if name not in sys.modules:
            __import__(name)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process and its children find the plugin."""
    for folder in reversed(FOLDERS):
        monkeypatch.syspath_prepend(folder)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in _LEFT_OUT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, _git_identity: None) -> Project:
    """Make the project once, with records of its model and of a worse one, so that no test has to train them."""
    from ml_ci.pipeline import run
    from ml_ci.steps.values import Options

    path = tmp_path_factory.mktemp("trained")
    project = Project(path, path.parent / "trained.log", (), None)
    _fill(project)
    for script in (WORSE, TRAIN):
        project.write(train=script)
        assert not run(Options(start=path)).models["churn"].failure
    return project


@pytest.fixture
def project(pytester: pytest.Pytester, loaded: tuple[str, ...], trained: Project) -> Project:
    """Give a project on a branch, nothing changed yet; `fpr <= 0.2` passes, and nothing has to be trained."""
    shutil.copytree(trained.path, pytester.path, dirs_exist_ok=True)
    return Project(pytester.path, trained.log, loaded, pytester)


@pytest.fixture
def untrained(pytester: pytest.Pytester, loaded: tuple[str, ...]) -> Project:
    """Give the same project without any record, and with a log of its own."""
    project = Project(pytester.path, pytester.path.parent / f"{pytester.path.name}.log", loaded, pytester)
    _fill(project)
    return project


@pytest.fixture(scope="session")
def judge(loaded: tuple[str, ...]) -> Callable[..., Judged]:
    """Give a function that judges the project in a folder with a pytest of its own."""

    def call(path: Path, *arguments: str) -> Judged:
        workers = ("-p", "xdist") if "-n2" in arguments else ()
        command = (sys.executable, "-m", "pytest", *loaded, *workers, "--ml-ci", "--junitxml=junit.xml", *arguments)
        environment = {**{name: value for name, value in os.environ.items() if name not in _LEFT_OUT}, **ENVIRONMENT}
        done = subprocess.run(command, cwd=path, env=environment, capture_output=True, text=True, timeout=900)
        suite = ElementTree.parse(path / "junit.xml").getroot()[0]
        cases = {f"{case.get('classname')}::{case.get('name')}": case for case in suite.iter("testcase")}
        return Judged(done.returncode, done.stdout + done.stderr, suite, cases)

    return call


def _fill(project: Project) -> None:
    project.write(train=TRAIN)
    (project.path / ".gitignore").write_text("runpytest-*\n__pycache__\n.pytest_cache\n")
    (project.path / "data").mkdir()
    (project.path / "data" / "train.csv").write_text(table(100))
    (project.path / "data" / "holdout.csv").write_text(table(200))
    project.configure("fpr <= 0.2")
    project.git("init", "-q", "-b", "main")
    project.commit()
    project.git("switch", "-q", "-c", "change")


@pytest.fixture(params=[(), ("-n2",)], ids=["one-process", "xdist"])
def spread(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Run a test twice: in one process, and with two workers."""
    if request.param:
        pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    arguments: tuple[str, ...] = request.param
    return arguments

"""A project whose training takes no time, and registries to promote it into."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ml_ci import pipeline
from ml_ci.cli.registry import _MLFLOW
from ml_ci.registry.location import Location, locate
from ml_ci.registry.query import champion
from ml_ci.registry.values import Version
from ml_ci.reports.values import Report
from ml_ci.steps.values import Options

_YAML = """
version: 1
models:
  {model}:
    train: {package}:train
    predict: {package}:predict
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: y
    positive: 1
    slices: [group]
    {more}
    gates: [fpr <= 0.2, fnr <= baseline.fnr + 0.05]
"""

# Standard library only: no job of these tests waits for pandas.
_CODE = """
import csv
from pathlib import Path

CUT = {cut}


class Model:
    def __init__(self, cut):
        self.cut = cut


def train(train: Path):
    return Model(CUT)


def predict(model, rows: Path):
    with open(rows, newline="") as file:
        return [0.9 if float(row["x"]) >= model.cut else 0.1 for row in csv.DictReader(file)]
"""


def _rows(number: int) -> str:
    lines = (f"{i / number:.4f},{'ab'[i % 2]},{int(i >= number / 2)}\n" for i in range(number))
    return "x,group,y\n" + "".join(lines)


@dataclass
class Game:
    """A repository with one model, on its default branch, and where its registry is."""

    path: Path
    git: Callable[..., str]
    model: str = "cutter"
    package: str = "cutting"
    environment: Mapping[str, str] = field(default_factory=dict)
    more: str = ""

    def change(self, cut: float, message: str = "Change the cut") -> str:
        """Commit another model: the nearer to 0.5, the fewer mistakes; misses above, false alarms below."""
        files = {
            "ml-ci.yaml": _YAML.format(model=self.model, package=self.package, more=self.more),
            f"{self.package}.py": _CODE.format(cut=cut),
            "data/train.csv": _rows(20),
            "data/holdout.csv": _rows(40),
            ".gitignore": "__pycache__/\n",
        }
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def options(self, **given: object) -> Options:
        return Options(start=self.path, environment={**os.environ, **self.environment}, **given)  # type: ignore[arg-type]

    def run(self, baseline: str | None = "champion") -> Report:
        return pipeline.run(self.options(baseline=baseline))

    @property
    def state(self) -> Path:
        return self.path / ".ml_ci"

    @property
    def location(self) -> Location:
        return locate(self.state, None, self.environment)

    def champion(self, alias: str = "champion") -> Version | None:
        return champion(self.location, self.model, alias)

    def in_use(self) -> tuple[str | None, str | None]:
        """Give the versions that `champion` and `previous` name."""
        found = self.champion(), self.champion("previous")
        return tuple(None if one is None else one.version for one in found)  # type: ignore[return-value]

    def audit(self) -> list[str]:
        path = self.state / "audit.jsonl"
        return path.read_text().splitlines() if path.exists() else []


def game_at(path: Path, **given: object) -> Game:
    """Make a game whose repository is at `path`."""
    import subprocess

    path.mkdir(parents=True, exist_ok=True)

    def git(*arguments: str) -> str:
        done = subprocess.run(("git", *arguments), cwd=path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    if not (path / ".git").exists():
        git("init", "-q", "-b", "main")
    package = f"cutting_{uuid.uuid4().hex[:6]}"
    return Game(path, git, package=package, **given)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _quiet_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_EVENT_NAME", "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "GITHUB_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    # With all that a command settles for MLflow, so that none of it stays for the tests that follow.
    for name, value in {**_MLFLOW, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ml_ci.cli.registry._PATIENCE", 3600.0)  # a busy machine must not add a word


@pytest.fixture(scope="session")
def _blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tables of an embedded registry once: MLflow takes seconds for them."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    from ml_ci.registry.mlflow_registry import MlflowRegistry

    state = tmp_path_factory.mktemp("blank")
    MlflowRegistry(locate(state, None, {}))
    return state / "mlflow.db"


@pytest.fixture
def game(tmp_path: Path, _blank: Path) -> Game:
    """Give a game with an embedded registry that holds nothing yet."""
    found = game_at(tmp_path / "project")
    _give_registry(found, _blank)
    return found


@pytest.fixture(scope="session")
def _promoted(tmp_path_factory: pytest.TempPathFactory, _blank: Path) -> Game:
    """Promote a first model once: the tests begin with copies of it."""
    from ml_ci.steps.promotion.offer import Asked
    from ml_ci.steps.promotion.promote import promote_model

    found = game_at(tmp_path_factory.mktemp("promoted") / "project")
    _give_registry(found, _blank)
    found.change(0.6)
    assert found.run().verdict == "pass"
    promote_model(found.options(), found.model, Asked("Ada", "2026-01-02T03:04:05+00:00"))
    return found


@pytest.fixture
def first(tmp_path: Path, _promoted: Game) -> Game:
    """Give a game whose first model is in use."""
    shutil.copytree(_promoted.path, tmp_path / "project", symlinks=True)
    found = game_at(tmp_path / "project")
    found.package = _promoted.package
    return found


def _give_registry(found: Game, blank: Path) -> None:
    found.state.mkdir()
    (found.state / ".gitignore").write_text("*\n")
    shutil.copyfile(blank, found.state / "mlflow.db")

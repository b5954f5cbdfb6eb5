"""The two stores of a registry: a file beside the project, and an MLflow server on PostgreSQL, both of them real.

What is asked of the one is asked of the other: a test that takes `empty` or `begun` runs on both.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry.values import Event
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import Done, promote_model, roll_back

# MLflow binds numbers as text before 3.2, which psycopg 3 does not put right (its issue 17013).
_DRIVERS = {"psycopg": (3, 2), "psycopg2": (0,)}
_TABLES = (
    "registered_models",
    "registered_model_aliases",
    "registered_model_tags",
    "model_versions",
    "model_version_tags",
)


def _programs() -> Path:
    """Find PostgreSQL's programs, where Debian puts them too."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    for folder in (*(Path(one) for one in os.environ.get("PATH", "").split(":")), *reversed(beside)):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql")


def _driver() -> str:
    """Choose the driver that this MLflow can use."""
    mlflow = pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    here = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
    for name, since in _DRIVERS.items():
        if here >= since and importlib.util.find_spec(name) is not None:
            return name
    pytest.skip("no driver that this MLflow can use is installed: pip install psycopg[binary], or psycopg2-binary")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start PostgreSQL in a folder of its own, where its socket is too; give an empty database's address, no scheme."""
    programs = _programs()
    root = os.getuid() == 0
    who: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if root else {}
    folder = Path(tempfile.mkdtemp(prefix="ml-ci-postgres-", dir="/tmp"))
    if root:
        shutil.chown(folder, "postgres", "postgres")
    data, options = str(folder / "data"), f"-k {folder} -c listen_addresses='' -c fsync=off"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **who}
    subprocess.run([programs / "initdb", "-D", data, "-U", "mlflow", "-A", "trust"], **quiet)
    start = [programs / "pg_ctl", "-D", data, "-o", options, "-w", "-t", "300", "-l", str(folder / "log"), "start"]
    subprocess.run(start, **quiet)
    try:
        yield f"mlflow@/postgres?host={folder}"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(postgres: str, serve_mlflow: Callable[[str, str], str]) -> str:
    """Start an MLflow server on it; give its URL."""
    return serve_mlflow(sys.executable, f"postgresql+{_driver()}://{postgres}")


@dataclass
class Desk:
    """A checkout on some machine and the registry that it works with, with what a person does there."""

    game: Any
    postgres: str = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    def promotion(self, *allow: str, stage: str = "champion") -> partial[Done]:
        """Give what is called to promote, here or in another process."""
        asked = Asked("Ada", _now(), "a test" if allow else "", frozenset(allow), stage=stage)
        return partial(promote_model, self.game.options(), self.game.model, asked)

    def rollback(self, *allow: str) -> partial[Event]:
        """Give what is called to go back, here or in another process."""
        asked = Asked("Bob", _now(), "wrong", frozenset(allow))
        return partial(roll_back, self.game.options(), self.game.model, asked)

    def promote(self, *allow: str, stage: str = "champion") -> Done:
        return self.promotion(*allow, stage=stage)()

    def go_back(self, *allow: str) -> Event:
        return self.rollback(*allow)()

    def judge(self, cut: float) -> str:
        """Commit another model and judge it; give its commit."""
        commit: str = self.game.change(cut)
        assert self.game.run().verdict == "pass"
        return commit

    def elsewhere(self, name: str) -> Desk:
        """Give the same checkout on another machine: a state folder of its own, and the same registry."""
        path = self.game.path.with_name(name)
        shutil.copytree(self.game.path, path, symlinks=True)
        there = {**self.game.environment}
        if not self.postgres:
            there["MLFLOW_TRACKING_URI"] = self.game.location.uri
        return Desk(type(self.game)(path, _git(path), self.game.model, self.game.package, there), self.postgres)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database itself; `?` stands for the model's name."""
        if not self.postgres:
            path = self.game.location.uri.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path)) as database:
                return sorted(database.execute(query, (self.game.model,)).fetchall(), key=str)
        with _connected(self.postgres) as database, database.cursor() as cursor:
            cursor.execute(query.replace("?", "%s"), (self.game.model,))
            return sorted(cursor.fetchall(), key=str)

    def everything(self) -> dict[str, Any]:
        """Give all that the registry knows of the model, and the audit log: every version, alias and tag."""
        found: dict[str, Any] = {name: self.ask(f"SELECT * FROM {name} WHERE name = ?") for name in _TABLES}
        return {**found, "runs": self.runs, "audit": self.game.audit()}

    @property
    def runs(self) -> int:
        query = "SELECT r.run_uuid FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id"
        return len(self.ask(f"{query} WHERE e.name = 'ml-ci/' || ?"))

    @property
    def moves(self) -> int:
        """Count the moves that the registry's history holds."""
        keys = self.ask("SELECT key FROM registered_model_tags WHERE name = ?")
        return len([key for (key,) in keys if key.startswith("ml-ci.move.")])

    @property
    def counted(self) -> tuple[int, int, int, int]:
        """Count runs, versions, moves and lines of the audit log."""
        versions = self.ask("SELECT version FROM model_versions WHERE name = ?")
        return self.runs, len(versions), self.moves, len(self.game.audit())


def _connected(address: str) -> Any:
    name = _driver()
    driver = __import__(name)
    return closing(driver.connect(f"postgresql://{address}"))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _git(path: Path) -> Callable[..., str]:
    def git(*arguments: str) -> str:
        done = subprocess.run(("git", *arguments), cwd=path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return git


@pytest.fixture(params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> str:
    """Name the store of the registry."""
    return str(request.param)


@pytest.fixture
def empty(store: str, game: Any, request: pytest.FixtureRequest) -> Desk:
    """Give a desk whose registry holds nothing of its model."""
    return Desk(game) if store == "sqlite" else _on_server(game, request)


@pytest.fixture
def begun(store: str, request: pytest.FixtureRequest) -> Desk:
    """Give a desk whose first model is in use."""
    if store == "sqlite":
        return Desk(request.getfixturevalue("first"))
    found = _on_server(request.getfixturevalue("game"), request)
    found.judge(0.6)
    found.promote()
    return found


@pytest.fixture(scope="session")
def _held_on_server(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Desk:
    game = request.getfixturevalue("_promoted")
    path = tmp_path_factory.mktemp("held") / "project"
    shutil.copytree(game.path, path, symlinks=True)
    found = _on_server(type(game)(path, _git(path), game.model, game.package), request)
    found.judge(0.6)
    found.promote()
    return found


@pytest.fixture
def held(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """Give a desk whose first model is in use, to a test that leaves the registry as it is: several share it."""
    if store == "sqlite":
        return Desk(request.getfixturevalue("first"))
    known = request.getfixturevalue("_held_on_server")
    path = tmp_path / "held"
    shutil.copytree(known.path, path, symlinks=True)
    return Desk(type(known.game)(path, _git(path), known.model, known.package, {**known.environment}), known.postgres)


def _on_server(game: Any, request: pytest.FixtureRequest) -> Desk:
    """Give a game the server as its registry; every test has a model of its own."""
    (game.state / "mlflow.db").unlink()
    game.environment = {"MLFLOW_TRACKING_URI": request.getfixturevalue("server")}
    game.model = f"cutter-{uuid.uuid4().hex[:8]}"
    return Desk(game, request.getfixturevalue("postgres"))


@pytest.fixture
def judged(begun: Desk) -> Desk:
    """Give a desk whose second model passed against the first, and is not in use yet."""
    begun.judge(0.55)
    return begun

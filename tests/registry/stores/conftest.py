"""The two stores of a registry: a file beside the project, and an MLflow server on PostgreSQL, both of them real.

What is asked of the one is asked of the other: a test that takes `empty` or `begun` runs on both.
"""

from __future__ import annotations

import importlib
import shutil
import sqlite3
import subprocess
import sys
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

sys.path.insert(0, str(Path(__file__).parent))
postgres_here: Any = importlib.import_module("registry_postgres")

_TABLES = (
    "registered_models",
    "registered_model_aliases",
    "registered_model_tags",
    "model_versions",
    "model_version_tags",
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """Start PostgreSQL for the session."""
    with postgres_here.running() as found:
        yield found


@pytest.fixture(scope="session")
def server(postgres: Any, serve_mlflow: Callable[[str, str], str]) -> str:
    """Start an MLflow server on it; give its URL."""
    return serve_mlflow(sys.executable, f"postgresql+{postgres_here.driver()}://{postgres.address}")


@dataclass
class Desk:
    """A checkout on some machine and the registry that it works with, with what a person does there."""

    game: Any
    postgres: Any = None

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
        return sorted(self.postgres.ask(query.replace("?", "%s"), self.game.model), key=str)

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
def begun(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """Give a desk whose first model is in use."""
    if store == "sqlite":
        return Desk(request.getfixturevalue("first"))
    return _copied(request.getfixturevalue("_begun_on_server"), tmp_path)


@pytest.fixture
def judged(store: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """Give a desk whose second model passed against the first, and is not in use yet."""
    return _copied(request.getfixturevalue("_judged_in_file" if store == "sqlite" else "_judged_on_server"), tmp_path)


@pytest.fixture(scope="session")
def _judged_in_file(_promoted: Any, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return _judged_once(_copied(Desk(_promoted), tmp_path_factory.mktemp("judged")))


@pytest.fixture(scope="session")
def _begun_on_server(_promoted: Any, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Desk:
    """Promote a first model on the server once, and keep what the registry holds then."""
    path = tmp_path_factory.mktemp("begun") / "project"
    state = path / ".ml_ci"
    state.mkdir(parents=True)
    (state / ".gitignore").write_text("*\n")
    _git(path)("init", "-q", "-b", "main")
    found = _on_server(type(_promoted)(path, _git(path), package=_promoted.package), request)
    found.judge(0.6)
    found.promote()
    found.postgres.keep()
    return found


@pytest.fixture(scope="session")
def _judged_on_server(_begun_on_server: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return _judged_once(_copied(_begun_on_server, tmp_path_factory.mktemp("judged")))


def _judged_once(desk: Desk) -> Desk:
    desk.judge(0.55)
    return desk


def _copied(known: Desk, folder: Path) -> Desk:
    """Give a copy of a desk, and to a server's registry what it held when the copied desk was made."""
    path = shutil.copytree(known.path, folder / "project", symlinks=True)
    if known.postgres:
        known.postgres.put_back()
    game = type(known.game)(path, _git(path), known.model, known.package, {**known.environment})
    return Desk(game, known.postgres)


def _on_server(game: Any, request: pytest.FixtureRequest) -> Desk:
    """Give a game the server as its registry; every test has a model of its own."""
    (game.state / "mlflow.db").unlink(missing_ok=True)
    game.environment = {"MLFLOW_TRACKING_URI": request.getfixturevalue("server")}
    game.model = f"cutter-{uuid.uuid4().hex[:8]}"
    return Desk(game, request.getfixturevalue("postgres"))

"""What a promotion is decided by, without a server: a project that was judged, and a registry in a file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ml_ci.registry.values import COMMIT, FINGERPRINT, MOVE, PROMOTION, TRAINING, Event, Version

# The part of MLflow's tables that ml-ci reads.
TABLES = """
CREATE TABLE IF NOT EXISTS registered_model_aliases (name, alias, version);
CREATE TABLE IF NOT EXISTS registered_model_tags (name, key, value);
CREATE TABLE IF NOT EXISTS model_versions (name, version, creation_time, source, run_id, current_stage);
CREATE TABLE IF NOT EXISTS model_version_tags (name, version, key, value);
"""


class RegistryFile:
    """The registry of a project, `.ml_ci/mlflow.db`, with versions of one model."""

    def __init__(self, path: Path, model: str) -> None:
        self.path, self.model = path, model
        with closing(sqlite3.connect(path)) as database, database:
            database.executescript(TABLES)

    def register(self, number: str, commit: str, training: str) -> Version:
        """Register a version as a promotion does, and make it champion."""
        tags = {PROMOTION: f"p{number}", COMMIT: commit, TRAINING: training, FINGERPRINT: "{}"}
        with closing(sqlite3.connect(self.path)) as database, database:
            row = (self.model, number, 0, "", None, "None")
            database.execute("INSERT INTO model_versions VALUES (?, ?, ?, ?, ?, ?)", row)
            rows = [(self.model, number, key, value) for key, value in tags.items()]
            database.executemany("INSERT INTO model_version_tags VALUES (?, ?, ?, ?)", rows)
            database.execute("DELETE FROM registered_model_aliases")
            database.execute("INSERT INTO registered_model_aliases VALUES (?, 'champion', ?)", (self.model, number))
            event = Event(f"p{number}", "promotion", self.model, "2026-01-02T03:04:05+00:00", "Ada", number)
            moved = (self.model, MOVE + event.id, json.dumps(vars(event)))
            database.execute("INSERT INTO registered_model_tags VALUES (?, ?, ?)", moved)
        return Version(self.model, number, 0.0, "", None, tags)

    def take_alias_away(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM registered_model_aliases")


@pytest.fixture(scope="session")
def registry() -> Callable[[Any], RegistryFile]:
    """Give what makes the registry of a project."""

    def made(project: Any) -> RegistryFile:
        (project.path / ".ml_ci").mkdir(exist_ok=True)
        return RegistryFile(project.path / ".ml_ci" / "mlflow.db", "cut")

    return made


@pytest.fixture(scope="session")
def by_hand() -> Mapping[str, str]:
    """Give the variables of a person's machine, wherever the tests run."""
    names = ("GITHUB_EVENT_NAME", "GITHUB_REF", "GITHUB_RUN_ID", "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    return {name: value for name, value in os.environ.items() if name not in names}

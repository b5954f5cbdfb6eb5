"""A model in use with its live rows: files as a service leaves them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.live.values import Champion, Reference, Watched, Window
from ml_ci.live.watching import watch_rows
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec

SINCE = datetime(2026, 1, 5, tzinfo=UTC)
CHAMPION = Champion("churn", "7", "2026-01-05T00:00:00Z", "3f2c1ab" + "0" * 33, 0.5, Confusion(352, 30, 970, 50))
_MODEL = """\
version: 1
models:
  churn:
    train: churn.train:train
    data: {{train: data/train.csv, holdout: data/holdout.csv}}
    label: churned
    positive: 1
    live:
{live}
"""
_LIVE = {
    "predictions": "logs/*.jsonl",
    "labels": "outcomes.jsonl",
    "id": "request",
    "time": "at",
    "delay": "2d",
    "window": "7d",
}


def make_model(**keys: str | None) -> ModelSpec:
    """Give a model with `live:`; a key that is None is left out."""
    live = {key: value for key, value in (_LIVE | keys).items() if value is not None}
    text = _MODEL.format(live="\n".join(f"      {key}: {value}" for key, value in live.items()))
    return load(text, "ml-ci.yaml").models["churn"]


def at(days: float) -> str:
    """Give a time so many days after the promotion, as a service logs it."""
    return (SINCE + timedelta(days=days)).isoformat()


@dataclass
class Service:
    """Live rows of a model in a folder, written as JSON Lines; `look` counts them so many days after the promotion."""

    folder: Path
    model: ModelSpec = field(default_factory=make_model)
    reference: Reference = field(default_factory=lambda: Reference(CHAMPION.holdout))
    champion: Champion = CHAMPION
    frozen: tuple[Window, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def log(self, *rows: Mapping[str, Any], to: str = "logs/a.jsonl") -> None:
        """Add predictions to the log."""
        self._add(self.folder / to, rows)

    def label(self, *rows: Mapping[str, Any], to: str = "outcomes.jsonl") -> None:
        """Add labels."""
        self._add(self.folder / to, rows)

    def _add(self, file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)

    def look(self, days: float) -> Watched:
        """Look, and keep what is closed, as `ml-ci watch` does."""
        now = SINCE + timedelta(days=days)
        found = watch_rows(self.model, self.champion, self.reference, self.folder, now, self.frozen, self.environment)
        self.frozen = tuple(replace(one, late=0) for one in found.windows if one.closed)
        return found


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.fixture
def write_table() -> Callable[[Path, str], None]:
    """Write the answer of a query to a file of the kind that its name says."""

    def write(file: Path, query: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        duckdb.sql(f"COPY ({query}) TO '{file}'")

    return write

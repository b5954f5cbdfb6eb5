"""Which trainings a commit has: so that a baseline is found though it was trained in another environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text
from ml_ci.records.store import Store

FORMAT = 1
_FOLDER = "commits"


@dataclass(frozen=True)
class Known:
    """A training of a commit: its key, the parts of its fingerprint, and its distributions with their versions."""

    key: str
    parts: Mapping[str, str]
    environment: Mapping[str, str | None]


def remember(store: Store, commit: str, model: str, known: Known) -> None:
    """Keep that the model of `commit` was trained; a file per training, so that no two runs write the same."""
    file = file_of(store, commit, model, known.key)
    file.parent.mkdir(parents=True, exist_ok=True)
    said = {"format": FORMAT, "parts": dict(known.parts), "environment": dict(known.environment)}
    write_text(file, json.dumps(said, sort_keys=True))


def recall(store: Store, commit: str, model: str) -> Iterator[Known]:
    """Give the trainings of a commit: those that are known here, the youngest first, then those of the shared store."""
    files = sorted(_folder(store, commit, model).glob("*.json"), key=lambda file: (-file.stat().st_mtime, file.name))
    yield from (known for file in files if (known := _look_up(file.stem, _read(file))))
    if store.shared is not None:
        for key, said in store.shared.recall(commit, model).items():
            if known := _look_up(key, said):
                yield known


def file_of(store: Store, commit: str, model: str, key: str) -> Path:
    """Give the file in which a training is remembered."""
    return _folder(store, commit, model) / f"{key}.json"


def _folder(store: Store, commit: str, model: str) -> Path:
    return store.root / _FOLDER / commit / model


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _look_up(key: str, said: Any) -> Known | None:
    """Take what was read for what it should be, or for nothing: it may come from elsewhere."""
    if not isinstance(said, dict) or said.get("format") != FORMAT or not key.isalnum():
        return None
    parts, environment = said.get("parts"), said.get("environment")
    if not isinstance(parts, dict) or not isinstance(environment, dict):
        return None
    if not all(isinstance(text, str) for text in parts.values()):
        return None
    return Known(key, parts, {name: None if version is None else str(version) for name, version in environment.items()})

"""The log of answers: a row each, with the id and time of its order, in files that are whole from the moment on that
they have their name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from orders.features import make_features
from orders.model import squash, vector

# The model's version in the registry: who deploys it sets this.
VERSION = os.environ.get("MODEL_VERSION", "1")


def answer(event: dict[str, Any], weights: list[float]) -> dict[str, Any]:
    """Score an order, and give what the log keeps of it: also the features, for `ml-ci skew`."""
    features = make_features(event)
    score = squash(vector(features), weights)
    return {"id": event["id"], "time": event["placed_at"], "version": VERSION, "score": score, **features}


def write(folder: Path, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write a file of the log: readers pass over a name with a dot, which it has until it is whole."""
    if not rows:
        return
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    unfinished.write_text("".join(json.dumps(row) + "\n" for row in rows))
    unfinished.replace(folder / name)


class Log:
    """Collect the answers of a service, and write a file of each hundred."""

    def __init__(self, folder: Path, most: int = 100) -> None:
        self._folder, self._most = folder, most
        self._rows: list[dict[str, Any]] = []
        self._lock = Lock()

    def add(self, row: dict[str, Any]) -> None:
        """Keep an answer."""
        with self._lock:
            self._rows.append(row)
            if len(self._rows) >= self._most:
                self._flush()

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            write(self._folder, f"rest-{self._rows[0]['id']}.jsonl", self._rows)
            self._rows = []

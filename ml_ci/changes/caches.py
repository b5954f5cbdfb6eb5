"""Caches: small JSON files under the state folder. One that is missing, damaged or of another format is empty."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

# Part of every cache file: raise it when what is digested, or how, changes.
FORMAT = 1


class Cache:
    """Keep a mapping of text to a JSON value in a file; without a file it lives as long as the object.

    Beyond `limit` values the oldest are left out of the file.
    """

    def __init__(self, file: Path | None, limit: int = 5_000) -> None:
        self._file = file
        self._limit = limit
        self._changed = False

    @cached_property
    def _values(self) -> dict[str, Any]:
        return _load(self._file) if self._file else {}

    def get(self, key: str) -> Any:
        """Give the value kept for `key`, or None."""
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a value that JSON can hold."""
        self._values[key] = value
        self._changed = True

    def save(self) -> None:
        """Write the file if anything was put; a folder that cannot be written is no error, only slower next time."""
        if not self._changed or self._file is None:
            return
        kept = dict(list(self._values.items())[-self._limit :])
        try:
            _write(self._file, {"format": FORMAT, "values": kept})
        except OSError:
            return
        self._changed = False


def _load(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return {}
    values = content.get("values")
    return values if isinstance(values, dict) else {}


def _write(file: Path, content: object) -> None:
    import tempfile  # a run that has nothing to write does not need it

    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, separators=(",", ":"))
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

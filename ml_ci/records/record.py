"""A record: a folder of files beside a `record.json` that vouches for them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
NAME = "record.json"


class DamagedRecordError(Exception):
    """Say what of a record is not as it was written."""


@dataclass(frozen=True)
class Record:
    """One record, read and verified: `content` is JSON, `folder` holds the files that it names."""

    kind: str
    key: str
    folder: Path
    content: Mapping[str, Any]

    def file(self, name: str) -> Path:
        """Give the path of a file (or folder) of the record."""
        return self.folder / name


def write(folder: Path, kind: str, key: str, content: Mapping[str, Any]) -> None:
    """Write `record.json` over the files that lie in `folder`, and force all of it to disk."""
    body = {"format": FORMAT, "kind": kind, "key": key, "files": _digests(folder), "content": content}
    sealed = {**body, "digest": _seal(body)}
    with (folder / NAME).open("w", encoding="utf-8") as file:
        json.dump(sealed, file, indent=1, sort_keys=True, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path, kind: str, key: str) -> Record:
    """Read a record and verify it, with every file in it; DamagedRecordError names what is wrong."""
    body = _body(folder)
    seal = body.pop("digest", None)
    if seal != _seal(body):
        raise DamagedRecordError(f"{NAME} does not match its own digest")
    if (body["format"], body["kind"], body["key"]) != (FORMAT, kind, key):
        raise DamagedRecordError(f"{NAME} belongs to another record or format")
    _verify(folder, body["files"])
    return Record(kind, key, folder, body["content"])


def _body(folder: Path) -> dict[str, Any]:
    try:
        body = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DamagedRecordError(f"{NAME} is missing") from None
    except (ValueError, OSError) as error:
        raise DamagedRecordError(f"{NAME} cannot be read: {error}") from None
    if not isinstance(body, dict):
        raise DamagedRecordError(f"{NAME} is no object")
    return body


def _seal(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _verify(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    for name, known in files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedRecordError(f"{name} is missing")
        if path.stat().st_size != known["size"] or digest(path) != known["sha256"]:
            raise DamagedRecordError(f"{name} is not as it was written")


def _digests(folder: Path) -> dict[str, dict[str, Any]]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NAME)
    return {str(path.relative_to(folder)): _vouch(path) for path in paths}


def _vouch(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"size": path.stat().st_size, "sha256": digest(path)}


def digest(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

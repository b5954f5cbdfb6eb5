"""A record: a folder of files beside a `record.json` that vouches for them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.records.origin import Origin, pack_origin, unpack_origin

FORMAT = 1
NAME = "record.json"
# In bytes: one name, and a path below the record's own folder.
_LONGEST_NAME, _LONGEST_PATH = 255, 2048


class DamagedRecordError(Exception):
    """Say what of a record is not as it was written."""


class ForeignRecordError(DamagedRecordError):
    """Say where a record was made that is whole, and is not believed here."""


@dataclass(frozen=True)
class Record:
    """One record, read and verified: `content` is JSON, `folder` holds the files that it names.

    `origin` says where it was made, None where it does not say; it is no part of what it is found by.
    """

    kind: str
    key: str
    folder: Path
    content: Mapping[str, Any]
    origin: Origin | None = None

    def file(self, name: str) -> Path:
        """Give the path of a file (or folder) of the record."""
        return self.folder / name


def write(folder: Path, kind: str, key: str, content: Mapping[str, Any], origin: Origin | None = None) -> None:
    """Write `record.json` over the files that lie in `folder`, and force all of it to disk."""
    body = {"format": FORMAT, "kind": kind, "key": key, "files": _digests(folder), "content": content}
    if origin is not None:
        body["origin"] = pack_origin(origin)
    _write(folder, body)


def reseal(folder: Path, kind: str, key: str, origin: Origin) -> None:
    """Give a record another origin: that of who vouches for it from here on. DamagedRecordError when it is damaged."""
    read(folder, kind, key)
    _write(folder, {**vouch(folder, kind, key), "origin": pack_origin(origin)})


def _write(folder: Path, body: Mapping[str, Any]) -> None:
    sealed = {**body, "digest": _seal(body)}
    # in one go, as `json.dump` and an indent are each written in Python: pictures have ten thousand values
    text = json.dumps(sealed, sort_keys=True, allow_nan=False)
    with (folder / NAME).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path, kind: str, key: str) -> Record:
    """Read a record and verify it, with every file in it; DamagedRecordError names what is wrong."""
    body = vouch(folder, kind, key)
    _verify(folder, body["files"])
    return Record(kind, key, folder, body["content"], unpack_origin(body.get("origin")))


def glance(folder: Path, kind: str, key: str) -> Record:
    """Read a record without looking at its files; DamagedRecordError names what is wrong with `record.json`."""
    body = vouch(folder, kind, key)
    return Record(kind, key, folder, body["content"], unpack_origin(body.get("origin")))


def vouch(folder: Path, kind: str, key: str) -> dict[str, Any]:
    """Give what `record.json` says, whole and sealed: `files` maps each file below the folder to its size and digest.

    It may come from elsewhere: nothing in it is believed before it has this shape. DamagedRecordError otherwise.
    """
    body = _body(folder)
    seal = body.pop("digest", None)
    if seal != _seal(body):
        raise DamagedRecordError(f"{NAME} does not match its own digest")
    if (body.get("format"), body.get("kind"), body.get("key")) != (FORMAT, kind, key):
        raise DamagedRecordError(f"{NAME} belongs to another record or format")
    if not isinstance(body.get("content"), dict) or not isinstance(body.get("files"), dict):
        raise DamagedRecordError(f"{NAME} names no content or no files")
    _check_files(body["files"])
    return body


def _check_files(files: Mapping[str, Any]) -> None:
    for name, known in files.items():
        path = PurePosixPath(name)
        inside = not path.is_absolute() and ".." not in path.parts and path.as_posix() == name and "\0" not in name
        if not inside or name in ("", ".", NAME) or any(str(folder) in files for folder in path.parents):
            raise DamagedRecordError(f"{NAME} names {name!r}, which is no file below the record")
        if not _is_writable(path):
            raise DamagedRecordError(f"{NAME} names {name[:60]!r}, a name that no file system takes")
        whole = isinstance(known, dict) and type(known.get("size")) is int and known["size"] >= 0
        if not whole or not isinstance(known.get("sha256"), str):
            raise DamagedRecordError(f"{NAME} does not say the size and the digest of {name!r}")


def _is_writable(path: PurePosixPath) -> bool:
    """Say whether a file may bear this name: names come from elsewhere, and file systems end at 255 bytes."""
    try:
        names = [len(name.encode("utf-8", "surrogateescape")) for name in path.parts]
    except UnicodeEncodeError:
        return False
    return max(names) <= _LONGEST_NAME and sum(names) + len(names) <= _LONGEST_PATH


def _body(folder: Path) -> dict[str, Any]:
    try:
        body = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DamagedRecordError(f"{NAME} is missing") from None
    except (ValueError, OSError, RecursionError) as error:
        raise DamagedRecordError(f"{NAME} cannot be read: {error}") from None
    if not isinstance(body, dict):
        raise DamagedRecordError(f"{NAME} is no object")
    return body


def _seal(body: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise DamagedRecordError(f"{NAME} holds what no record holds: {error}") from None
    return hashlib.sha256(text.encode()).hexdigest()


def _verify(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    for name, known in files.items():
        path = folder / name
        if not path.is_file():
            raise DamagedRecordError(f"{name} is missing")
        if path.stat().st_size != known["size"] or digest(path) != known["sha256"]:
            raise DamagedRecordError(f"{name} is not as it was written")


def _digests(folder: Path) -> dict[str, dict[str, Any]]:
    own = folder / NAME  # a model may have a file that is called so too
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path != own)
    return {str(path.relative_to(folder)): _vouch(path) for path in paths}


def _vouch(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"size": path.stat().st_size, "sha256": digest(path)}


def digest(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

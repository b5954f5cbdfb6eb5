"""`dvc.lock`: what DVC noted of each stage when it was last run. It is read, and never written."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.spec.dvc.problem import StageError
from ml_ci.spec.dvc.values_of import read_yaml
from ml_ci.spec.problems import Problem


@dataclass(frozen=True)
class Noted:
    """One file or folder as the lock knows it: its `md5`, of a folder with `.dir`.

    `text` says that line ends were made uniform before hashing, as DVC 2 did.
    """

    md5: str
    text: bool = False
    size: int | None = None
    files: int | None = None


@dataclass(frozen=True)
class Locked:
    """A stage as it was last run; paths are relative to the folder of `ml-ci.yaml`, or URLs.

    What has no md5, as data in a cloud have none, is None.
    """

    commands: tuple[str, ...] = ()
    deps: Mapping[str, Noted | None] = field(default_factory=dict)
    outs: Mapping[str, Noted | None] = field(default_factory=dict)
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def join_commands(commands: tuple[str, ...]) -> str:
    """Give one command that runs several as DVC does: each in a shell of its own, until one fails."""
    return commands[0] if len(commands) == 1 else " &&\n".join(f"(\n{one}\n)" for one in commands)


def read_lock(content: bytes, path: str) -> Mapping[str, Mapping[str, Any]]:
    """Give the entries of a lock by the names of their stages; StageError where it is no lock."""
    try:
        value = read_yaml(content.decode("utf-8"), path)
    except UnicodeDecodeError:
        raise StageError(Problem((), "the file is not UTF-8 text; write it again: dvc commit", 1, file=path)) from None
    stages = value.get("stages", {}) if isinstance(value, Mapping) and "schema" in value else value
    if not isinstance(stages, Mapping):
        raise StageError(Problem((), "the file is no lock of DVC; write it again: dvc commit", 1, file=path))
    return {str(name): entry for name, entry in stages.items() if isinstance(entry, Mapping)}


def read_entry(entry: Mapping[str, Any], wdir: str) -> Locked:
    """Read one entry; its paths are as the stage has them, relative to the folder `wdir` that it runs in."""
    said = entry.get("cmd", ())
    params = entry.get("params")
    return Locked(
        tuple(map(str, said)) if isinstance(said, list) else (str(said),),
        _read_noted(entry.get("deps"), wdir),
        _read_noted(entry.get("outs"), wdir),
        {
            posixpath.normpath(posixpath.join(wdir, file)): values
            for file, values in (params.items() if isinstance(params, Mapping) else ())
            if isinstance(values, Mapping)
        },
    )


def _read_noted(listed: Any, wdir: str) -> Mapping[str, Noted | None]:
    found: dict[str, Noted | None] = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("path"), str):
            path = one["path"]
            path = path if "://" in path else posixpath.normpath(posixpath.join(wdir, path))
            md5, size, files = one.get("md5"), one.get("size"), one.get("nfiles")
            found[path] = (
                Noted(
                    md5,
                    "hash" not in one,
                    size if isinstance(size, int) else None,
                    files if isinstance(files, int) else None,
                )
                if isinstance(md5, str) and md5
                else None
            )
    return found

"""Which files the declared parts of a model hold: they count as those parts say, and are no reads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from ml_ci.changes.globs import is_glob, matching_any
from ml_ci.changes.remote import is_remote
from ml_ci.changes.values import Fingerprint, Stage
from ml_ci.frozen import dataclass
from ml_ci.spec.values import FileEntry, Node

_HOLDOUT = "data.holdout"
_NEVER = frozenset({".git", ".ml_ci", "__pycache__"})


@dataclass(frozen=True)
class Held:
    """Say of paths from the top of the repository whether a declared part holds them, or `ignore:` leaves them out."""

    files: frozenset[str]
    folders: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()

    def __call__(self, path: str) -> bool:
        """Say whether a path is no read."""
        if path in self.files or _NEVER.intersection(path.split("/")) or path.endswith(".pyc"):
            return True
        if any(path == folder or path.startswith(f"{folder}/") for folder in self.folders):
            return True
        return bool(self.globs and matching_any(self.globs, (path,)))


def find_held(model: Node, fingerprint: Fingerprint, prefix: str, stage: Stage) -> Held:
    """Give what is no read of a stage: the parts that its key is made of hold it, or it is what the job leaves."""

    def at(path: str) -> str:
        return posixpath.normpath(posixpath.join(prefix, path))

    paths = [at(path) for path in _paths(model, fingerprint, stage) if not is_remote(path) and not path.startswith("/")]
    globs = (*(path for path in paths if is_glob(path)), *(at(pattern) for pattern in model.ignore))
    folders = tuple(path for path in paths if not is_glob(path))
    return Held(frozenset(at(path) for path in _code(fingerprint, stage)), folders, globs)


def _code(fingerprint: Fingerprint, stage: Stage) -> Iterator[str]:
    if stage != "metric":
        yield from fingerprint.details.get("code", {})
    if stage != "train":
        code = fingerprint.details.get("metrics", {}).get("code", {})
        yield from code if isinstance(code, Mapping) else ()


def _paths(model: Node, fingerprint: Fingerprint, stage: Stage) -> Iterable[str]:
    entries = {name: entry for name, entry in model.data.items() if stage != "metric" or name == "validation"}
    for entry in entries.values():
        yield from (entry.path, f"{entry.path}.dvc")
    kept_back = model.kept_back
    if isinstance(kept_back, FileEntry) and (stage == "score" or _HOLDOUT in fingerprint.training_parts):
        yield from (kept_back.path, f"{kept_back.path}.dvc")
    if model.params_file and stage != "metric":
        yield model.params_file[0]
    yield from (path for path in model.job.outputs.values() if "{" not in path)
    yield from model.job.held if stage == "train" else ()

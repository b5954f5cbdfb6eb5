"""Find the content of data on this machine, also that of a commit: in git, in DVC's cache, in Git LFS' store."""

from __future__ import annotations

import posixpath
import tempfile
from pathlib import Path
from types import TracebackType

from ml_ci.changes.content import Contents
from ml_ci.changes.data import DataReader, in_dvc_cache
from ml_ci.changes.pointers import lfs_pointer
from ml_ci.changes.remote import is_remote
from ml_ci.changes.settings import entries
from ml_ci.changes.snapshot import Snapshot
from ml_ci.errors import UserError
from ml_ci.spec.values import FileEntry


class Places:
    """Give paths to data for the time of a `with` block; what only git has is written to a temporary folder."""

    def __enter__(self) -> Places:
        self._folder = tempfile.TemporaryDirectory(prefix="ml-ci-data-")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def find(self, snapshot: Snapshot, name: str) -> Path | None:
        """Give the path of a file with the content that the entry had when the snapshot was taken; None without one."""
        entry = entries(snapshot.model)[name]
        known = str(snapshot.fingerprint.details[f"data.{name}"]["content"])
        if is_remote(entry.path):
            return None
        path = posixpath.normpath(entry.path)
        if snapshot.tree.commit and path in snapshot.tree.files():
            return self._write(snapshot, path)
        beside = snapshot.surroundings.folder / path
        if beside.is_file() and _is_content(beside) and _still(snapshot, entry, beside, known):
            return beside
        return in_dvc_cache(known, snapshot.surroundings.folder)

    def _write(self, snapshot: Snapshot, path: str) -> Path | None:
        content = snapshot.tree.read(path)
        pointer = lfs_pointer(content)
        if pointer:
            return _in_lfs_store(pointer[0], snapshot.surroundings.folder)
        place = Path(self._folder.name) / f"{snapshot.tree.commit}" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place


def _still(snapshot: Snapshot, entry: FileEntry, place: Path, known: str) -> bool:
    # What was on disk when the snapshot was taken may have been replaced; and a commit's pointer says nothing of it.
    try:
        if snapshot.tree.commit and known.startswith("md5:"):
            return known == f"md5:{Contents(snapshot.surroundings.state).digest(place, 'md5')}"
        return known == DataReader(snapshot.tree, snapshot.surroundings)[entry].digest
    except UserError:
        return False


def _is_content(place: Path) -> bool:
    return place.stat().st_size >= 1024 or lfs_pointer(place.read_bytes()) is None


def _in_lfs_store(sha256: str, folder: Path) -> Path | None:
    for above in (folder, *folder.parents):
        place = above / ".git" / "lfs" / "objects" / sha256[:2] / sha256[2:4] / sha256
        if place.is_file():
            return place
    return None

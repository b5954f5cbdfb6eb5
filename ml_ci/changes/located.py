"""Find the content of data on this machine, also that of a commit: in git, in DVC's cache, in Git LFS' store."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from ml_ci.changes.data import DataReader, in_dvc_cache
from ml_ci.changes.pointers import lfs_pointer
from ml_ci.changes.remote import is_remote
from ml_ci.changes.snapshot import Snapshot
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

    def find(self, snapshot: Snapshot, entry: FileEntry) -> Path | None:
        """Give the path of a file with the content that the entry has in this snapshot; None when it is not here."""
        if is_remote(entry.path):
            return None
        beside = snapshot.surroundings.folder / entry.path
        if snapshot.tree.folder is not None:
            return beside if beside.is_file() and _is_content(beside) else None
        if entry.path in snapshot.tree.files():
            return self._written(snapshot, entry.path)
        known = DataReader(snapshot.tree, snapshot.surroundings)[entry].digest
        kept = in_dvc_cache(known, snapshot.surroundings.folder)
        if kept or not known.startswith("git:"):
            return kept
        return beside if beside.is_file() else None

    def _written(self, snapshot: Snapshot, path: str) -> Path | None:
        content = snapshot.tree.read(path)
        pointer = lfs_pointer(content)
        if pointer:
            return _in_lfs_store(pointer[0], snapshot.surroundings.folder)
        place = Path(self._folder.name) / f"{snapshot.tree.commit}" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place


def _is_content(place: Path) -> bool:
    return place.stat().st_size >= 1024 or lfs_pointer(place.read_bytes()) is None


def _in_lfs_store(sha256: str, folder: Path) -> Path | None:
    for above in (folder, *folder.parents):
        place = above / ".git" / "lfs" / "objects" / sha256[:2] / sha256[2:4] / sha256
        if place.is_file():
            return place
    return None

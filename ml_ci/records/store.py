"""The store of records below `.ml_ci/`: found by key, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_ci.records.record import DamagedRecordError, Record, read, write

# A folder of `work/` is held by a lock file beside it while its process lives; an unlocked one is a killed run's.
_LOCK = ".lock"


@dataclass
class Store:
    """Keep records under `root`; several processes may use one store at the same time.

    `damaged` collects a sentence for each record that was found damaged and set aside.
    """

    root: Path
    damaged: list[str] = field(default_factory=list)

    def find(self, kind: str, key: str) -> Record | None:
        """Find a record and verify it; a damaged one is named, set aside, and counts as not there."""
        folder = self._folder(kind, key)
        if not folder.is_dir():
            return None
        try:
            record = read(folder, kind, key)
        except DamagedRecordError as error:
            self._set_aside(folder, kind, key, error)
            return None
        os.utime(folder)  # eviction takes the longest unused first
        return record

    def records(self) -> Iterator[tuple[str, str, Path]]:
        """Give kind, key and folder of every record, unverified, sorted."""
        for folder in sorted(self._records.glob("*/*/*")):
            yield folder.parent.parent.name, folder.name, folder

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Give an empty folder for the files of a record to come; whatever is left in it at the end is removed."""
        with self.workplace() as folder:
            draft = folder / "draft"
            draft.mkdir()
            yield draft

    def keep(self, draft: Path, kind: str, key: str, content: Mapping[str, Any]) -> Record:
        """Turn a draft into the record of `key`: it appears whole, by one rename. One that is there already stays."""
        write(draft, kind, key, content)
        folder = self._folder(kind, key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.rename(folder)
        except OSError:
            if (found := self.find(kind, key)) is not None:
                return found
            draft.rename(folder)  # a damaged one stood there, and was set aside
        return Record(kind, key, folder, content)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Let one process at a time work on `key`; the lock of a killed process is free again."""
        from filelock import FileLock

        self._ready("locks")
        with FileLock(self.root / "locks" / f"{key}{_LOCK}"):
            yield

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """Give a fresh folder below `work/` that is removed at the end, or by the next run after a kill."""
        from filelock import FileLock

        self._ready("work")
        folder = self.root / "work" / f"{int(time.time())}-{uuid.uuid4().hex[:12]}"
        # The lock stands before the folder does: `sweep` of another process never sees the one without the other.
        with FileLock(f"{folder}{_LOCK}"):
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                Path(f"{folder}{_LOCK}").unlink(missing_ok=True)

    def abandoned(self) -> Iterator[Path]:
        """Give the folders of `work/` that killed runs left; the caller removes them while it holds each."""
        from filelock import FileLock, Timeout

        for folder in sorted((self.root / "work").glob("*")):
            if not folder.is_dir():
                continue
            try:
                with FileLock(f"{folder}{_LOCK}", timeout=0):
                    yield folder
                    shutil.rmtree(folder, ignore_errors=True)
                    Path(f"{folder}{_LOCK}").unlink(missing_ok=True)
            except Timeout:
                continue

    @property
    def _records(self) -> Path:
        return self.root / "records"

    def _folder(self, kind: str, key: str) -> Path:
        return self._records / kind / key[:2] / key

    def _ready(self, *parts: str) -> Path:
        folder = self.root.joinpath(*parts)
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
        # Git must never offer a store for a commit, whatever the user's .gitignore says.
        ignore = self.root / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        return folder

    def ready(self) -> Path:
        """Make the store's root, ignored by git, and give it."""
        return self._ready()

    def _set_aside(self, folder: Path, kind: str, key: str, error: DamagedRecordError) -> None:
        aside = self._ready("damaged") / f"{kind}-{key[:12]}-{uuid.uuid4().hex[:6]}"
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return  # another process set it aside first
        where = aside.relative_to(self.root.parent)
        self.damaged.append(
            f"the record {kind}/{key[:12]} was damaged ({error}); it was set aside in {where}, and is made again"
        )

"""The store of records below `.ml_ci/`: found by key, written whole or not at all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ml_ci.records import manifests
from ml_ci.records.origin import Beliefs
from ml_ci.records.record import DamagedRecordError, ForeignRecordError, Record, read, write
from ml_ci.records.workplaces import LOCK, drop_old_locks, remove

if TYPE_CHECKING:
    from ml_ci.records.shared import Shared

_FOREIGN = "not believed"

Wait: TypeAlias = Callable[[Callable[[], object]], object]


def _just_wait(acquire: Callable[[], object]) -> object:
    return acquire()


@dataclass
class Store:
    """Keep records under `root`; several processes may use one store at the same time.

    `shared` is the store of others, asked for what is not here. `damaged` collects a sentence for each record that was
    found damaged and set aside, `kept` the kind and key of each record that was made. `beliefs` say where they are made
    here, and what is set aside for where it was made.
    """

    root: Path
    shared: Shared | None = None
    damaged: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    beliefs: Beliefs = field(default_factory=Beliefs)

    def find(self, kind: str, key: str) -> Record | None:
        """Find a record and verify it; one that is damaged or not believed is named, set aside, and is none."""
        return self._here(kind, key) or self._bring(kind, key)

    def has(self, kind: str, key: str) -> bool:
        """Say whether there is a record, here or in the shared store, without verifying it."""
        return self.holds(kind, key) or (self.shared is not None and self.shared.has(kind, key))

    def holds(self, kind: str, key: str) -> bool:
        """Say whether there is a record here, without verifying it."""
        return self.folder(kind, key).is_dir()

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what of the store the user should know: damage, and a shared store that does not answer."""
        return (*self.damaged, *(self.shared.notes if self.shared else ()))

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
        write(draft, kind, key, content, self.beliefs.here)
        self.kept.append((kind, key))
        return self._place(Record(kind, key, draft, content, self.beliefs.here))

    def adopt(self, draft: Path, kind: str, key: str) -> Record:
        """Take a whole record that was made elsewhere; DamagedRecordError when it is not as it was written.

        ForeignRecordError, which is one too, when it was made where nothing is believed.
        """
        return self._place(self._believe(draft, kind, key))

    def _believe(self, folder: Path, kind: str, key: str) -> Record:
        record = read(folder, kind, key)
        if why := self.beliefs.foreign(record.origin):
            raise ForeignRecordError(f"it was {why}")
        return record

    def _place(self, made: Record) -> Record:
        kind, key, draft = made.kind, made.key, made.folder
        folder = self.folder(kind, key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        for entry in manifests.unpack_entries(made.content):
            manifests.note(self.root, entry)  # before the record: one that leads nowhere yet does no harm
        try:
            draft.rename(folder)
        except OSError:
            if (found := self._here(kind, key)) is not None:
                return found
            draft.rename(folder)  # a damaged one stood there, and was set aside
        return replace(made, folder=folder)

    def _here(self, kind: str, key: str) -> Record | None:
        folder = self.folder(kind, key)
        if not folder.is_dir():
            return None
        with suppress(OSError):
            os.utime(folder)  # pruning takes the longest unused first
        try:
            return self._believe(folder, kind, key)
        except DamagedRecordError as error:
            self._set_aside(folder, kind, key, error)
            return None

    def _bring(self, kind: str, key: str) -> Record | None:
        if self.shared is None or not self.shared.has(kind, key):
            return None
        with self.draft() as draft:
            try:
                return self.adopt(draft, kind, key) if self.shared.fetch(kind, key, draft) else None
            except ForeignRecordError as error:
                self.shared.refuse(kind, key, f"was not believed ({error}); it")
                return None

    def drop(self, kind: str, key: str) -> bool:
        """Remove a record, all of it at once; say whether it was there."""
        with self.workplace() as place:
            try:
                self.folder(kind, key).rename(place / "dropped")
            except FileNotFoundError:
                return False
        return True

    def reads(self, manifest: str) -> Iterator[manifests.Entry]:
        """Give the sets of reads that were seen for a manifest, here and then in the shared store, newest first."""
        yield from manifests.entries(self.root, manifest)
        for key, said in self.shared.reads(manifest).items() if self.shared is not None else ():
            if (found := manifests.entry(manifest, key, said)) is not None:
                yield found

    @contextmanager
    def lock(self, key: str, wait: Wait = _just_wait) -> Iterator[None]:
        """Let one process at a time work on `key`; the lock of a killed process is free again.

        `wait` is called with what waits when another process works on it: it may say so.
        """
        from filelock import FileLock, Timeout

        self._ready("locks")
        lock = FileLock(self.root / "locks" / f"{key}{LOCK}")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            wait(lock.acquire)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """Give a fresh folder below `work/` that is removed at the end, or by the next run after a kill."""
        from filelock import FileLock

        self._ready("work")
        folder = self.root / "work" / f"{int(time.time())}-{os.urandom(6).hex()}"
        # The lock stands before the folder does: the sweep of another process never sees the one without the other.
        # One thread may open a place that another closes.
        with FileLock(f"{folder}{LOCK}", thread_local=False):
            folder.mkdir()
            try:
                yield folder
            finally:
                remove(folder)

    @property
    def busy(self) -> bool:
        """Say whether there is any workplace: of a run that goes on, or of one that was killed."""
        try:
            return any(os.scandir(self.root / "work"))
        except FileNotFoundError:
            return False

    def find_abandoned(self) -> Iterator[Path]:
        """Give the folders of `work/` that killed runs left; the caller removes them while it holds each."""
        from filelock import FileLock, Timeout

        drop_old_locks(self.root / "work")
        for folder in sorted((self.root / "work").glob("*")):
            if not folder.is_dir():
                continue
            try:
                with FileLock(f"{folder}{LOCK}", timeout=0):
                    yield folder
                    remove(folder)
            except Timeout:
                continue

    def oldest_work(self) -> float | None:
        """Give the time at which the oldest run that is at work began (seconds since 1970), or None.

        A workplace that a killed run left counts until it is swept: the answer errs on the early side.
        """
        begun = [int(folder.name.partition("-")[0]) for folder in (self.root / "work").glob("*-*") if folder.is_dir()]
        return min(begun, default=None)

    @property
    def _records(self) -> Path:
        return self.root / "records"

    def folder(self, kind: str, key: str) -> Path:
        """Give the folder in which a record lies, or would lie."""
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
        aside = self._ready("damaged") / f"{kind}-{key[:12]}-{os.urandom(3).hex()}"
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return  # another process set it aside first
        where, what = (
            aside.relative_to(self.root.parent),
            _FOREIGN if isinstance(error, ForeignRecordError) else "damaged",
        )
        said = f"the record {kind}/{key[:12]} was {what} ({error}); it was set aside in {where}, and is made again"
        self.damaged.append(said)

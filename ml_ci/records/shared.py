"""A store that others share by URL: asked for what is not here, written to only on request.

It is reached when it is first needed. One that does not answer is a note and no result: it is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ml_ci.records.record import DamagedRecordError
from ml_ci.records.remote import Remote
from ml_ci.records.unreachable import StoreUnreachableError

Answer = TypeVar("Answer")


@dataclass
class Shared:
    """Know a shared store by its `url`; a relative folder lies below `base`.

    `notes` collects a sentence for whatever went wrong; `silent` says that it did not answer, and is not asked again.
    """

    url: str
    base: Path
    notes: list[str] = field(default_factory=list)
    _remote: Remote | None = None
    silent: bool = False
    _damaged: set[tuple[str, str]] = field(default_factory=set)

    def has(self, kind: str, key: str) -> bool:
        """Say whether it has a record that was not found damaged; False when it does not answer."""
        return (kind, key) not in self._damaged and self._ask(lambda remote: remote.has(kind, key), False)

    def fetch(self, kind: str, key: str, folder: Path) -> bool:
        """Bring a record into the empty `folder`, verified; False when there is none, it is damaged, or no answer."""
        try:
            return self._ask(lambda remote: remote.fetch(kind, key, folder), False)
        except DamagedRecordError as error:
            self.refuse(kind, key, f"is damaged ({error}); it")
            return False

    def refuse(self, kind: str, key: str, why: str) -> None:
        """Count a record as not there, and note why; where it is made again, it is sent over the one that is there."""
        self._damaged.add((kind, key))
        said = f"the record {kind}/{key[:12]} in the store {self.url} {why} was not used, and is made again"
        self.notes.append(said)

    def push(self, kind: str, key: str, folder: Path) -> bool:
        """Send a record, unless it is there already and whole; say whether it was sent."""

        def send(remote: Remote) -> bool:
            """Send it, and no longer count what it replaces as damaged."""
            remote.place.prepare()
            if (kind, key) not in self._damaged and remote.has(kind, key):
                return False
            remote.push(kind, key, folder)
            self._damaged.discard((kind, key))
            return True

        return self._ask(send, False)

    def check(self) -> None:
        """Ask it something, so that `notes` tell whether it answers."""
        self.has("trainings", "0" * 64)

    def recall(self, commit: str, model: str) -> Mapping[str, Any]:
        """Give what is remembered of a commit's trainings of a model, by key; empty when it does not answer."""
        return self._ask(lambda remote: remote.recall(commit, model), {})

    def remember(self, commit: str, model: str, key: str, file: Path) -> None:
        """Send what is remembered of one training."""
        self._ask(lambda remote: remote.remember(commit, model, key, file), None)

    def reads(self, manifest: str) -> Mapping[str, Any]:
        """Give the sets of reads of a manifest, by the key that each leads to; empty when it does not answer."""
        return self._ask(lambda remote: remote.reads(manifest), {})

    def keep_reads(self, manifest: str, key: str, file: Path) -> None:
        """Send a set of reads."""
        self._ask(lambda remote: remote.keep_reads(manifest, key, file), None)

    def ledgers(self) -> Mapping[str, str]:
        """Give the ledgers of holdouts as texts, by name; empty when it does not answer."""
        return self._ask(lambda remote: remote.ledgers(), {})

    def keep_ledger(self, file: Path) -> None:
        """Send a ledger over the one that is there: the caller has joined the two."""
        self._ask(lambda remote: remote.keep_ledger(file), None)

    def keys(self) -> Iterator[tuple[str, str]]:
        """Give kind and key of each of its records; StoreUnreachableError when it does not answer."""
        return self.reach().keys()

    def reach(self) -> Remote:
        """Give the store itself; StoreUnreachableError when it cannot be reached."""
        if self._remote is None:
            self._remote = Remote.open(self.url, self.base)
        return self._remote

    def _ask(self, call: Callable[[Remote], Answer], otherwise: Answer) -> Answer:
        if self.silent:
            return otherwise
        try:
            return call(self.reach())
        except StoreUnreachableError as error:
            self.silent = True
            self.notes.append(f"{error.said(self.url)}. {error.hint}".strip())
            return otherwise

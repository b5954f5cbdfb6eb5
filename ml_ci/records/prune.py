"""Keep a store small: the longest unused records go first, and none that is needed."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from pathlib import Path

from ml_ci.frozen import dataclass
from ml_ci.plan.plan import WINDOWS
from ml_ci.records.manifests import forget
from ml_ci.records.store import Store

LIMIT = 5 * 10**9


@dataclass(frozen=True)
class Stored:
    """A record as it lies in the store: its size in bytes, and when it was last used (seconds since 1970)."""

    kind: str
    key: str
    folder: Path
    size: int
    used: float

    @property
    def name(self) -> tuple[str, str]:
        return self.kind, self.key


def list_stored(store: Store) -> tuple[Stored, ...]:
    """List every record, the longest unused first; nothing is verified."""
    found = []
    for kind, key, folder in store.records():
        try:
            found.append(Stored(kind, key, folder, size(folder), folder.stat().st_mtime))
        except FileNotFoundError:
            continue  # another process removed it
    return tuple(sorted(found, key=lambda one: (one.used, one.kind, one.key)))


def size(folder: Path) -> int:
    """Give the bytes of the files below a folder."""
    return sum(os.lstat(Path(top, name)).st_size for top, _, names in os.walk(folder) for name in names)


def superfluous(
    records: Iterable[Stored],
    needed: Collection[tuple[str, str]],
    *,
    limit: int | None,
    older_than: float | None = None,
    working_since: float | None = None,
    now: float,
) -> tuple[Stored, ...]:
    """Choose what to remove, the longest unused first.

    What was unused for `older_than` seconds goes, and more until the rest takes no more than `limit` bytes. Never what
    is `needed`, nor what was used since the oldest run that is at work began (`working_since`): it may be reading it.
    """
    records = tuple(records)
    free = [one for one in records if one.name not in needed and not (working_since and one.used >= working_since)]
    old = [one for one in free if older_than is not None and now - one.used > older_than]
    total = sum(one.size for one in records) - sum(one.size for one in old)
    chosen = list(old)
    for one in free:
        if limit is None or total <= limit:
            break
        if one not in old:
            chosen.append(one)
            total -= one.size
    return tuple(chosen)


def prune(
    store: Store,
    needed: Collection[tuple[str, str]],
    *,
    limit: int | None = LIMIT,
    older_than: float | None = None,
    dry_run: bool = False,
) -> tuple[Stored, ...]:
    """Remove what is superfluous, and give it; each record disappears at once, by a rename. `dry_run` only says.

    Closed windows of live rows stay: counted anew, with labels that came later, they were no sequence any more.
    """
    stored = list_stored(store)
    chosen = superfluous(
        stored,
        {*needed, *(one.name for one in stored if one.kind == WINDOWS)},
        limit=limit,
        older_than=older_than,
        working_since=store.oldest_work(),
        now=time.time(),
    )
    if dry_run:
        return chosen
    dropped = tuple(one for one in chosen if store.drop(one.kind, one.key))
    if dropped:
        forget(store.root, frozenset(one.key for one in dropped))
    return dropped

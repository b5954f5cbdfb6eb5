"""The folders of `work/`, each held by a lock beside it while its process lives; an unlocked one is a killed run's."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

LOCK = ".lock"
_OLD_SECONDS = 3600.0


def remove(folder: Path) -> None:
    """Remove a workplace with its lock, also what a job made read-only; what cannot be removed is tried again."""
    from ml_ci.training import transfer

    transfer.remove(folder)
    if not folder.exists():
        Path(f"{folder}{LOCK}").unlink(missing_ok=True)


def drop_old_locks(work: Path) -> None:
    """Remove the locks of workplaces that a kill left without a folder; young ones are about to get theirs."""
    for lock in work.glob(f"*{LOCK}"):
        with suppress(FileNotFoundError):
            old = time.time() - lock.stat().st_mtime > _OLD_SECONDS
            if old and not lock.with_name(lock.name.removesuffix(LOCK)).exists():
                lock.unlink()

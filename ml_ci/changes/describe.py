"""What changed between two snapshots, in words."""

from __future__ import annotations

from collections.abc import Callable

from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.values import Change

Loosened = Callable[[str, str], bool]


def describe(old: Snapshot, new: Snapshot, loosened: Loosened | None = None) -> tuple[Change, ...]:
    """Say part by part what changed, in the order code, data, the rest; nothing changed gives ().

    `loosened(old, new)` says whether the text of a gate asks for less than before.
    """
    raise NotImplementedError

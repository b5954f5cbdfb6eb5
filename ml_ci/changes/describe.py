"""What changed between two snapshots, in words, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ml_ci.changes.describe_code import describe_code
from ml_ci.changes.describe_data import came_into_git, describe_data, rewritten
from ml_ci.changes.describe_reads import Difference, describe_reads
from ml_ci.changes.describe_settings import (
    Loosened,
    describe_environment,
    describe_gates,
    describe_keys,
    describe_metrics,
    describe_seed,
    is_told_by_code,
)
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.values import READS, Change

_ORDER = ("code", READS, "data", "params", "environment", "seed", "job", "budget", "needs", "metrics", "gates")


def describe(
    old: Snapshot, new: Snapshot, loosened: Loosened | None = None, reads: Iterable[Difference] = ()
) -> tuple[Change, ...]:
    """Say part by part what changed: code first, then reads and data, then the rest; () when nothing did.

    `loosened(old, new)` says whether the text of a gate asks for less than before. Tables are read where their content
    is on this machine; where it is not, the change says so. A table whose bytes changed and whose values did not is
    named although its part is the same. `reads` is what differs of all that the jobs of either side were seen to read.
    """
    changes = [change for part in _parts(old, new) for change in _describe(part, old, new, loosened)]
    known = {change.part for change in changes}
    changes += [describe_reads(told)] if (told := tuple(reads)) else []
    changes += [
        change for part in new.fingerprint.parts if part not in known and (change := came_into_git(old, new, part))
    ]
    return in_order(changes)


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Put changes in the order in which they are told."""
    return tuple(sorted(changes, key=lambda change: _place(change.part)))


def _parts(old: Snapshot, new: Snapshot) -> list[str]:
    return sorted({*old.fingerprint.parts, *new.fingerprint.parts} - {READS}, key=_place)


def _place(part: str) -> tuple[int, bool, str]:
    return _ORDER.index(part.partition(".")[0]), part == "data.holdout", part


def _describe(part: str, old: Snapshot, new: Snapshot, loosened: Loosened | None) -> Iterator[Change]:
    was, now = old.fingerprint.parts.get(part), new.fingerprint.parts.get(part)
    if was == now:
        change = rewritten(old, new, part) if part.startswith("data.") else None
        yield from [change] if change else []
    elif was is None or now is None:
        side, how = (new, "added") if was is None else (old, "removed")
        path = side.fingerprint.details[part].get("path")
        yield Change(part, f"{how}: {path}" if path else how)
    elif part != "metrics" or not is_told_by_code(old, new):
        yield _describe_changed(part, old, new, loosened)


def _describe_changed(part: str, old: Snapshot, new: Snapshot, loosened: Loosened | None) -> Change:
    if part.startswith("data."):
        return describe_data(old, new, part)
    if part.startswith("needs."):
        return Change(part, "was trained anew")
    if part == "gates":
        return describe_gates(old, new, loosened)
    known = {"code": describe_code, "environment": describe_environment, "seed": describe_seed}
    known |= {"metrics": describe_metrics}
    return known[part](old, new) if part in known else describe_keys(old, new, part)

"""What changed in one data entry."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ml_ci.changes import settings
from ml_ci.changes.data import DataReader
from ml_ci.changes.describe_table import describe_table
from ml_ci.changes.located import Places
from ml_ci.changes.same_values import SameValues
from ml_ci.changes.settings import entries
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.table_pair import TablePair
from ml_ci.changes.values import Change
from ml_ci.changes.words import count, differences, join_lines, show
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.spec.values import DataEntry, FileEntry, PartEntry
from ml_ci.tables.layout import examine
from ml_ci.tables.membership import content_columns
from ml_ci.tables.table import Table

_TABLES = (".csv", ".tsv", ".tab", ".txt", ".data", ".parquet", ".pq")
_BYTES_ONLY = "bytes changed, no value did"


def describe_data(old: Snapshot, new: Snapshot, part: str) -> Change:
    """Say what changed in the entry of a part; for a holdout that is cut out of another entry, how it is cut."""
    name = part.removeprefix("data.")
    was, now = entries(old.model).get(name), entries(new.model).get(name)
    if was is None or now is None:
        return _recut(old, new, part)
    if was.job is not None or now.job is not None:
        return Change(part, _say_made(was, now))
    if _content(old, part) == _content(new, part):
        return Change(part, join_lines(differences({"columns": was.columns}, {"columns": now.columns})) or "changed")
    before, after = _files(old, was), _files(new, now)
    if len(before) > 1 or len(after) > 1:
        return _folder(part, before, after)
    return _file(old, new, part, was, now)


def _say_made(was: FileEntry, now: FileEntry) -> str:
    """Say which job leaves an entry; whoever tells of both sides adds why it was done again."""
    if was == now:
        return f"the job `{now.job}` made it anew"
    return " → ".join(f"{one.path} of the job `{one.job}`" if one.job else one.path for one in (was, now))


def rewritten(old: Snapshot, new: Snapshot, part: str) -> Change | None:
    """Say of a part that did not change when its bytes did; None when they did not either."""
    if _content(old, part) == _content(new, part) or part not in new.fingerprint.parts:
        return None
    return Change(part, f"{_BYTES_ONLY}{_say_renamed(old, new, part)}: nothing to train again")


def _file(old: Snapshot, new: Snapshot, part: str, was: FileEntry, now: FileEntry) -> Change:
    moved, name = _say_renamed(old, new, part), part.removeprefix("data.")
    with Places() as places:
        before, after = places.find(old, name), places.find(new, name)
        if before is None or after is None:
            side = "former" if before is None else "present"
            return Change(part, f"content differs{moved}; its {side} content is not on this machine")
        if _same_values(old, new, part, before, after):
            return Change(part, f"{_BYTES_ONLY}{moved}, and the job reads the bytes itself: it may see other values")
        found = _tables(part, new, _Side(before, was), _Side(after, now)) or _sizes(part, before, after)
    return replace(found, summary=found.summary + moved)


@dataclass(frozen=True)
class _Side:
    path: Path
    entry: FileEntry


def _same_values(old: Snapshot, new: Snapshot, part: str, before: Path, after: Path) -> bool:
    same = SameValues(new.surroundings.state)
    name = part.removeprefix("data.")
    was = same.values(_content(old, part), entries(old.model)[name], before)
    now = same.values(_content(new, part), entries(new.model)[name], after)
    same.save()
    return was is not None and was == now


def _tables(part: str, new: Snapshot, old_side: _Side, new_side: _Side) -> Change | None:
    try:
        before, after = (
            Table.open(side.path, side.entry.columns, shown=side.entry.path) for side in (old_side, new_side)
        )
    except UserError as error:
        is_table = new_side.entry.path.removesuffix(".gz").endswith(_TABLES)
        return Change(part, f"content differs; {error.message}") if is_table else None
    with TablePair(before, after) as pair:
        words = describe_table(pair, new.model)
    drift = tuple(replace(one, part=part) for one in words.drift)
    return Change(part, words.summary, words.details, drift)


def _sizes(part: str, before: Path, after: Path) -> Change:
    return Change(part, f"{before.stat().st_size:,} → {after.stat().st_size:,} bytes")


def _folder(part: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    changed = [path for path in after if path in before and before[path] != after[path]]
    added = [path for path in after if path not in before]
    removed = [path for path in before if path not in after]
    named = {"added": added, "removed": removed, "changed": changed}
    counts = ", ".join(f"{len(paths):,} {how}" for how, paths in named.items() if paths)
    details = tuple(
        f"{how}: {join_lines([posixpath.basename(path) for path in paths], 6)}" for how, paths in named.items() if paths
    )
    return Change(part, f"{count(len(after), 'file')}: {counts or 'moved'}", details)


def _recut(old: Snapshot, new: Snapshot, part: str) -> Change:
    was, now = old.fingerprint.details.get(part, {}), new.fingerprint.details.get(part, {})
    if ("of" in was) != ("of" in now):
        return Change(part, f"{_whence(was)} → {_whence(now)}")
    lines = differences(was, now)
    if not lines:
        return Change(part, f"follows data.{now.get('of')}{_other_rows(old, new, now)}")
    return Change(part, join_lines(lines), tuple(lines) if len(lines) > 3 else ())


def _other_rows(old: Snapshot, new: Snapshot, said: Mapping[str, object]) -> str:
    """Say that rows are chosen by other content than before, where each is chosen by the whole of it."""
    if (said.get("share") is None and said.get("folds") is None) or said.get("by") is not None:
        return ""
    before, after = (_column_names(side, str(said["of"])) for side in (old, new))
    if before is None or after is None or before == after:
        return ""
    return (
        ", whose columns changed: rows are chosen by their whole content, so that others may belong to it now "
        "(`by: COLUMN` chooses them by one column)"
    )


def _column_names(snapshot: Snapshot, name: str) -> tuple[str, ...] | None:
    entry = entries(snapshot.model)[name]
    with Places() as places:
        place = places.find(snapshot, name)
        try:
            names = examine(place, entry.columns, entry.path).names if place else None
        except UserError:
            return None
    return None if names is None else tuple(content_columns(names))


def _whence(said: Mapping[str, object]) -> str:
    if "of" not in said:
        return str(said.get("path"))
    how = [
        f"{key} {show(said[key])}" for key in ("share", "folds", "by", "after", "where") if said.get(key) is not None
    ]
    part = "" if said.get("folds") else "a part of "
    return f"{part}data.{said['of']} ({', '.join(how)})"


def _say_renamed(old: Snapshot, new: Snapshot, part: str) -> str:
    was, now = old.fingerprint.details[part].get("path"), new.fingerprint.details[part].get("path")
    return "" if was == now else f", {was} became {now}"


def _content(snapshot: Snapshot, part: str) -> str:
    return str(snapshot.fingerprint.details.get(part, {}).get("content"))


def _files(snapshot: Snapshot, entry: FileEntry) -> Mapping[str, str]:
    reader = DataReader(snapshot.tree, snapshot.surroundings)
    found = reader[entry].files
    reader.contents.save()
    return found


def came_into_git(old: Snapshot, new: Snapshot, part: str) -> Change | None:
    """Say of data that are the same that only the new side has them in git: the old one was given the file on disk."""
    was, now = old.fingerprint.details.get(part, {}), new.fingerprint.details.get(part, {})
    if part.startswith("data.") and was.get("tracked") is False and now.get("tracked") is True:
        return Change(part, f"{now['path']} came into git; the baseline was given the one that is here")
    return None


def describe_cut(old: DataEntry, new: DataEntry) -> Change:
    """Say how the holdout was declared before and is now: `share: 0.2 → 0.3`."""
    if isinstance(old, PartEntry) and isinstance(new, PartEntry):
        return Change("data.holdout", join_lines(differences(settings.part(old), settings.part(new))))
    return Change("data.holdout", " → ".join(_declare(entry) for entry in (old, new)))


def _declare(entry: DataEntry) -> str:
    if isinstance(entry, FileEntry):
        return entry.path
    return f"{entry.folds} folds of {entry.of}" if entry.folds else f"a part of {entry.of}"

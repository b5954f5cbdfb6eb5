"""Which files and which functions changed."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.changes.notebooks import code_cells
from ml_ci.changes.python_source import definitions, parse
from ml_ci.changes.snapshot import Snapshot
from ml_ci.changes.statements import compare_statements, tell_difference
from ml_ci.changes.values import Change
from ml_ci.changes.words import count, join_lines

_MODULE = "imports or other statements"
_MOST_STATEMENTS = 3


def describe_code(old: Snapshot, new: Snapshot, part: str = "code") -> Change:
    """Name the files that changed, and in Python files functions, classes and constants; with details the lines."""
    was, now = _files(old, part), _files(new, part)
    lines = file_lines(was, now, old, new)
    changed = [path for path in now if path in was and was[path] != now[path] and path.endswith((".py", ".pyw"))]
    if len(lines) == 1:
        return Change(part, lines[0], tuple(_lines_of(changed[0], old, new)) if changed else ())
    inside = (f"{path}, {line}" for path in changed for line in _lines_of(path, old, new))
    return Change(part, f"{count(len(lines), 'file')}: {join_lines(lines, 2)}", (*lines, *inside))


def _lines_of(path: str, old: Snapshot, new: Snapshot) -> list[str]:
    """Say the lines in which a named function or constant changed."""
    try:
        return tell_statements(old.tree.read(path), new.tree.read(path), named=True)
    except FileNotFoundError:
        return []


def file_lines(was: Mapping[str, object], now: Mapping[str, object], old: Snapshot, new: Snapshot) -> list[str]:
    """Write a line for each file whose digest differs, the changed ones first.

    A file that both sides have, and that counts for one, is neither added nor removed where it changed: that is said.
    """
    changed = [path for path in now if path in was and was[path] != now[path]]
    lines = [f"{path}: {_inside(path, old, new)}" for path in changed]
    lines += [_come(path, old, new, "added") for path in now if path not in was]
    return lines + [_come(path, old, new, "removed") for path in was if path not in now]


def _come(path: str, old: Snapshot, new: Snapshot, how: str) -> str:
    try:
        same = old.tree.read(path) == new.tree.read(path)
    except FileNotFoundError:
        same = True  # one side has none
    return f"{path} {how}" if same else f"{path}: {_inside(path, old, new)}"


def _files(snapshot: Snapshot, part: str) -> Mapping[str, object]:
    return snapshot.fingerprint.details[part]


def _inside(path: str, old: Snapshot, new: Snapshot) -> str:
    try:
        before, after = old.tree.read(path), new.tree.read(path)
    except FileNotFoundError:
        return "changed (its former content is not here)"
    if path.endswith((".py", ".pyw")):
        return _names(before, after)
    return _cells(before, after) if path.endswith(".ipynb") else _lines(before, after)


def _names(before: bytes, after: bytes) -> str:
    trees = parse(before), parse(after)
    if trees[0] is None or trees[1] is None:
        return _lines(before, after)
    was, now = definitions(trees[0]), definitions(trees[1])
    rest = (tell_statements(before, after, named=False) or [_MODULE]) if was.get("") != now.get("") else []
    changed = [name for name in now if name and name in was and was[name] != now[name]]
    changed += [f"{name} added" for name in now if name and name not in was]
    changed += [f"{name} removed" for name in was if name and name not in now]
    changed += rest
    return join_lines(changed, 6 + len(rest)) or "the order of its definitions"


def tell_statements(before: bytes, after: bytes, *, named: bool) -> list[str]:
    """Say which statements changed, line by line: those inside of what has a name of its own, or the others."""
    trees = parse(before), parse(after)
    if trees[0] is None or trees[1] is None:
        return []
    texts = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
    try:
        found = [one for one in compare_statements(trees[0], trees[1]) if one.named == named]
        lines = [tell_difference(one, *texts, trees[1]) for one in found[:_MOST_STATEMENTS]]
    except RecursionError:
        return []
    more = len(found) - len(lines)
    return [*lines, count(more, "more statement")] if more else lines


def _cells(before: bytes, after: bytes) -> str:
    was, now = code_cells(before), code_cells(after)
    if was is None or now is None:
        return _lines(before, after)
    kept = len(set(was) & set(now))
    return f"{count(max(len(set(was)), len(set(now))) - kept, 'code cell')} of {len(now)}"


def _lines(before: bytes, after: bytes) -> str:
    was, now = before.splitlines(), after.splitlines()
    if b"\0" in before or b"\0" in after:
        return f"{len(before):,} → {len(after):,} bytes"
    gone, come = set(was) - set(now), set(now) - set(was)
    return f"{count(len(come), 'line')} added, {len(gone):,} removed"

"""Settle which changed tables changed in their bytes only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml_ci.changes.fingerprint import fingerprint, value_parts
from ml_ci.changes.located import Places
from ml_ci.changes.same_values import SameValues
from ml_ci.changes.settings import entries
from ml_ci.changes.snapshot import Snapshot


def settle(old: Snapshot, new: Snapshot) -> Snapshot:
    """Give `new` with the data parts of `old` wherever the job sees values only and no value differs.

    Call it when `new` has no record of its own. What is found is kept in the state folder: later fingerprints know by
    themselves. Tables are read only when their bytes differ; nothing is imported otherwise.
    """
    differing = list(_differing(old, new))
    if not differing:
        return new
    same = SameValues(new.surroundings.state)
    joined = [name for name in differing if _equal(name, old, new, same)]
    for name in joined:
        same.join(_content(new, name), _content(old, name))
    same.save()
    return _with_parts(new, old, joined) if joined else new


def _differing(old: Snapshot, new: Snapshot) -> Iterator[str]:
    if old.fingerprint.parts == new.fingerprint.parts:
        return
    seen = value_parts(old.model, old.tree) & value_parts(new.model, new.tree)
    for name in sorted(entries(new.model).keys() & entries(old.model).keys()):
        part = f"data.{name}"
        if part in seen and old.fingerprint.parts[part] != new.fingerprint.parts[part]:
            yield name


def _equal(name: str, old: Snapshot, new: Snapshot, same: SameValues) -> bool:
    if entries(old.model)[name].columns != entries(new.model)[name].columns:
        return False
    values = []
    with Places() as places:
        for side in (old, new):
            entry = entries(side.model)[name]
            values.append(same.values(_content(side, name), entry, places.find(side, name)))
    return values[0] is not None and values[0] == values[1]


def _content(snapshot: Snapshot, name: str) -> str:
    return str(snapshot.fingerprint.details[f"data.{name}"]["content"])


def _with_parts(new: Snapshot, old: Snapshot, names: list[str]) -> Snapshot:
    if new.surroundings.state is not None:
        return replace(new, fingerprint=fingerprint(new.model, new.tree, new.surroundings))
    parts = {f"data.{name}": old.fingerprint.parts[f"data.{name}"] for name in names}
    changed = replace(new.fingerprint, parts={**new.fingerprint.parts, **parts})
    return replace(new, fingerprint=changed)

"""The longest unused goes first, what is needed never."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ml_ci.records.prune import Stored, list_stored, prune, superfluous
from ml_ci.records.store import Store

NOW = 1_000_000.0


def record(key: str, used: float, size: int = 10) -> Stored:
    return Stored("trainings", key, Path(key), size, used)


RECORDS = (record("a", NOW - 400), record("b", NOW - 300), record("c", NOW - 200), record("d", NOW - 100))


@pytest.mark.parametrize(
    ("needed", "limit", "older_than", "working_since", "removed"),
    [
        ("", None, None, None, ""),
        ("", 40, None, None, ""),
        ("", 39, None, None, "a"),
        ("", 15, None, None, "abc"),
        ("", 0, None, None, "abcd"),
        ("a", 15, None, None, "bcd"),
        ("abcd", 0, None, None, ""),
        ("", None, 250, None, "ab"),
        ("", None, 300, None, "a"),
        ("b", None, 250, None, "a"),
        ("", 10, 350, None, "abc"),
        ("", 0, None, NOW - 250, "ab"),
        ("a", 0, 0, NOW - 250, "b"),
        ("", 0, None, NOW - 200, "ab"),
    ],
)
def test_what_goes(
    needed: str, limit: int | None, older_than: float | None, working_since: float | None, removed: str
) -> None:
    keep = {("trainings", key) for key in needed}
    chosen = superfluous(RECORDS, keep, limit=limit, older_than=older_than, working_since=working_since, now=NOW)
    assert "".join(one.key for one in chosen) == removed


def keep(store: Store, key: str, age: float, size: int = 1000) -> None:
    with store.draft() as draft:
        (draft / "model").write_bytes(b"x" * size)
        folder = store.keep(draft, "trainings", key * 64, {}).folder
    os.utime(folder, (time.time() - age, time.time() - age))


def test_a_record_that_is_found_is_used(tmp_path: Path) -> None:
    store = Store(tmp_path / ".ml_ci")
    keep(store, "a", age=1000)
    keep(store, "b", age=500)
    assert store.find("trainings", "a" * 64)
    removed = prune(store, set(), limit=1500)
    assert [one.key[0] for one in removed] == ["b"]
    assert [one.key[0] for one in list_stored(store)] == ["a"]
    assert list((store.root / "work").iterdir()) == []


def test_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / ".ml_ci")
    keep(store, "a", age=1000)
    assert len(prune(store, set(), limit=0, dry_run=True)) == 1
    assert len(list_stored(store)) == 1


def test_what_a_run_at_work_has_used_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / ".ml_ci")
    keep(store, "a", age=1000)
    keep(store, "b", age=1000)
    with store.workplace():
        assert store.find("trainings", "a" * 64)
        assert [one.key[0] for one in prune(store, set(), limit=0)] == ["b"]
    assert [one.key[0] for one in prune(store, set(), limit=0)] == ["a"]

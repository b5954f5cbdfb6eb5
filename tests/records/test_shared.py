"""A shared store: read by all, written on request, verified on arrival, never a reason to pass or fail."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ml_ci.records import places
from ml_ci.records.shared import Shared
from ml_ci.records.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture(params=["folder", "file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty store, of each kind that needs no network."""
    MemoryFileSystem.store.clear()
    (tmp_path / "share").mkdir()
    folder = tmp_path / "share"
    yield {"folder": str(folder), "file": folder.as_uri(), "memory": "memory://bucket/ml ci"}[request.param]
    MemoryFileSystem.store.clear()


def store(path: Path, url: str) -> Store:
    return Store(path / ".ml_ci", Shared(url, path))


def kept(one: Store, text: str = "weights") -> Store:
    with one.draft() as draft:
        (draft / "folder").mkdir()
        (draft / "folder" / "model.pkl").write_text(text)
        one.keep(draft, "trainings", KEY, {"seconds": 1.5})
    return one


def push(one: Store) -> bool:
    assert one.shared is not None
    return one.shared.push("trainings", KEY, one.folder("trainings", KEY))


def objects(url: str, tmp_path: Path) -> dict[str, bytes]:
    system, root = fsspec.core.url_to_fs(url)
    return {path: system.cat_file(path) for path in system.find(root)}


def test_what_one_pushed_another_finds(url: str, tmp_path: Path) -> None:
    first, second = kept(store(tmp_path / "a", url)), store(tmp_path / "b", url)
    assert not second.has("trainings", KEY)
    assert push(first)
    assert not push(first)
    assert second.has("trainings", KEY)
    found = second.find("trainings", KEY)
    assert found is not None
    assert found.content == {"seconds": 1.5}
    assert found.file("folder/model.pkl").read_text() == "weights"
    assert second.holds("trainings", KEY)
    assert second.kept == []  # it was not made here
    assert second.notes == ()
    assert second.shared is not None
    assert list(second.shared.keys()) == [("trainings", KEY)]


def test_one_object_per_record(url: str, tmp_path: Path) -> None:
    push(kept(store(tmp_path / "a", url)))
    assert [path.rpartition("/")[2] for path in objects(url, tmp_path)] == [f"{KEY}.tar"]


def test_nothing_is_written_but_by_push(url: str, tmp_path: Path) -> None:
    one = kept(store(tmp_path / "a", url))
    one.find("trainings", KEY)
    one.find("trainings", "cd" * 32)
    assert objects(url, tmp_path) == {}


def damage(url: str, harm: Callable[[bytes], bytes]) -> None:
    system, root = fsspec.core.url_to_fs(url)
    for path in system.find(root):
        system.pipe_file(path, harm(system.cat_file(path)))


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: b"",
        lambda content: content[:1500],
        lambda content: content.replace(b"weights", b"poison!"),
        lambda content: content.replace(b'"seconds": 1.5', b'"seconds": 0.5'),
    ],
)
def test_a_damaged_record_is_named_not_used_and_made_again(
    url: str, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    push(kept(store(tmp_path / "a", url)))
    damage(url, harm)
    second = store(tmp_path / "b", url)
    assert second.find("trainings", KEY) is None
    (note,) = second.notes
    assert note.startswith(f"the record trainings/{KEY[:12]} in the store {url} is damaged (")
    assert note.endswith("it was not used, and is made again")
    assert not second.has("trainings", KEY)
    assert not second.holds("trainings", KEY)
    assert push(kept(second, "again"))  # over the damaged one
    third = store(tmp_path / "c", url)
    found = third.find("trainings", KEY)
    assert found is not None
    assert found.file("folder/model.pkl").read_text() == "again"


def test_what_is_remembered_of_a_commit(url: str, tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text('{"format": 1}')
    shared = Shared(url, tmp_path)
    assert shared.recall("c" * 40, "churn") == {}
    shared.remember("c" * 40, "churn", KEY, file)
    shared.remember("c" * 40, "other", KEY, file)
    assert shared.recall("c" * 40, "churn") == {KEY: {"format": 1}}
    assert list(shared.keys()) == []
    assert shared.notes == []


class Broken(MemoryFileSystem):
    protocol = "broken"
    cachable = False

    def exists(self, path: str, **_: Any) -> bool:
        raise ConnectionResetError("connection reset\x1b[31m by peer")


class Garbled(MemoryFileSystem):
    protocol = "garbled"
    cachable = False

    def exists(self, path: str, **_: Any) -> bool:
        return bool(json.loads("<html>"))


class ReadOnly(MemoryFileSystem):
    protocol = "readonly"
    cachable = False

    def put_file(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("403 read only")


class Hanging(MemoryFileSystem):
    protocol = "hanging"
    cachable = False

    def exists(self, path: str, **_: Any) -> bool:
        time.sleep(60)
        return False


class Torn(MemoryFileSystem):
    protocol = "torn"
    cachable = False

    def exists(self, path: str, **_: Any) -> bool:
        return True

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        raise PermissionError("403 Forbidden")


@pytest.fixture(autouse=True, scope="module")
def _known() -> None:
    for kind in (Broken, Garbled, ReadOnly, Hanging, Torn):
        fsspec.register_implementation(kind.protocol, kind, clobber=True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("broken://bucket", "connection reset[31m by peer"),
        ("garbled://bucket", "Expecting value: line 1 column 1"),
        ("hanging://bucket", "it did not answer in 0 s"),
        ("torn://bucket", "403 Forbidden"),
        ("nowhere", "there is no folder"),
        ("nobodyknows://bucket", "Protocol not known: nobodyknows"),
        ("s3://bucket/x", "s3:// needs the package s3fs, which is not installed. Run: pip install ml-ci[remote] s3fs"),
        ("gs://bucket/x", "gs:// needs the package gcsfs, which is not installed"),
    ],
)
def test_a_store_that_does_not_answer_is_one_note(
    url: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "SECONDS", 0.2)
    for package in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, package, None)
    one = store(tmp_path, url)
    for _ in range(2):
        assert one.find("trainings", KEY) is None
        one.has("verdicts", KEY)
    (note,) = one.notes
    assert f"the store {url} could not be used, and was left out: " in note
    assert said in note
    assert kept(one).find("trainings", KEY)


def test_a_store_that_takes_nothing_is_one_note(tmp_path: Path) -> None:
    one = kept(store(tmp_path, "readonly://bucket"))
    for _ in range(2):
        assert not push(one)
    (note,) = one.notes
    assert note.startswith("the store readonly://bucket could not be used, and was left out: 403 read only")


def test_without_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    one = store(tmp_path, "memory://x")
    assert not one.has("trainings", KEY)
    assert "memory:// needs fsspec, which is not installed. Run: pip install ml-ci[remote]" in one.notes[0]


def report(answer: tuple[int, str, str]) -> Any:
    assert answer[0] in (0, 1), answer[2]
    return json.loads(answer[1])["models"]["tiny"]


def test_runs_share_what_they_push_and_only_that(tiny: Any, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    assert report(tiny.run("run", "--json", "--store", str(share)))["action"] == "train"
    assert list(share.iterdir()) == []  # reading is the default
    shutil.rmtree(tiny.store)
    assert report(tiny.run("run", "--json", "--store", str(share), "--push"))["action"] == "train"
    assert sorted(path.name for path in share.iterdir()) == [
        "commits",
        "comparisons",
        "ledgers",
        "predictions",
        "reads",
        "trainings",
        "verdicts",
    ]
    assert tiny.trainings == 4
    shutil.rmtree(tiny.store)
    again = report(tiny.run("run", "--json", environment={"ML_CI_STORE": str(share)}))
    assert (again["action"], again["verdict"], again["notes"]) == ("reuse", "pass", [])
    assert tiny.trainings == 4


def test_a_run_goes_on_without_its_store(tiny: Any, tmp_path: Path) -> None:
    found = report(tiny.run("run", "--json", "--store", str(tmp_path / "nowhere")))
    assert (found["action"], found["verdict"]) == ("train", "pass")
    assert [note for note in found["notes"] if "nowhere" in note] == found["notes"] != []

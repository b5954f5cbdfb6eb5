"""The store: whole records or none, damage named, locks that a kill releases."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from typing import Any

import pytest

from ml_ci.records.atomic import write_text
from ml_ci.records.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path: Any) -> Any:
    return Store(tmp_path / ".ml_ci")


def kept(store: Any, key: Any = KEY, text: Any = "weights") -> Any:
    with store.draft() as draft:
        (draft / "model.pkl").write_text(text)
        (draft / "folder").mkdir()
        (draft / "folder" / "more").write_text("more")
        return store.keep(draft, "trainings", key, {"seconds": 1.5})


def test_what_was_kept_is_found(store: Any) -> None:
    kept(store)
    found = store.find("trainings", KEY)
    assert found.content == {"seconds": 1.5}
    assert found.file("model.pkl").read_text() == "weights"
    assert found.file("folder/more").read_text() == "more"
    assert store.damaged == []


def test_what_was_not_kept_is_not_found(store: Any) -> None:
    assert store.find("trainings", KEY) is None
    with store.draft() as draft:
        (draft / "model.pkl").write_text("unfinished")
    assert store.find("trainings", KEY) is None
    assert list((store.root / "work").iterdir()) == []


def test_the_first_of_two_stays(store: Any) -> None:
    kept(store, text="first")
    kept(store, text="second")
    assert store.find("trainings", KEY).file("model.pkl").read_text() == "first"


def test_git_never_sees_the_store(store: Any) -> None:
    kept(store)
    assert (store.root / ".gitignore").read_text() == "*\n"


def cut_off(path: Any) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Any) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def alter(path: Any) -> None:
    body = json.loads(path.read_text())
    body["content"]["seconds"] = 0
    path.write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("harm", "name", "said"),
    [
        (cut_off, "record.json", "cannot be read"),
        (flip, "model.pkl", "model.pkl is not as it was written"),
        (cut_off, "model.pkl", "model.pkl is not as it was written"),
        (lambda path: path.unlink(), "model.pkl", "model.pkl is missing"),
        (lambda path: path.unlink(), "record.json", "record.json is missing"),
        (alter, "record.json", "does not match its own digest"),
        (lambda path: path.write_text("[]"), "record.json", "is no object"),
        (lambda path: path.write_text(""), "record.json", "cannot be read"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "record.json", "cannot be read"),
    ],
)
def test_a_damaged_record_is_named_set_aside_and_made_again(store: Any, harm: Any, name: Any, said: Any) -> None:
    folder = kept(store).folder
    harm(folder / name)
    assert store.find("trainings", KEY) is None
    assert len(store.damaged) == 1
    assert said in store.damaged[0]
    assert len(list((store.root / "damaged").iterdir())) == 1
    kept(store)
    assert store.find("trainings", KEY) is not None


def test_a_record_moved_to_another_key_is_not_believed(store: Any) -> None:
    folder = kept(store).folder
    other = "ab" + "1" * 62
    folder.rename(folder.parent / other)
    assert store.find("trainings", other) is None
    assert "belongs to another record" in store.damaged[0]


def test_a_damaged_record_in_the_way_does_not_stop_a_new_one(store: Any) -> None:
    folder = kept(store).folder
    cut_off(folder / "record.json")
    assert kept(store, text="new").file("model.pkl").read_text() == "new"
    assert store.find("trainings", KEY).file("model.pkl").read_text() == "new"


def hold(root: Any, key: Any, seconds: Any) -> None:
    with Store(root).lock(key):
        (root / "held").write_text(str(os.getpid()))
        time.sleep(seconds)


def started(store: Any, key: Any, seconds: Any) -> Any:
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(store.root, key, seconds))
    process.start()
    deadline = time.monotonic() + 120
    while not (store.root / "held").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


def test_a_killed_holder_frees_its_lock(store: Any) -> None:
    process = started(store, KEY, 600)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with store.lock(KEY):
        pass


def leave(root: Any) -> None:
    with Store(root).workplace() as folder:
        (folder / "half").write_text("half")
        (root / "held").write_text("x")
        time.sleep(600)


def test_what_a_killed_run_left_is_swept_and_what_runs_is_not(store: Any) -> None:
    with store.workplace() as mine:
        process = multiprocessing.get_context("spawn").Process(target=leave, args=(store.root,))
        process.start()
        deadline = time.monotonic() + 120
        while not (store.root / "held").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(store.find_abandoned()) == []
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        swept = list(store.find_abandoned())
        assert len(swept) == 1
        assert not swept[0].exists()
        assert mine.exists()


def test_a_lock_without_a_folder_is_removed_when_it_is_old(store: Any) -> None:
    with store.workplace():
        old, young = (store.root / "work" / f"{name}.lock" for name in ("1-old", "2-young"))
        old.touch()
        young.touch()
        os.utime(old, (1, 1))
        assert list(store.find_abandoned()) == []
        assert not old.exists()
        assert young.exists()
    assert list((store.root / "work").iterdir()) == [young]


def test_the_oldest_run_at_work_is_the_one_that_began_first(store: Any) -> None:
    assert store.oldest_work() is None
    for name in ("1700000300-bb", "1700000200-aa", "1700000400-cc"):
        (store.root / "work" / name).mkdir(parents=True)
        (store.root / "work" / f"{name}.lock").touch()
    assert store.oldest_work() == 1700000200


def test_what_a_job_made_read_only_is_removed(store: Any) -> None:
    with store.workplace() as folder:
        (folder / "locked").mkdir()
        (folder / "locked" / "file").write_text("x")
        (folder / "locked").chmod(0o500)
    assert list((store.root / "work").iterdir()) == []


def test_a_text_is_written_whole_or_not_at_all(tmp_path: Any) -> None:
    path = tmp_path / "report.json"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

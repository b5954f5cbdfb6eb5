"""What the kernel tells, where it tells nothing, and where it may have lost something."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from ml_ci.training.stamps import stamps
from ml_ci.training.values import Ground
from ml_ci.training.watch import inotify, kernel
from ml_ci.training.watch.access_times import AccessTimes
from ml_ci.training.watch.inotify import Inotify
from ml_ci.training.watch.job import Watch
from ml_ci.training.watch.values import Seen

Mounted = Callable[..., AbstractContextManager[Path]]


@pytest.fixture(autouse=True)
def _nothing_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_works_on", set())


def tree(top: Path) -> Path:
    (top / "data").mkdir(parents=True)
    for name in ("a", "data/b", "data/c"):
        (top / name).write_text("x\n" * 100)
    return top


def seen(top: Path, command: str, way: Callable[..., Any] | None = None) -> Seen:
    standing = stamps(top)
    watcher = kernel.look_on(top, standing) if way is None else way(top, standing)
    assert watcher is not None
    subprocess.run(command, shell=True, cwd=top, check=True, capture_output=True)
    found: Seen = watcher.stop()
    return found


COMMANDS = [
    ("cat a", {"a"}),
    ("cp a new", {"a"}),
    ("cat a > new", {"a"}),
    ("cat data/b data/c > new", {"data/b", "data/c"}),
    ("cp -r data other", {"data/b", "data/c"}),
    ("dd if=a of=new", {"a"}),
]


@pytest.mark.parametrize(("command", "opened"), COMMANDS)
def test_on_an_overlay(tmp_path: Path, mounted: Mounted, command: str, opened: set[str]) -> None:
    for name in ("lower", "upper", "work"):
        (tmp_path / name).mkdir()
    tree(tmp_path / "lower/copy")
    options = ",".join(f"{name}dir={tmp_path / name}" for name in ("lower", "upper", "work"))
    with mounted(tmp_path / "merged", "-t", "overlay", "overlay", "-o", options) as at:
        # Where a copy lies: written by ml-ci, above the image's own layer.
        shutil.copytree(at / "copy", at / "written")
        assert {*seen(at / "written", command).opened} - {"new"} == opened
        assert {*seen(at / "copy", command).opened} - {"new"} == opened


def test_on_a_mount_that_keeps_no_access_times(tmp_path: Path, mounted: Mounted) -> None:
    with mounted(tmp_path / "mount", "-t", "tmpfs", "-o", "noatime", "tmpfs") as at:
        top = tree(at / "copy")
        assert {*seen(top, "cat data/b").opened} == {"data/b"}
        assert not kernel._works(kernel._by_access_times, at / "probe")


def test_the_folders_are_watched_and_not_the_files(tmp_path: Path) -> None:
    top = tree(tmp_path / "copy")
    for number in range(500):
        (top / f"data/{number}").write_text("x")
    watcher = Inotify(top, ["", "data"])
    assert len(watcher._names) == 2
    subprocess.run("cat data/*", shell=True, cwd=top, check=True, capture_output=True)
    found = watcher.stop()
    assert len(found.opened) == 502
    assert found.folders == {"data"}
    assert found.whole


def test_nothing_is_left_open(tmp_path: Path) -> None:
    top = tree(tmp_path / "copy")
    gc.collect()  # what an earlier test left would be closed in between
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(3):
        seen(top, "cat a")
    until = time.monotonic() + 20  # queues are closed beside
    while len(list(descriptors.iterdir())) > before and time.monotonic() < until:
        time.sleep(0.01)
    assert len(list(descriptors.iterdir())) == before
    assert not (tmp_path / "probe").exists()


def test_an_overflowed_queue_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top, wait, look = tree(tmp_path / "copy"), Event(), Inotify._look

    def later(self: Inotify) -> None:
        wait.wait(60)
        look(self)

    monkeypatch.setattr(Inotify, "_look", later)
    watcher = Inotify(top, ["", "data"])
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for _ in range(limit // 2 + 1000):
        (top / "a").open().close()
        (top / "data/b").open().close()
    wait.set()
    assert not watcher.stop().whole


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOSYS, errno.EMFILE])
def test_without_a_watch_left_access_times_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    top = tree(tmp_path / "copy")
    monkeypatch.setattr(inotify, "_watch", refuse)
    if not kernel._works(kernel._by_access_times, tmp_path / "probe"):
        pytest.skip("this file system keeps no access times")
    assert isinstance(kernel.look_on(top, stamps(top)), AccessTimes)
    assert {*seen(top, "cat data/b").opened} == {"data/b"}


def test_access_times_tell_of_folders_and_leave_the_stamps_true(tmp_path: Path) -> None:
    top = tree(tmp_path / "copy")
    if not kernel._works(kernel._by_access_times, tmp_path / "probe"):
        pytest.skip("this file system keeps no access times")
    standing = stamps(top)
    watcher = AccessTimes(top, standing)
    subprocess.run("ls data; cat a; rm data/c", shell=True, cwd=top, check=True, capture_output=True)
    found = watcher.stop()
    assert {*found.opened} == {"a", "data/c"}
    assert found.folders == {"data"}
    assert {path: one for path, one in stamps(top).items() if path != "data/c"} == {
        path: one for path, one in standing.items() if path != "data/c"
    }


def test_what_works_is_tried_once_on_each_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried, works = [], kernel._works
    monkeypatch.setattr(kernel, "_works", lambda way, folder: tried.append(folder) or works(way, folder))
    top = tree(tmp_path / "copy")
    for _ in range(3):
        assert seen(top, "cat a").opened.keys() == {"a"}
    ways = len(set(tried))
    assert len(tried) == ways
    monkeypatch.setattr(kernel.os, "stat", lambda path: os.stat_result((0, 0, -1, *[0] * 7)))
    kernel.look_on(top, stamps(top))
    assert len(tried) > ways


def test_where_nothing_works_a_job_reads_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_works", lambda *_: False)
    top = tree(tmp_path / "copy")
    watch = Watch(Ground(top, tmp_path, stamps(top)))
    assert not watch.end(tmp_path / "told", {}).reads.complete


def test_a_probe_that_sees_nothing_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        def __init__(self, *_: object) -> None: ...

        def stop(self) -> Seen:
            return Seen()

    for name in ("Inotify", "AccessTimes"):
        monkeypatch.setattr(kernel, name, Blind)
    top = tree(tmp_path / "copy")
    assert kernel.look_on(top, stamps(top)) is None

"""Find how the kernel can tell what is opened where a copy lies; each way is tried on a file first."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import MutableMapping
from pathlib import Path

from ml_ci.training.stamps import Stamp, is_folder, stamps
from ml_ci.training.watch.access_times import AccessTimes
from ml_ci.training.watch.inotify import Inotify
from ml_ci.training.watch.values import Watcher

# What was seen to work, by the file system that it was tried on.
_works_on: set[tuple[object, int]] = set()


def look_on(top: Path, standing: MutableMapping[str, Stamp]) -> Watcher | None:
    """Watch the copy at `top`, in which `standing` stands; None where nothing can."""
    for way in (_by_inotify, _by_access_times):
        with contextlib.suppress(OSError):
            tried = way, os.stat(top.parent).st_dev  # noqa: PTH116
            if tried in _works_on or _works(way, top.parent / "probe"):
                _works_on.add(tried)
                return way(top, standing)
    return None


def _by_inotify(top: Path, standing: MutableMapping[str, Stamp]) -> Watcher:
    return Inotify(top, ["", *(path for path, one in standing.items() if is_folder(one))])


def _by_access_times(top: Path, standing: MutableMapping[str, Stamp]) -> Watcher:
    return AccessTimes(top, standing)


def _works(way: object, folder: Path) -> bool:
    assert callable(way)  # noqa: S101
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        file = folder / "file"
        file.write_bytes(b"x")
        watcher: Watcher = way(folder, stamps(folder))
        file.read_bytes()
        return "file" in watcher.stop().opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)

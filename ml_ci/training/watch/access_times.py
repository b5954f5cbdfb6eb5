"""See what was opened by access times: set to long ago before a job, they are later where something read."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from ml_ci.training.stamps import Stamp, is_folder, is_link, stamp
from ml_ci.training.watch.values import Seen

_LONG_AGO = 1_000_000_000


class AccessTimes:
    """Set the access times below `top` to long ago; `stamps`, what stands there, is brought to what it is then.

    Reading a file counts, opening it alone does not; what wrote it may have read it. On file systems that keep no
    access times nothing is seen: the caller tries that first.
    """

    def __init__(self, top: Path, stamps: MutableMapping[str, Stamp]) -> None:
        self._top = top
        self._stamps = stamps
        self._set: dict[str, int] = {}
        for path, was in list(stamps.items()):
            if not is_link(was):
                self._set_back(path)
        self._set_back("")

    def stop(self) -> Seen:
        """Give what was read since."""
        later = set(self._later())
        folders = frozenset(path for path in later if path == "" or is_folder(self._stamps[path]))
        return Seen(dict.fromkeys(later - folders, 1), folders)

    def _set_back(self, path: str) -> None:
        at = self._top / path
        modified = at.stat().st_mtime_ns
        os.utime(at, ns=(_LONG_AGO, modified))
        self._set[path] = at.stat().st_atime_ns
        if path:
            self._stamps[path] = stamp(at)

    def _later(self) -> Iterator[str]:
        for path, was in self._set.items():
            try:
                now = (self._top / path).lstat().st_atime_ns
            except OSError:
                yield path  # removed: it may have been read first
                continue
            if now != was:
                yield path

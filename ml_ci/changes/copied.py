"""What a copy of the working tree holds, beside what the tree has meanwhile: its user goes on working in it."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Copied:
    """The tree below `top` as it was copied to `at`, between `begun` and `ended` (ns of the wall clock).

    `stood` gives mode, size in bytes and time of the last change (ns) of what was copied, as first of more, by path.
    """

    top: Path
    at: Path
    stood: Mapping[str, tuple[int, ...]] = field(repr=False)
    begun: int
    ended: int

    def differs(self, path: str) -> bool:
        """Say whether the user's tree has something else at a path by now than was copied."""
        was = self.stood.get(path)
        try:
            now = (self.top / path).lstat()
        except OSError:
            return was is not None
        if was is None:  # what git ignores is not copied either, and stood there before
            return now.st_ctime_ns > self.begun
        if stat.S_IFMT(now.st_mode) != stat.S_IFMT(was[0]):
            return True
        return stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) != was[1:3]

    def read(self, path: str) -> bytes | None:
        """Read what was copied; None where there was no file. UserError where the job changed it as well."""
        was = self.stood.get(path)
        if was is None or not stat.S_ISREG(was[0]):
            return None
        try:
            now = (self.at / path).lstat()
            if stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) == was[1:3]:
                return (self.at / path).read_bytes()
        except OSError:
            pass
        raise fail_changed(self.top / path)

    def names(self, folder: str, now: Iterable[str]) -> Iterator[str]:
        """Give the names that a folder had, of those that it has `now` and of those that are gone."""
        below = f"{folder}/" if folder else ""
        yield from (name for name in now if f"{below}{name}" in self.stood or not self.differs(below + name))
        for path in self.stood:
            name = path.removeprefix(below)
            if path.startswith(below) and "/" not in name and self.differs(path) and self._is_held_file(path):
                yield name

    def find_edited(self, paths: Iterable[str], since: int) -> Iterator[str]:
        """Give the files that were written after `since` (ns) and before they were copied."""
        for path in paths:
            was = self.stood.get(path)
            if was is not None and stat.S_ISREG(was[0]) and since < was[2] <= self.ended:
                yield path

    def _is_held_file(self, path: str) -> bool:
        return not stat.S_ISDIR(self.stood[path][0]) or any(one.startswith(f"{path}/") for one in self.stood)


def fail_changed(path: Path) -> UserError:
    """Give the error of a file that was another when it was looked at again."""
    return UserError(f"{path} changed while ml-ci was at work", hint="Run ml-ci again.")

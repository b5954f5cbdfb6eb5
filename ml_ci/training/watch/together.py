"""Put together what the kernel saw and what the Python programs of a job told."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import PurePosixPath

from ml_ci.changes.reads import Reads
from ml_ci.frozen import dataclass
from ml_ci.training.stamps import is_folder, is_link
from ml_ci.training.told import Line
from ml_ci.training.values import Ground
from ml_ci.training.watch.outside import outside
from ml_ci.training.watch.values import Seen


@dataclass(frozen=True)
class Found:
    """Say what a job read; `foreign` are files of the user's own checkout that it opened, by path below its top."""

    reads: Reads
    foreign: tuple[str, ...] = ()


@dataclass
class _Told:
    """Sort what was told; `opens` counts by file, `replaced` are files that were written before they were read."""

    ground: Ground
    opened: set[str] = field(default_factory=set)
    opens: Counter[str] = field(default_factory=Counter)
    replaced: set[str] = field(default_factory=set)
    imported: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    walked: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)

    def take(self, line: Line) -> None:
        sort = _SORTS.get(line.kind)
        if sort is not None and line.fields:
            sort(self, line.fields)

    def _read(self, fields: tuple[str, ...]) -> None:
        real = self._within(fields[-1])
        if real is None:
            self.foreign.add(fields[-1])
        else:
            self.opens[real] += 1
        for path in filter(None, map(self._within, fields)):
            if path not in self.replaced:
                self.opened |= {one for one in (path, *_above(path)) if self._stood(one)}

    def _wrote(self, fields: tuple[str, ...]) -> None:
        path = self._within(fields[0])
        if path is not None:
            self.opens[path] += 1
            self.replaced |= {path} - self.opened

    def _note_missed(self, fields: tuple[str, ...]) -> None:
        self.missed |= {path for path in map(self._within, fields) if path and path not in self.ground.standing}

    def _module(self, fields: tuple[str, ...]) -> None:
        path = self._within(fields[0])
        if path is not None and path.endswith(".py") and self._stood(path):
            self.imported.add(path)

    def _list(self, fields: tuple[str, ...]) -> None:
        self.listed |= {path for path in (self._within(fields[0]),) if path is not None}

    def _walk(self, fields: tuple[str, ...]) -> None:
        self.walked |= {path for path in (self._within(fields[0]),) if path is not None}

    def _outside(self, fields: tuple[str, ...]) -> None:
        self.outside.add(fields[0])

    def _stood(self, path: str) -> bool:
        standing = self.ground.standing.get(path)
        return standing is not None and not is_folder(standing)

    def _within(self, path: str) -> str | None:
        """Give a path below the top of the copy; None for one outside of it, or in its `.git`."""
        top = os.fspath(self.ground.top)
        if path == top:
            return ""
        within = path.removeprefix(f"{top}/")
        return None if within == path or within.startswith(".git/") else within


_SORTS = {
    "read": _Told._read,
    "wrote": _Told._wrote,
    "missed": _Told._note_missed,
    "module": _Told._module,
    "listed": _Told._list,
    "walked": _Told._walk,
    "outside": _Told._outside,
}


def put_together(ground: Ground, seen: Seen | None, lines: Iterable[Line], environment: Mapping[str, str]) -> Found:
    """Give the union of both; `seen` is None where the kernel told nothing, and then the reads are not complete.

    What the job made itself is no read. A link counts with what it leads to.
    """
    told = _Told(ground)
    for line in lines:
        told.take(line)
    seen = seen or Seen(whole=False)
    opened = (told.opened - seen.made) | set(_by_kernel(told, seen)) | told.imported
    folders = told.listed | (seen.folders - told.walked)
    reads = Reads(
        opened=frozenset(opened | set(_links(ground, opened))),
        imported=frozenset(told.imported),
        missed=frozenset(told.missed),
        listed=frozenset(path for path in folders - seen.made if path == "" or path in ground.standing),
        outside=outside(told.outside | _elsewhere(ground, told.foreign), ground.declared, environment),
        complete=seen.whole,
    )
    return Found(reads, tuple(sorted(_foreign(ground, told.foreign))))


def _by_kernel(told: _Told, seen: Seen) -> Iterator[str]:
    for path, times in seen.opened.items():
        # The kernel does not say what a file was opened for. Where every time was Python's, Python told.
        if told._stood(path) and not (path in told.replaced and times <= told.opens[path]):
            yield path


def _links(ground: Ground, opened: set[str]) -> Iterator[str]:
    """Give the links that lead to something that was opened, or to a folder above it."""
    led_to = {*opened, *(above for path in opened for above in _above(path))}
    top = os.path.realpath(ground.top)
    for path, standing in ground.standing.items():
        if is_link(standing):
            target = os.path.realpath(f"{top}/{path}")
            if target.removeprefix(f"{top}/") in led_to:
                yield path


def _above(path: str) -> list[str]:
    return [str(one) for one in PurePosixPath(path).parents if str(one) != "."]


def _elsewhere(ground: Ground, paths: Iterable[str]) -> set[str]:
    """Give the files of other checkouts of the repository: data like others."""
    top = os.path.realpath(ground.checkout)
    return {path for path in paths if not path.startswith(f"{top}/")}


def _foreign(ground: Ground, paths: Iterable[str]) -> Iterator[str]:
    """Give the files of the user's checkout that nobody handed to the job."""
    top = os.path.realpath(ground.checkout)
    for path in paths:
        within = path.removeprefix(f"{top}/")
        given = any(path == one or path.startswith(f"{one}/") for one in ground.declared)
        if within != path and not given:
            yield within

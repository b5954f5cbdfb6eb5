"""Watch the folders of a copy by Linux' inotify: a watch a folder, and no rights needed."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Thread

from ml_ci.training.watch.values import Seen

_OPEN, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x20, 0x40, 0x80, 0x100, 0x200
_OVERFLOW, _FOLDER, _ONLY_FOLDERS = 0x4000, 0x40000000, 0x01000000
_MASK = _OPEN | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _ONLY_FOLDERS
_HEADER = struct.Struct("iIII")
_BUFFER = 1 << 20


class Inotify:
    """Watch `folders` (POSIX paths below `top`, "" is the top); OSError where the kernel has no watch left, or none.

    A thread empties the kernel's queue while the job runs: it holds 16,384 events only.
    """

    def __init__(self, top: Path, folders: Iterable[str]) -> None:
        self._names: dict[int, str] = {}
        self._opened: dict[str, int] = {}
        self._listed: set[str] = set()
        self._made: set[str] = set()
        self._whole = True
        self._queue = _open_queue()
        try:
            for folder in folders:
                self._names[_watch(self._queue, top / folder)] = f"{folder}/" if folder else ""
        except OSError:
            os.close(self._queue)
            raise
        self._wake = os.pipe()
        self._thread = Thread(target=self._look, name="ml-ci watch", daemon=True)
        self._thread.start()

    def stop(self) -> Seen:
        """Take what is left in the queue, and give what was seen."""
        os.write(self._wake[1], b"x")
        self._thread.join()
        # The kernel takes tens of milliseconds to close a queue, and nobody has to wait for that.
        Thread(target=_close, args=(self._queue, *self._wake), name="ml-ci watch", daemon=True).start()
        return Seen(self._opened, frozenset(self._listed), frozenset(self._made), self._whole)

    def _look(self) -> None:
        waiting = select.poll()
        for descriptor in (self._queue, self._wake[0]):
            waiting.register(descriptor, select.POLLIN)
        last = False
        while not last:
            last = any(descriptor == self._wake[0] for descriptor, _ in waiting.poll())
            for number, mask, name in _events(self._queue):
                self._take(number, mask, name)

    def _take(self, number: int, mask: int, name: str) -> None:
        if mask & _OVERFLOW:
            self._whole = False
        folder = self._names.get(number)
        if folder is None:
            return
        path = f"{folder}{name}".rstrip("/")
        if path in self._made:
            return
        if mask & _FOLDER and mask & _OPEN:
            self._listed.add(path)
        elif mask & (_OPEN | _MOVED_FROM) and not mask & _FOLDER:
            self._opened[path] = self._opened.get(path, 0) + 1
        elif mask & (_CREATE | _MOVED_TO | _DELETE) and path not in self._opened:
            self._made.add(path)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _open_queue() -> int:
    queue = int(_libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if queue < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1")
    return queue


def _watch(queue: int, folder: Path) -> int:
    number = int(_libc().inotify_add_watch(queue, os.fsencode(folder), _MASK))
    if number < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    return number


def _libc() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        library.inotify_init1, library.inotify_add_watch  # noqa: B018 other systems have no such function
    except AttributeError as error:
        raise OSError(str(error)) from None
    return library


def _events(queue: int) -> Iterator[tuple[int, int, str]]:
    """Give watch, mask and name of each event that waits."""
    while True:
        try:
            content = os.read(queue, _BUFFER)
        except BlockingIOError:
            return
        at = 0
        while at < len(content):
            number, mask, _, length = _HEADER.unpack_from(content, at)
            at += _HEADER.size
            name = content[at : at + length].rstrip(b"\0")
            at += length
            yield number, mask, os.fsdecode(name)

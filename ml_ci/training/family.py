"""All the processes that belong to one job: how much memory they use, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from ml_ci.training.adopting import CHILD
from ml_ci.training.devices import has_devices, list_opened

_REFRESH = 0.2
_TRIES = 10
_JOBS = {"--work", "--stem"}  # the options by which that program is no supervisor
_HAS_ENVIRONMENTS = Path("/proc/self/environ").exists()
_OWN_CHILDREN = Path("/proc/thread-self/children")  # not every kernel is built to list them, and none but Linux does


class Family:
    """Know a job's processes: the supervisor's descendants, its process group, and whoever carries the job's cookie.

    A daemon that forked twice and left the session is found through the cookie in its environment, or (on Linux)
    because the supervisor adopts it. `peak` is the largest sum of resident sets seen, in bytes, without the supervisor.
    `between` says that the process `supervisor` only stands between us and the supervisor, its first child. `opened`
    are the devices that were seen open, each with its process, where this machine has any.
    """

    def __init__(self, supervisor: int, cookie: str, *, between: bool = False) -> None:
        self._supervisor = supervisor
        self._is_between = between
        self._helper: psutil.Process | None = None
        # Known by its start too: once it has been waited for, its number may be given to somebody else's process.
        self._leader = list(_processes([supervisor]))
        self._mark = cookie.partition("=")
        self._members: list[psutil.Process] = []
        self._refreshed = 0.0
        self.peak = 0
        self.opened: set[tuple[int, str]] = set()

    def measure(self) -> int:
        """Give the bytes that the job uses now. The list of its processes is renewed five times a second."""
        now = time.monotonic()
        if now - self._refreshed > _REFRESH or not self._members:
            self._members = [process for process in self._look_below() if not self._is_helper(process)]
            self._refreshed = now
            if has_devices():
                self.opened.update(list_opened(process.pid for process in self._members))
        used = sum(map(_resident, self._members))
        self.peak = max(self.peak, used)
        return used

    def end(self) -> None:
        """Kill every process of the job, and look again until there is none; a fork bomb has twenty tries to win.

        Its guards go last, when nothing else is left: we may be killed in the middle of this, as a worker of a cluster
        is, and it is them who see that, and end the rest.
        """
        for left in reversed(range(2 * _TRIES)):
            found = {*self._descendants(), *self._carriers()}
            spared = set(filter(_is_guard, found)) if left >= _TRIES else set()
            victims = found - spared or found
            _kill(victims)
            self._kill_group()
            if not found:
                break
            psutil.wait_procs(victims, timeout=0.2)
        _kill(self._leader)

    def _is_helper(self, process: psutil.Process) -> bool:
        if self._is_between and self._helper is None:
            self._helper = process  # children are listed before what is below them
        return process == self._helper

    def _look_below(self) -> list[psutil.Process]:
        """Give the descendants as their parents list them, in a tenth of the time: psutil asks every process there is.

        A list may lack a child for a moment, so it is not by this that a job is ended.
        """
        listed = _list_below(self._supervisor) if self._leader else []
        return self._descendants() if listed is None else list(_processes(listed))

    def _descendants(self) -> list[psutil.Process]:
        for leader in self._leader:
            with contextlib.suppress(psutil.Error):
                return leader.children(recursive=True)
        return []

    def _carriers(self) -> list[psutil.Process]:
        own = (self._supervisor, os.getpid())
        found = [pid for pid in psutil.pids() if pid not in own and self._may_carry(pid)]
        return [process for process in _processes(found) if self._carries(process)]

    def _may_carry(self, pid: int) -> bool:
        """Look for the cookie among the bytes of an environment: psutil parses that of every process there is."""
        if not _HAS_ENVIRONMENTS:
            return True
        try:
            return os.fsencode("".join(self._mark)) in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:  # it has ended, or is somebody else's
            return False

    def _carries(self, process: psutil.Process) -> bool:
        name, _, value = self._mark
        with contextlib.suppress(psutil.Error, OSError):
            return process.environ().get(name) == value
        return False

    def _kill_group(self) -> None:
        # The supervisor leads the group and may be alive still: it goes last, so that orphans have a parent until then.
        group = _processes(pid for pid in psutil.pids() if pid != self._supervisor and _group(pid) == self._supervisor)
        _kill(group)


def _list_below(leader: int) -> list[int] | None:
    """Give the descendants of a process, children before what is below them; None where the system lists none."""
    if not _OWN_CHILDREN.exists():
        return None
    found: list[int] = []
    waiting = [leader]
    while waiting:
        children = _list_children(waiting.pop(0))
        found += children
        waiting += children
    return found


def _list_children(parent: int) -> list[int]:
    """Give the children of each thread of a process; those that are known so far of one that ends meanwhile."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found


def _processes(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            yield psutil.Process(pid)


def _is_guard(process: psutil.Process) -> bool:
    """Say whether a process is a supervisor, by its arguments: the one of this job, or of a job of that one.

    A function's job is our own program, too, and is none.
    """
    with contextlib.suppress(psutil.Error, OSError):
        arguments = process.cmdline()
        return str(CHILD) in arguments and not _JOBS & set(arguments)
    return False


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            process.send_signal(signal.SIGKILL)

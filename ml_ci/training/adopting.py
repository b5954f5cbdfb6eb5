"""Become the parent of what a job leaves when it has ended its own supervisor too, and end that.

A daemon that forked twice, left its session and forgot its environment is found only because somebody adopts it
(on Linux): the job's supervisor, and where that is gone, this process while a job runs. A process not ml-ci's own, as
pytest is, stays as it is: there one more process stands between it and the supervisor and adopts in its place.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

CHILD = Path(__file__).parents[1] / "child" / "__main__.py"
_DUMPABLE, _SUBREAPER = 4, 36  # PR_SET_DUMPABLE and PR_SET_CHILD_SUBREAPER of <sys/prctl.h>
_ROUNDS = 500
_PAUSE = 0.01


class HasId(Protocol):
    """A process, by its id."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...


Supervisor = TypeVar("Supervisor", bound=HasId)

_lock = Lock()  # a child that is being started is not taken for one that was inherited
_is_own = False
_supervisors: set[int] = set()
_before: set[int] = set()


def declare_own() -> None:
    """Say that this process is ml-ci's own: whatever it inherits while a job runs is that job's."""
    global _is_own
    _is_own = True


def stands_between() -> bool:
    """Say whether another process adopts in the place of this one."""
    return not _is_own


def start(request: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start the supervisor of a request, in a session of its own; `options` are those of Popen."""
    # It runs under ml-ci's own interpreter, isolated; the job's argv is in the request.
    between = ("--between",) if stands_between() else ()
    argv = (sys.executable, "-I", "-S", str(CHILD), *between, str(request))
    return begin(lambda: subprocess.Popen(argv, start_new_session=True, **options))


def begin(make: Callable[[], Supervisor]) -> Supervisor:
    """Have a supervisor made, and adopt from now on what its job leaves, until its `end`."""
    with _lock:
        first = _is_own and not _supervisors
        if first:
            _before.update(_children())
            _adopt(True)
        try:
            process = make()
        except BaseException:
            if first:
                _adopt(False)
                _before.clear()
            raise
        _supervisors.add(process.pid)
    return process


def end(process: HasId) -> None:
    """End what was inherited while a supervisor ran that is gone now; with the last one, inherit no more."""
    with _lock:
        _supervisors.discard(process.pid)
        if not _is_own:
            return
        _end_inherited({process.pid})
        if not _supervisors:
            _adopt(False)
            _before.clear()


def _adopt(yes: bool) -> None:
    """Adopt what jobs leave, and let none of them read this process: its environment holds what was withheld."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(Exception):  # where it is refused, the supervisor still adopts
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_SUBREAPER, int(yes), 0, 0, 0)
        prctl(_DUMPABLE, int(not yes), 0, 0, 0)


def _end_inherited(known: set[int]) -> None:
    """Kill and reap: each gives us the children that it had, until there is none."""
    for _ in range(_ROUNDS):
        found = [pid for pid in _children() - _before - _supervisors - known if _is_foreign(pid)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for pid in found:
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(_PAUSE)


def _is_foreign(pid: int) -> bool:
    """Say whether a child is of another session: whatever this process starts beside jobs is of its own, no job is."""
    with contextlib.suppress(OSError):
        return os.getsid(pid) != os.getsid(0)
    return False


def _children() -> set[int]:
    if not sys.platform.startswith("linux"):
        return set()
    own, found = str(os.getpid()), set()
    for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        with contextlib.suppress(OSError, ValueError):
            stat = Path("/proc", name, "stat").read_text(encoding="utf-8", errors="replace")
            if stat.rpartition(")")[2].split()[1] == own:
                found.add(int(name))
    return found

"""The folders of jobs on a machine of a cluster: each with a lock that lasts as long as who made it.

A worker that is killed removes nothing. Whoever comes next to that machine finds its lock free, and sweeps: the folder,
and before it what still runs of the job, though its supervisor ends that as soon as the worker is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_ci.training.transfer import remove

_LOCK = ".lock"
_ROUNDS = 20
_PAUSE = 0.02


def base() -> Path:
    """Give the folder of all that is ours on this machine, and nobody else's; OSError where it is somebody else's."""
    at = Path(os.path.realpath(tempfile.gettempdir())) / f"ml-ci-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        at.mkdir(mode=0o700)
    found = at.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{at} is not a private folder of this user")
    return at


@contextmanager
def open_folder(job: str) -> Iterator[Path]:
    """Make the folder of a job for the time of a `with` block."""
    jobs = _jobs()
    lock = _lock(jobs / f"{job}{_LOCK}")
    try:
        at = jobs / job
        at.mkdir(mode=0o700)
        try:
            yield at
        finally:
            remove(at)
    finally:
        (jobs / f"{job}{_LOCK}").unlink(missing_ok=True)
        os.close(lock)


def _lock(path: Path) -> int:
    """Hold a lock that has just been made; a sweep may take it for one that was left, and remove it: then once more."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(lock).st_ino:
                return lock
        os.close(lock)


def sweep() -> list[str]:
    """Remove the folders whose makers are gone; give the ids of jobs that are still there."""
    jobs, held = _jobs(), []
    for path in sorted(jobs.glob(f"*{_LOCK}")):
        job = path.name.removesuffix(_LOCK)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.append(job)
        else:
            _end_processes(jobs / job)
            remove(jobs / job)
            path.unlink(missing_ok=True)
        finally:
            os.close(lock)
    return held


def _end_processes(at: Path) -> None:
    """Kill whatever works in a folder, or has it in its environment as jobs do, until there is none (by /proc)."""
    import psutil  # which comes with each job, but is not needed where nothing was left

    for _ in range(_ROUNDS):
        found = [pid for pid in psutil.pids() if pid != os.getpid() and _uses(pid, at)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_PAUSE)


def _uses(pid: int, at: Path) -> bool:
    with contextlib.suppress(OSError):  # it has ended, or is somebody else's
        if Path(f"/proc/{pid}/cwd").readlink().is_relative_to(at):
            return True
        return os.fsencode(at) in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def _jobs() -> Path:
    at = base() / "jobs"
    at.mkdir(mode=0o700, exist_ok=True)
    return at

"""The folders of jobs on a machine of a cluster: each with a lock that lasts as long as who made it.

A worker that is killed removes nothing. Whoever comes next to that machine finds its lock free, and sweeps.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_ci.training.transfer import remove

_LOCK = ".lock"


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
            remove(jobs / job)
            path.unlink(missing_ok=True)
        finally:
            os.close(lock)
    return held


def _jobs() -> Path:
    at = base() / "jobs"
    at.mkdir(mode=0o700, exist_ok=True)
    return at

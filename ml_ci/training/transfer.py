"""Bring a file or folder from the user's tree into a working copy without letting the job change the original."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

LARGE = 256 * 1024 * 1024
_FICLONE = 0x40049409


def copy(source: Path, target: Path) -> None:
    """Copy one file with its mode and times, sharing blocks where the file system can; a link stays a link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.unlink(missing_ok=True)
        target.symlink_to(source.readlink())
        return
    if not _clone(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)
    # Data under DVC is read-only; the copy is the job's own.
    target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR)


def _clone(source: Path, target: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import fcntl

    with contextlib.suppress(OSError), source.open("rb") as read, target.open("wb") as written:
        fcntl.ioctl(written.fileno(), _FICLONE, read.fileno())
        return True
    return False


def files(path: Path) -> Iterator[Path]:
    """Give the files of a folder, sorted, or the file itself; links to files count as files."""
    if not path.is_dir():
        yield path
        return
    for top, folders, names in os.walk(path, followlinks=True):
        folders.sort()
        yield from (Path(top, name) for name in sorted(names))


def signature(path: Path) -> tuple[int, int]:
    """Give the size in bytes and the time of the last change (ns) of a file, or of all the files of a folder."""
    stats = [one.stat() for one in files(path)]
    return sum(one.st_size for one in stats), max((one.st_mtime_ns for one in stats), default=0)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with everything in it, also what a job made read-only."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for top, folders, _ in os.walk(path):
        for folder in folders:
            below = Path(top, folder)
            if not below.is_symlink():
                with contextlib.suppress(OSError):
                    below.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


def is_inside(path: Path, folder: Path) -> bool:
    """Say whether a path lies below `folder` on disk, after every link on the way to it is followed."""
    return path.parent.resolve().is_relative_to(folder.resolve()) and path.name not in ("", "..")

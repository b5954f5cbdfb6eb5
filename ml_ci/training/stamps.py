"""What every file of a working copy is like, so that what a job did to it is found without reading any."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[int, ...]
GIT = ".git"


def stamps(top: Path) -> dict[str, Stamp]:
    """Give a stamp of each file, link and folder below `top`, by POSIX path; the `.git` of the top is left out.

    A stamp differs when content, kind or mode do: nobody but root sets the time of the last change of an inode.
    """
    return dict(_below(top, ""))


def is_folder(stamp: Stamp) -> bool:
    """Say whether a stamp is a folder's."""
    return stat.S_ISDIR(stamp[0])


def is_link(stamp: Stamp) -> bool:
    """Say whether a stamp is a symbolic link's."""
    return stat.S_ISLNK(stamp[0])


def stamp(path: str | os.PathLike[str]) -> Stamp:
    """Give the stamp of one file, link or folder."""
    return _of(os.lstat(path))


def _of(found: os.stat_result) -> Stamp:
    if stat.S_ISDIR(found.st_mode):
        return (found.st_mode,)
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _below(top: Path, within: str) -> Iterator[tuple[str, Stamp]]:
    for entry in _list(top / within):
        path = f"{within}{entry.name}"
        if path == GIT:
            continue
        yield path, _of(entry.stat(follow_symlinks=False))
        if entry.is_dir(follow_symlinks=False):
            yield from _below(top, f"{path}/")


def _list(folder: Path) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except PermissionError:  # a job closed its own folder
        folder.chmod(0o700)
        return list(os.scandir(folder))

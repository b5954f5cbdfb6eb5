"""What a job left, as one stream of bytes: written over there, and unpacked here as the hostile thing that it is."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import stat
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from ml_ci.training import left
from ml_ci.training.transfer import remove

_MOST = 200_000  # files


class DamagedError(Exception):
    """What came back is no archive of what a job may leave."""


class TooLargeError(Exception):
    """A job left more than comes back."""


def write(stream: IO[bytes], top: Path, paths: Iterable[str], most: int, instead: Mapping[str, bytes]) -> None:
    """Write files, folders and links below `top`; TooLargeError where they are more than `most` bytes, or too many.

    What is none of these is left out, as is a link that leads out of `top`. `instead` has other bytes for some.
    """
    total = 0
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number, path in enumerate(paths):
            found = (top / path).lstat()
            member = tarfile.TarInfo(path)
            member.mode = stat.S_IMODE(found.st_mode) & 0o755 | 0o600
            if number >= _MOST:
                raise TooLargeError
            if stat.S_ISDIR(found.st_mode):
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            elif stat.S_ISLNK(found.st_mode):
                member.type, member.linkname = tarfile.SYMTYPE, str((top / path).readlink())
                if _stays_inside(path, member.linkname):
                    archive.addfile(member)
            elif path in instead:
                member.size = len(instead[path])
                archive.addfile(member, io.BytesIO(instead[path]))
            elif stat.S_ISREG(found.st_mode):
                total += _add(archive, member, top / path, most - total)


def _add(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, room: int) -> int:
    stream = left.open_left(path)
    if stream is None:
        return 0
    with stream:
        member.size = os.fstat(stream.fileno()).st_size
        if member.size > room:
            raise TooLargeError
        archive.addfile(member, stream)
    return member.size


def unpack(stream: IO[bytes], top: Path, aside: Path) -> None:
    """Put what an archive holds into the folder `top`, in the place of what is there; DamagedError for a hostile one.

    Everything is unpacked into the new folder `aside` first: in it nothing leads anywhere, since links come last, none
    of them below another.
    """
    aside.mkdir()
    links: list[tarfile.TarInfo] = []
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= _MOST:
                    raise DamagedError("too many files")
                _unpack_one(archive, _check(member, aside), aside, links)
        for link in links:
            at = aside / link.name
            if _is_below_link(at, aside) or not _stays_inside(link.name, link.linkname) or os.path.lexists(at):
                raise DamagedError(f"a link that leads out: {link.name}")
            at.parent.mkdir(parents=True, exist_ok=True)
            at.symlink_to(link.linkname)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise DamagedError(str(error)) from None
    _move_in(aside, top)


def _check(member: tarfile.TarInfo, aside: Path) -> tarfile.TarInfo:
    parts = member.name.split("/")
    if member.name.startswith("/") or not all(parts) or {"..", "."} & set(parts) or "\0" in member.name:
        raise DamagedError(f"a path that leads out: {member.name}")
    plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE)
    if not plain or getattr(member, "sparse", None) is not None or member.issparse():
        raise DamagedError(f"neither file, folder nor link: {member.name}")
    return member if member.issym() else tarfile.data_filter(member, str(aside))


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, aside: Path, links: list[tarfile.TarInfo]) -> None:
    at = aside / member.name
    if member.issym():
        links.append(member)
    elif member.isdir():
        at.mkdir(parents=True, exist_ok=True)
    else:
        at.parent.mkdir(parents=True, exist_ok=True)
        source = archive.extractfile(member)
        assert source is not None  # noqa: S101
        with source, at.open("xb") as target:
            shutil.copyfileobj(source, target)
        at.chmod((member.mode or 0) & 0o755 | 0o600)


def _is_below_link(path: Path, top: Path) -> bool:
    return any(folder.is_symlink() for folder in path.parents if folder.is_relative_to(top))


def _stays_inside(path: str, target: str) -> bool:
    """Say whether a link leads to what is inside, whatever other links are: it may go up at its beginning only."""
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = len(list(itertools.takewhile(lambda part: part == "..", parts)))
    return not target.startswith("/") and ".." not in parts[up:] and up <= path.count("/")


def _move_in(source: Path, target: Path) -> None:
    """Move all into a folder: a folder joins the folder that is there, anything else replaces what is there."""
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        at = target / entry.name
        if entry.is_dir(follow_symlinks=False) and at.is_dir() and not at.is_symlink():
            _move_in(Path(entry.path), at)
            continue
        if os.path.lexists(at):
            remove(at)
        shutil.move(entry.path, at)

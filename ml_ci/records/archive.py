"""A record as one object: an uncompressed tar of `record.json` and the files that it names, the same bytes each time.

Uncompressed, so that an archive can never unpack to more than it is itself.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from ml_ci.records.record import NAME, DamagedRecordError, read, vouch

# What an archive may take beside its files: record.json, and the headers of its members.
_BESIDE = 64 * 2**20
_CHUNK = 2**20


def pack(folder: Path, kind: str, key: str, out: IO[bytes]) -> None:
    """Write a record to `out`; DamagedRecordError when it is damaged, or holds a link."""
    read(folder, kind, key)
    names = sorted(vouch(folder, kind, key)["files"])
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in (NAME, *names):
            _add(archive, folder, name)


def unpack(source: IO[bytes], folder: Path, kind: str, key: str) -> None:
    """Read a record from `source` into the empty `folder`, and verify it.

    Only what the sealed `record.json`, its first member, names is written: regular files of exactly those sizes.
    DamagedRecordError says what is wrong with everything else: other names, links, devices, sizes, an early end.
    """
    bounded = _Bounded(source, _BESIDE)
    try:
        with tarfile.open(fileobj=cast(IO[bytes], bounded), mode="r|") as archive:
            _first(archive, folder)
            files = vouch(folder, kind, key)["files"]
            bounded.left += sum(known["size"] for known in files.values())
            _rest(archive, folder, files)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DamagedRecordError(f"it is no archive of a record: {error}") from None
    read(folder, kind, key)


def _add(archive: tarfile.TarFile, folder: Path, name: str) -> None:
    path = folder / name
    if path.resolve() != folder.resolve() / name:
        raise DamagedRecordError(f"{name} is a link")
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    with path.open("rb") as file:
        archive.addfile(member, file)


def _first(archive: tarfile.TarFile, folder: Path) -> None:
    member = archive.next()
    if member is None or member.name != NAME or not _plain(member) or not 0 < member.size <= _BESIDE:
        raise DamagedRecordError(f"it does not begin with {NAME}")
    _write(archive, member, folder / NAME)


def _rest(archive: tarfile.TarFile, folder: Path, files: Mapping[str, Any]) -> None:
    seen = set()
    while (member := archive.next()) is not None:
        known = files.get(member.name)
        if known is None or member.name in seen or not _plain(member) or member.size != known["size"]:
            raise DamagedRecordError(f"it holds {member.name!r}, which {NAME} does not name so")
        seen.add(member.name)
        target = folder / member.name
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(archive, member, target)


def _plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and member.sparse is None


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = archive.extractfile(member)
    assert content is not None, "a regular file has a content"  # noqa: S101
    with target.open("xb") as file:
        while chunk := content.read(_CHUNK):
            file.write(chunk)


class _Bounded:
    """Read at most `left` bytes: a header that announces more than a record may have ends the reading."""

    def __init__(self, source: IO[bytes], left: int) -> None:
        self._source = source
        self.left = left

    def read(self, size: int) -> bytes:
        chunk = self._source.read(size)
        self.left -= len(chunk)
        if self.left < 0:
            raise DamagedRecordError("it is larger than the files that it names")
        return chunk

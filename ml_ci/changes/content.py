"""Digest the content of files on disk, each once for as long as it is not touched."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ml_ci.changes.caches import Cache
from ml_ci.errors import UserError

_CHUNK = 1 << 20
_THREADED = 8
_RACY_NS = 50_000_000
_RACY_COARSE_NS = 2_000_000_000


class Contents:
    """Give digests of files on disk, from a stat cache where size, times and inode are as they were.

    `kind` is `sha1` or `sha256` (git's blob id in the repository's object format), `lfs` (the plain SHA-256), `md5`
    (DVC's), or `md5-text` (DVC 2's, after CRLF became LF in a text file).
    """

    def __init__(self, state: Path | None) -> None:
        self._cache = Cache(state / "cache" / "contents.json" if state else None, 200_000)

    def digest(self, path: Path, kind: str) -> str:
        """Digest one file. UserError when it cannot be read or changes meanwhile."""
        return self.digests([path], kind)[path]

    def digests(self, paths: Iterable[Path], kind: str) -> Mapping[Path, str]:
        """Digest many files, those that are not known side by side."""
        stats = {path: _stat(path) for path in paths}
        found = {path: known for path, stat in stats.items() if (known := self._known(path, stat, kind))}
        unknown = [path for path in stats if path not in found]
        for path, digest in _hashed(unknown, kind):
            self._keep(path, stats[path], kind, digest)
            found[path] = digest
        return found

    def save(self) -> None:
        """Keep the digests for the next run."""
        self._cache.save()

    def _known(self, path: Path, stat: os.stat_result, kind: str) -> str | None:
        kept = self._cache.get(str(path))
        if not isinstance(kept, dict) or kept.get("stat") != _identity(stat):
            return None
        known = kept.get(kind)
        return known if isinstance(known, str) else None

    def _keep(self, path: Path, stat: os.stat_result, kind: str, digest: str) -> None:
        if _racy(stat) or _identity(_stat(path)) != _identity(stat):
            return
        kept: Any = self._cache.get(str(path))
        same = isinstance(kept, dict) and kept.get("stat") == _identity(stat)
        self._cache.put(str(path), {**(kept if same else {"stat": _identity(stat)}), kind: digest})


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(path, error) from None


def _identity(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _racy(stat: os.stat_result) -> bool:
    # As git does: a file that was written a moment ago may be written again without any of its times moving.
    last = max(stat.st_mtime_ns, stat.st_ctime_ns)
    margin = _RACY_NS if last % 1_000_000 else _RACY_COARSE_NS
    return time.time_ns() - last < margin


def _hashed(paths: list[Path], kind: str) -> Iterable[tuple[Path, str]]:
    if len(paths) < _THREADED and sum(path.stat().st_size for path in paths) < _THREADED * _CHUNK:
        return [(path, _hash(path, kind)) for path in paths]
    from concurrent.futures import ThreadPoolExecutor

    # hashlib lets go of the interpreter's lock while it works on a large piece.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return list(zip(paths, pool.map(lambda path: _hash(path, kind), paths), strict=True))


def _hash(path: Path, kind: str) -> str:
    try:
        if kind == "md5-text":
            return _dvc2_md5(path)
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            hasher = _hasher(kind, size)
            buffer = memoryview(bytearray(min(_CHUNK, size + 1)))
            read = 0
            while count := file.readinto(buffer):
                hasher.update(buffer[:count])
                read += count
    except OSError as error:
        raise _unreadable(path, error) from None
    if read != size:
        raise UserError(f"{path} changed while it was read", hint="Wait until it is written, then run again.")
    return str(hasher.hexdigest())


def _hasher(kind: str, size: int) -> Any:
    if kind in ("md5", "lfs"):
        return hashlib.new({"md5": "md5", "lfs": "sha256"}[kind], usedforsecurity=False)
    return hashlib.new(kind, b"blob %d\0" % size, usedforsecurity=False)


def _dvc2_md5(path: Path) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        start = file.read(512)
        file.seek(0)
        text = _is_text(start)
        while piece := file.read(_CHUNK):
            hasher.update(piece.replace(b"\r\n", b"\n") if text else piece)
    return hasher.hexdigest()


def _is_text(start: bytes) -> bool:
    # DVC's own rule: no NUL, and at most 30% of the first 512 bytes are control or high bytes.
    plain = bytes(range(32, 127)) + b"\n\r\t\f\b"
    return b"\0" not in start and len(start.translate(None, plain)) <= 0.3 * len(start)


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be read: {error.strerror}", hint="Check that it exists and that you may read it.")

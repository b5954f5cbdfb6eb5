"""Digest the content of files on disk, each once for as long as it is not touched."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ml_ci.changes.caches import Cache
from ml_ci.errors import UserError

_CHUNK = 1 << 20
_RACY_NS = 50_000_000
_RACY_COARSE_NS = 2_000_000_000


class Contents:
    """Give digests of files on disk, from a stat cache where size, times and inode are as they were.

    `kind` is `sha1` or `sha256` (git's blob id in the repository's object format), `lfs` (the plain SHA-256), `md5`
    (DVC's), or `md5-text` (DVC 2's, after CRLF became LF in a text file).
    """

    def __init__(self, state: Path | None, name: str = "contents.json") -> None:
        self._cache = Cache(state / "cache" / name if state else None, 200_000)

    def digest(self, path: Path, kind: str) -> str:
        """Digest one file. UserError when it cannot be read or changes meanwhile."""
        return self.digests([str(path)], kind)[str(path)]

    def digests(self, paths: Iterable[str], kind: str) -> Mapping[str, str]:
        """Digest many files, those that are not known side by side. Paths are text: there may be very many."""
        stats = {path: _stat(path) for path in paths}
        found = {path: known for path, stat in stats.items() if (known := self._look_up(path, stat, kind))}
        begun = time.time_ns()
        for path, digest in _hashed({path: stats[path].st_size for path in stats if path not in found}, kind):
            self._keep(path, stats[path], kind, digest, begun)
            found[path] = digest
        return found

    def save(self) -> None:
        """Keep the digests for the next run."""
        self._cache.save()

    def _look_up(self, path: str, stat: os.stat_result, kind: str) -> str | None:
        kept = self._cache.get(path)
        if not isinstance(kept, dict) or kept.get("stat") != _identity(stat):
            return None
        known = kept.get(kind)
        return known if isinstance(known, str) else None

    def _keep(self, path: str, stat: os.stat_result, kind: str, digest: str, begun: int) -> None:
        if _racy(stat, begun) or _identity(_stat(path)) != _identity(stat):
            return
        kept: Any = self._cache.get(path)
        same = isinstance(kept, dict) and kept.get("stat") == _identity(stat)
        self._cache.put(path, {**(kept if same else {"stat": _identity(stat)}), kind: digest})


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise _unreadable(path, error) from None


def _identity(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _racy(stat: os.stat_result, begun: int) -> bool:
    # As git does: a file that was written a moment ago may be written again without any of its times moving.
    last = max(stat.st_mtime_ns, stat.st_ctime_ns)
    margin = _RACY_NS if last % 1_000_000 else _RACY_COARSE_NS
    return begun - last < margin


def _hashed(sizes: Mapping[str, int], kind: str) -> Iterator[tuple[str, str]]:
    large = [path for path, size in sizes.items() if size >= _CHUNK]
    yield from ((path, _hash(path, kind)) for path, size in sizes.items() if size < _CHUNK)
    if len(large) < 2:
        yield from ((path, _hash(path, kind)) for path in large)
        return
    from concurrent.futures import ThreadPoolExecutor

    # hashlib lets go of the interpreter's lock, but only over large pieces is that worth another thread.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        yield from zip(large, pool.map(lambda path: _hash(path, kind), large), strict=True)


def _hash(path: str, kind: str) -> str:
    try:
        if kind == "md5-text":
            return _dvc2_md5(path)
        with Path(path).open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            hasher = _hasher(kind, size)
            read = 0
            while piece := file.read(_CHUNK if size > _CHUNK else size + 1):
                hasher.update(piece)
                read += len(piece)
    except OSError as error:
        raise _unreadable(path, error) from None
    if read != size:
        raise UserError(f"{path} changed while it was read", hint="Wait until it is written, then run again.")
    return str(hasher.hexdigest())


def _hasher(kind: str, size: int) -> Any:
    if kind in ("md5", "lfs"):
        return hashlib.new({"md5": "md5", "lfs": "sha256"}[kind], usedforsecurity=False)
    return hashlib.new(kind, b"blob %d\0" % size, usedforsecurity=False)


def _dvc2_md5(path: str) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    with Path(path).open("rb") as file:
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


def _unreadable(path: str, error: OSError) -> UserError:
    return UserError(f"{path} cannot be read: {error.strerror}", hint="Check that it exists and that you may read it.")

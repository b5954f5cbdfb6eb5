"""Pack what a job needs: its copy of the repository, its folder, and what it is handed beside them."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import ml_ci
from ml_ci.changes.globs import is_glob
from ml_ci.errors import Failure, StageFailed
from ml_ci.training.cluster.parcel import Item, Parcel, Place
from ml_ci.training.ending import size
from ml_ci.training.process import Order

# One file, and all that goes along with a job or comes back from it.
LARGEST = 1_000_000_000
_TOGETHER = 1_000_000  # smaller files go along in one piece
# Who and where the job is over there is not said by this machine.
_OF_THE_MACHINE = frozenset(
    (
        *("HOME", "USER", "LOGNAME", "SHELL", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "TMPDIR", "TMP", "TEMP"),
        *("LD_LIBRARY_PATH", "LD_PRELOAD", "NODE_NAME", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"),
        *("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "TPU_VISIBLE_CHIPS"),
    )
)
_BEGINNINGS = ("XDG_", "SLURM_", "PBS_", "LSB_", "VIRTUAL_ENV")


@dataclass
class Blobs:
    """The bytes that go along, each once: by number, with their digests."""

    digests: list[str] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes) -> int:
        """Take bytes; give their number."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self.contents:
            self.contents[digest] = content
            self.digests.append(digest)
        return self.digests.index(digest)

    @property
    def size(self) -> int:
        """All bytes together."""
        return sum(map(len, self.contents.values()))


def pack(order: Order) -> tuple[Parcel, Mapping[str, bytes]]:
    """Give what crosses for an order that has a copy, and the bytes by their digests.

    StageFailed `data-too-large` names a file that is too large to go along, and the way out.
    """
    assert order.copy is not None and order.interpreter is not None  # noqa: S101
    blobs = Blobs()
    originals = {os.path.realpath(path) for path in order.handed}
    work = order.request.parent
    places = [
        Place("copy/top", _spell(order.copy), _pack(order, order.copy, blobs, originals)),
        Place("work", _spell(work), _pack(order, work, blobs, originals, leave=(order.log.name, "build"))),
    ]
    for number, path in enumerate(order.handed):
        at, items = _pack_handed(order, path, blobs)
        if items:
            places.append(Place(f"handed/{number}/{at.name}", _spell(at), items))
    interpreter = order.interpreter
    parcel = Parcel(
        job=uuid.uuid4().hex,
        model=order.model,
        request=order.request.read_text(encoding="utf-8"),
        cwd=str(order.cwd),
        environment=_leave_out(order.environment),
        seconds=order.seconds,
        memory=order.memory,
        watched=order.watched,
        python=str(interpreter.path),
        version=interpreter.version[:2],
        own=interpreter.path == Path(sys.executable),
        engine=_spell(Path(ml_ci.__file__).parent),
        places=tuple(places),
        blobs=tuple(blobs.digests),
        talks=bool(order.descriptors),
    )
    return parcel, blobs.contents


def _leave_out(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name not in _OF_THE_MACHINE and not name.startswith(_BEGINNINGS)
    }


def _spell(path: Path) -> tuple[str, ...]:
    """Give the ways in which a path is written: as it is, and with its links followed."""
    return tuple(dict.fromkeys((str(path), os.path.realpath(path))))


def _pack(
    order: Order, top: Path, blobs: Blobs, originals: Iterable[str], leave: tuple[str, ...] = ()
) -> tuple[Item, ...]:
    """Pack a folder; of the links those to what the job is handed as what they lead to, all others as links."""
    handed = tuple(originals)
    packer = _Packer(order, blobs)
    for path, at in _walk(top, "", leave):
        found = at.lstat()
        if stat.S_ISLNK(found.st_mode):
            real = os.path.realpath(at)
            if any(real == one or real.startswith(f"{one}/") for one in handed):
                packer.add_all(Path(real), path)
            else:
                packer.items.append(Item(path, "link", target=str(at.readlink())))
        else:
            packer.add(path, at, found)
    return packer.finish()


def _pack_handed(order: Order, path: Path, blobs: Blobs) -> tuple[Path, tuple[Item, ...]]:
    """Pack a file, a folder or the files of a glob, links followed; give its place, and no items where it is not."""
    packer = _Packer(order, blobs)
    if path.exists() or not is_glob(str(path)):
        if path.exists():
            packer.add_all(Path(os.path.realpath(path)), "")
        return path, packer.finish()
    at = Path(*takewhile(lambda part: not is_glob(part), path.parts))
    for found in sorted(glob.glob(str(path), recursive=True)):  # noqa: PTH207 the pattern is absolute
        if Path(found).is_file():
            packer.add_all(Path(os.path.realpath(found)), Path(found).relative_to(at).as_posix())
    return at, packer.finish()


def _walk(top: Path, within: str, leave: tuple[str, ...] = ()) -> Iterator[tuple[str, Path]]:
    """Give what lies below a folder, each folder before what is in it; links are not followed."""
    for entry in sorted(os.scandir(top), key=lambda one: one.name):
        if entry.name in leave:
            continue
        path = f"{within}{entry.name}"
        yield path, Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{path}/")


class _Packer:
    """Collect the items of one place; small files go along in one piece, large ones alone."""

    def __init__(self, order: Order, blobs: Blobs) -> None:
        self._order = order
        self._blobs = blobs
        self._small: list[bytes] = []
        self._length = 0
        self.items: list[Item] = []

    def add_all(self, source: Path, path: str) -> None:
        """Take a file, or a folder with all that is in it, links followed."""
        found = source.stat()
        self.add(path, source, found)
        if stat.S_ISDIR(found.st_mode):
            for entry in sorted(os.scandir(source), key=lambda one: one.name):
                if entry.is_dir() or entry.is_file():
                    self.add_all(Path(entry.path), f"{path}/{entry.name}" if path else entry.name)

    def add(self, path: str, source: Path, found: os.stat_result) -> None:
        """Take a file or a folder; nothing else is packed."""
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISDIR(found.st_mode):
            self.items.append(Item(path, "folder", mode))
        elif stat.S_ISREG(found.st_mode):
            self._add_file(path, source, found, mode)

    def _add_file(self, path: str, source: Path, found: os.stat_result, mode: int) -> None:
        total = self._blobs.size + self._length + found.st_size
        if max(found.st_size, total) > LARGEST:
            raise _too_large(self._order.model, path or source.name, found.st_size, total)
        content = source.read_bytes()
        if len(content) >= _TOGETHER:
            blob, offset = self._blobs.add(content), 0
        else:
            blob, offset = -1, self._length
            self._small.append(content)
            self._length += len(content)
        self.items.append(Item(path, "file", mode, found.st_mtime_ns, blob, offset, len(content)))

    def finish(self) -> tuple[Item, ...]:
        """Give the items, those of small files with the number of their piece."""
        number = self._blobs.add(b"".join(self._small)) if self._small else -1
        return tuple(_with_blob(item, number) if item.blob == -1 else item for item in self.items)


def _with_blob(item: Item, number: int) -> Item:
    return Item(item.path, item.what, item.mode, item.modified, number, item.offset, item.size, item.target)


def _too_large(model: str, name: str, one: int, total: int) -> StageFailed:
    said = f"{name} has {size(one)}" if one > LARGEST else f"what it needs, with {name}, has {size(total)}"
    message = f"the job of `{model}` cannot go to the cluster: {said}, and at most {size(LARGEST)} go along with a job"
    hint = "Name large data by a URL in `data:` (s3://, gs://, https://): the job reads them where it runs."
    return StageFailed(Failure("training", "data-too-large", message, hint))

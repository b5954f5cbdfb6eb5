"""The first lines that run in a worker of a cluster: they get there by value, before any module of ml-ci does."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import os
import queue
import shutil
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterator

_FAR = "ml_ci.training.cluster.far"


def begin(digest: str, engine: bytes) -> None:
    """Lay out ml-ci's code, once a machine, and have it found before anything else of that name."""
    at = os.path.join(os.path.realpath(tempfile.gettempdir()), f"ml-ci-{os.getuid()}")  # noqa: PTH118
    with contextlib.suppress(FileExistsError):
        os.mkdir(at, 0o700)  # noqa: PTH102
    found = os.lstat(at)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{at} is not a private folder of this user")
    code = os.path.join(at, f"engine-{digest[:16]}")  # noqa: PTH118
    if not os.path.isdir(code):  # noqa: PTH112
        aside = tempfile.mkdtemp(dir=at)
        with tarfile.open(fileobj=io.BytesIO(engine)) as archive:  # code that is to run here, by who may run any
            archive.extractall(aside, filter="fully_trusted")  # noqa: S202 a fourth of the time of "data"
        try:
            os.rename(aside, code)  # noqa: PTH104
        except OSError:  # another worker was faster
            shutil.rmtree(aside, ignore_errors=True)
    # Ray puts the folder there that the driver was started in, which may be a pull request's checkout.
    inside = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    sys.path[:] = [code, *(path for path in sys.path if path.startswith(inside) and path != code)]
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: no job reads what this process knows


def work(digest: str, engine: bytes, parcel: bytes, most: int, *blobs: bytes) -> Iterator[bytes]:
    """Do a job; see `far.do`."""
    begin(digest, engine)
    node = importlib.import_module("ray").get_runtime_context().get_node_id()
    yield from importlib.import_module(_FAR).do(parcel, blobs, most, node)


def warm(digest: str, engine: bytes) -> None:
    """Have a worker ready for a job, as far as it can be; what goes wrong here is told by the job."""
    with contextlib.suppress(Exception):
        begin(digest, engine)
        importlib.import_module(_FAR)


class Talker:
    """A worker whose job is talked with: what it is told comes in calls of their own, beside the one that does it."""

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def work(self, digest: str, engine: bytes, parcel: bytes, most: int, *blobs: bytes) -> Iterator[bytes]:
        """Do a job; see `far.do`."""
        begin(digest, engine)
        node = importlib.import_module("ray").get_runtime_context().get_node_id()
        yield from importlib.import_module(_FAR).do(parcel, blobs, most, node, self._inbox)

    def tell(self, content: bytes | None) -> None:
        """Pass on what the job is told; None is the end of it."""
        self._inbox.put(content)


def sweep(digest: str, engine: bytes, seconds: float) -> bytes:
    """Sweep a machine; see `far.sweep`."""
    begin(digest, engine)
    swept: bytes = importlib.import_module(_FAR).sweep(seconds)
    return swept

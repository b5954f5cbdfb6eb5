"""Take what a machine of a cluster tells of a job, and put what the job left where the order wants it."""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ml_ci.errors import Failure
from ml_ci.training import spoilt
from ml_ci.training.cluster import archive
from ml_ci.training.log import TAIL, BoundedLog
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress
from ml_ci.training.ran import Hardware
from ml_ci.training.transfer import is_inside, remove
from ml_ci.training.watch.values import Seen

_DROPPED = 4096  # the line that says how much of a log was dropped over there
_TEXT = 200


class RefusedError(Exception):
    """A machine cannot do a job, or what it told is of no use; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Received:
    """What is known of a job so far: the `node` that does it ("" while none does), its age, memory and last line.

    What a job that talks has said is given to `answer`.
    """

    def __init__(
        self, order: Order, most: int, begins: str = "", answer: Callable[[bytes], None] | None = None
    ) -> None:
        self._order = order
        self._answer = answer
        self._room = most + (1 << 20) * 64  # and what an archive needs for itself
        self._log = BoundedLog(order.log, tail=TAIL + _DROPPED, mask=order.mask)
        self._archives: dict[str, IO[bytes]] = {}
        self.node = ""
        self.seconds = self.megabytes = 0.0
        self.line = ""
        if begins:
            self._log.write(f"[ml-ci: {begins}]\n".encode())

    def close(self) -> None:
        """Close the log, and forget what was not put in its place."""
        for stream in self._archives.values():
            stream.close()
        self._log.close()

    def take(self, content: bytes, progress: Progress) -> Outcome | None:
        """Take an event; give the outcome where it is the last. RefusedError where the job is not done there."""
        head, _, rest = content.partition(b"\n")
        try:
            said = json.loads(head)
            kind = said["event"]
            if kind == "began":
                self.node = str(said["node"])
                self._order.begun.set()
            elif kind == "tick":
                self.seconds, self.megabytes = float(said["seconds"]), float(said["megabytes"])
                self.line = self._order.mask.text(str(said["line"]))[-_TEXT:]
            elif kind == "said" and self._answer is not None:
                self._answer(rest)
            elif kind == "left":
                self._keep(str(said["side"]), rest)
            elif kind == "ended":
                outcome = _read_outcome(said["outcome"])
                if {side: stream.tell() for side, stream in self._archives.items()} != said["sent"]:
                    raise ValueError("a part is missing")
                self._put_back(said["removed"])
                return outcome
            else:
                self._fail(kind, said)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, archive.DamagedError) as error:
            raise self._damaged(error) from None
        if kind in ("tick", "log"):
            self._log.write(rest)
            progress.tick(self._order.model, self.seconds, self.megabytes, self.line)
        return None

    def _fail(self, kind: str, said: dict[str, Any]) -> None:
        if kind == "refused":
            code, message, hint = (str(said[key])[:2000] for key in ("code", "message", "hint"))
            raise RefusedError(Failure("training", code, message, hint))
        if kind == "trouble":
            message = f"a machine of the cluster could not do the job: {str(said['message'])[:1000]}"
            hint = "Has it room on its disk for temporary files? TMPDIR names where they are, when its node is started."
            raise RefusedError(Failure("training", "worker-trouble", message, hint))
        if kind == "spoilt":
            raise spoilt.fail()
        if kind != "log":
            raise ValueError(kind)

    def _keep(self, side: str, chunk: bytes) -> None:
        if side not in ("copy", "work"):
            raise ValueError(side)
        self._room -= len(chunk)
        if self._room < 0:
            raise ValueError("more than comes back")
        if side not in self._archives:
            self._archives[side] = tempfile.TemporaryFile(dir=self._order.request.parent)  # noqa: SIM115 closed below
        self._archives[side].write(chunk)

    def _put_back(self, removed: dict[str, list[str]]) -> None:
        assert self._order.copy is not None  # noqa: S101
        tops = {"copy": self._order.copy, "work": self._order.request.parent}
        for side, top in tops.items():
            for path in removed[side]:
                self._remove(top, str(path))
            stream = self._archives.get(side)
            if stream is not None:
                stream.seek(0)
                aside = self._order.request.parent.parent / f"back-{uuid.uuid4().hex[:12]}"
                try:
                    archive.unpack(stream, top, aside)
                finally:
                    shutil.rmtree(aside, ignore_errors=True)

    def _remove(self, top: Path, path: str) -> None:
        if {"", ".", ".."} & set(path.split("/")):
            raise ValueError(path)
        at = top / path
        if is_inside(at, top):
            remove(at)

    def _damaged(self, error: Exception) -> RefusedError:
        message = f"what a machine of the cluster sent of the job of `{self._order.model}` does not hold together"
        said = f"{type(error).__name__}: {error}"[:300]
        return RefusedError(Failure("training", "no-result", f"{message} ({said})", "Does the job write there itself?"))


def _read_outcome(said: dict[str, Any]) -> Outcome:
    if said["limit"] not in (None, "time", "memory"):
        raise ValueError(said["limit"])
    hardware = said["hardware"]
    gpus = tuple(str(one)[:_TEXT] for one in hardware["gpus"])
    return Outcome(
        returncode=int(said["returncode"]),
        seconds=float(said["seconds"]),
        megabytes=float(said["megabytes"]),
        limit=said["limit"],
        opened=frozenset((int(pid), str(device)) for pid, device in said["opened"]),
        hardware=Hardware(str(hardware["cpu"])[:_TEXT], int(hardware["cores"]), gpus),
        seen=_read_seen(said["seen"]),
    )


def _read_seen(said: dict[str, Any] | None) -> Seen:
    if said is None:
        return Seen(whole=False)
    opened = {str(path): int(times) for path, times in said["opened"].items()}
    return Seen(opened, frozenset(map(str, said["folders"])), frozenset(map(str, said["made"])), said["whole"] is True)

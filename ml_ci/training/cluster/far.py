"""What is done on a machine of a cluster: a parcel is unpacked, its job run as every job is, and what it left packed.

It runs in a worker of the cluster, from a copy of ml-ci that came along, and imports nothing but the standard library,
psutil, and what stands below `ml_ci.training`. What it tells are events: a line of JSON, and bytes behind it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import IO

import ml_ci
from ml_ci.training import left
from ml_ci.training.cluster import archive, folders
from ml_ci.training.cluster.environment import build_environment
from ml_ci.training.cluster.exchange import Exchange
from ml_ci.training.cluster.parcel import Item, Parcel, Place
from ml_ci.training.cluster.pipes import Inbox, Pipes
from ml_ci.training.process import Order, Outcome, run
from ml_ci.training.stamps import Stamp, stamps
from ml_ci.training.watch.kernel import look_on
from ml_ci.training.watch.values import Seen

_EACH = 0.25  # seconds between two signs of life
_CHUNK = 8_000_000
_LOG_CHUNK = 64 * 1024
_TOLD_MOST = 256_000_000
_ASK = "import sys; print('%d %d' % sys.version_info[:2])"


class _StoppedError(Exception):
    """End the job: nobody listens any more."""


class _Refused(Exception):  # noqa: N818 an answer
    """Say why a job cannot be done on this machine."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.told = {"event": "refused", "code": code, "message": message, "hint": hint}


def do(content: bytes, blobs: tuple[bytes, ...], most: int, node: str, inbox: Inbox | None = None) -> Iterator[bytes]:
    """Do the job of a parcel and tell of it until its end; what it left is at most `most` bytes.

    `node` is what the cluster calls this machine. A job that talks is told what comes into the `inbox`.
    """
    parcel = Parcel.load(content)
    try:
        folders.sweep()
        with folders.open_folder(parcel.job) as folder:
            yield _tell({"event": "began", "node": node})
            yield from _Job(parcel, folder, most, inbox).events(blobs)
    except _Refused as refused:
        yield _tell(refused.told)
    except Exception as error:  # told in words: nothing of it is to be unpickled by who asked
        yield _tell({"event": "trouble", "message": f"{type(error).__name__}: {error}"[:2000]})


def _tell(said: Mapping[str, object], content: bytes = b"") -> bytes:
    return json.dumps(said).encode() + b"\n" + content


class _Job:
    """One job in its folder."""

    def __init__(self, parcel: Parcel, folder: Path, most: int, inbox: Inbox | None) -> None:
        self._parcel = parcel
        self._most = most
        self._folder = folder
        self._top, self._work = folder / "copy" / "top", folder / "work"
        self._python = _find_python(parcel)
        there = {path: str(folder / place.name) for place in parcel.places for path in place.paths}
        engine = dict.fromkeys(parcel.engine, str(Path(ml_ci.__file__).parent))
        self._there = Exchange({**there, **engine, parcel.python: self._python})
        here = {str(folder / place.name): place.paths[0] for place in parcel.places}
        self._here = Exchange({**here, str(Path(ml_ci.__file__).parent): parcel.engine[0]})
        self._events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._pipes = Pipes(inbox, self._hear) if parcel.talks and inbox is not None else None
        self._stopped = threading.Event()
        self._told = 0.0
        self._sent: dict[str, int] = {}
        self._log = _Log(self._work / "job.log", self._here)

    def events(self, blobs: tuple[bytes, ...]) -> Iterator[bytes]:
        """Unpack, run, pack; tell of it."""
        for place in self._parcel.places:
            _lay_out(place, self._folder / place.name, blobs)
        (self._folder / "tmp").mkdir()
        order = self._write_order()
        before = {name: stamps(at) for name, at in self._sides()}
        watcher = look_on(self._top, dict(before["copy"])) if self._parcel.watched else None
        ended: list[Outcome] = []
        try:
            yield from self._run(order, ended)
        finally:
            seen = None if watcher is None else watcher.stop()
        yield from self._pack(before, ended[0], seen)

    def _sides(self) -> tuple[tuple[str, Path], ...]:
        return ("copy", self._top), ("work", self._work)

    def _write_order(self) -> Order:
        request = self._work / "request.json"
        asked = self._there.json(self._parcel.request)
        if self._pipes is not None:
            asked = json.dumps({**json.loads(asked), "descriptors": self._pipes.ends})
        request.write_text(asked, encoding="utf-8")
        for part in ("startup", "bin"):
            for at in (self._work / part).rglob("*"):
                if at.is_file() and at.suffix != ".pyc":
                    content = at.read_bytes()
                    exchanged = self._there.raw(content)
                    if exchanged != content:  # few name a path
                        at.write_bytes(exchanged)
        given = {name: self._there.text(value) for name, value in self._parcel.environment.items()}
        return Order(
            model=self._parcel.model,
            cwd=Path(self._there.text(self._parcel.cwd)),
            request=request,
            log=self._work / "job.log",
            environment=build_environment(given, os.environ, self._python, self._folder / "tmp"),
            seconds=self._parcel.seconds,
            memory=self._parcel.memory,
            descriptors=() if self._pipes is None else self._pipes.ends,
        )

    def _hear(self, content: bytes) -> None:
        self._events.put(_tell({"event": "said"}, content))

    def _run(self, order: Order, ended: list[Outcome]) -> Iterator[bytes]:
        errors: list[BaseException] = []

        def work() -> None:
            try:
                with self._pipes or contextlib.nullcontext():
                    ended.append(run(order, self))
            except BaseException as error:
                errors.append(error)
            finally:
                self._events.put(None)

        thread = threading.Thread(target=work, name="ml-ci job", daemon=True)
        thread.start()
        try:
            while (event := self._events.get()) is not None:
                yield event
        finally:
            self._stopped.set()
            thread.join()
        if errors:
            raise errors[0]
        while rest := self._log.more():
            yield _tell({"event": "log"}, rest)

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Tell how the job is, and what it printed; called by who runs it."""
        if self._stopped.is_set():
            raise _StoppedError
        if seconds - self._told >= _EACH or not self._told:
            self._told = seconds or _EACH / 2
            said = {"event": "tick", "seconds": seconds, "megabytes": megabytes, "line": self._here.text(last_line)}
            self._events.put(_tell(said, self._log.more(whole=True)))

    def _pack(self, before: Mapping[str, Mapping[str, Stamp]], outcome: Outcome, seen: Seen | None) -> Iterator[bytes]:
        removed = {}
        for name, at in self._sides():
            if not at.is_dir() or at.is_symlink():
                yield _tell({"event": "spoilt"})
                return
            now = stamps(at)
            changed = [path for path, one in now.items() if before[name].get(path) != one and _counts(path)]
            removed[name] = [path for path in before[name] if path not in now]
            yield from self._send(name, at, [path for path in changed if (name, path) != ("work", "job.log")])
        told = {**asdict(outcome), "opened": sorted(outcome.opened), "seen": None}
        if seen is not None:
            lists = {"folders": sorted(seen.folders), "made": sorted(seen.made)}
            told["seen"] = {"opened": dict(seen.opened), **lists, "whole": seen.whole}
        yield _tell({"event": "ended", "outcome": told, "removed": removed, "sent": self._sent})

    def _send(self, name: str, at: Path, changed: list[str]) -> Iterator[bytes]:
        with tempfile.TemporaryFile(dir=self._folder) as stream:
            try:
                archive.write(stream, at, changed, self._most, self._read_back(name, at, changed))
            except archive.TooLargeError:
                message = f"the job left more than {self._most / 1e9:g} GB in its copy and its folder"
                hint = "Have it keep what it needs no more outside of the repository, or write large results to a URL."
                raise _Refused("output-too-large", message, hint) from None
            self._sent[name] = stream.tell()
            yield from _chunks(stream, name)

    def _read_back(self, name: str, at: Path, changed: list[str]) -> Mapping[str, bytes]:
        """Give what ml-ci reads of a job with the paths of who asked."""
        if name != "work":
            return {}
        back: dict[str, bytes] = {}
        for path, exchange in (("told.tsv", self._take_told), ("result.json", self._here.raw_json)):
            content = left.content(at / path, _TOLD_MOST) if path in changed else None
            if content is not None:
                back[path] = exchange(content)
        return back

    def _take_told(self, content: bytes) -> bytes:
        """Leave out that the job opened its own files: they lie in no checkout here, and are no data from outside."""
        own = f"\t{self._folder}/".encode()
        lines = content.splitlines(keepends=True)
        return self._here.raw(b"".join(line for line in lines if not (line.startswith(b"outside\t") and own in line)))


class _Log:
    """Read on in a log that grows; with the paths of who asked."""

    def __init__(self, path: Path, here: Exchange) -> None:
        self._path = path
        self._here = here
        self._at = 0

    def more(self, *, whole: bool = False) -> bytes:
        """Give what is new, at most so much; `whole` lines only."""
        stream = left.open_left(self._path)
        if stream is None:
            return b""
        with stream:
            stream.seek(self._at)
            found = stream.read(_LOG_CHUNK)
        end = found.rfind(b"\n") + 1
        if whole or (len(found) == _LOG_CHUNK and end):
            found = found[:end]
        self._at += len(found)
        return self._here.raw(found)


def _chunks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        yield _tell({"event": "left", "side": name}, chunk)


def _counts(path: str) -> bool:
    """Leave out what Python keeps of the job's own modules."""
    return "__pycache__" not in path.split("/")


def _lay_out(place: Place, at: Path, blobs: tuple[bytes, ...]) -> None:
    """Write what a place holds; links come last, so that nothing is written through one."""
    made = {at.parent, at}  # each folder is made once, and not looked for again with each file in it
    at.parent.mkdir(parents=True, exist_ok=True)
    if not any(item.path == "" for item in place.items):
        at.mkdir(exist_ok=True)
    for item in place.items:
        to = at / item.path if item.path else at
        if item.what == "folder":
            to.mkdir(parents=True, exist_ok=True)
            made.add(to)
        elif item.what == "file":
            if to.parent not in made:
                to.parent.mkdir(parents=True, exist_ok=True)
                made.add(to.parent)
            _write(to, item, blobs)
    for item in place.items:
        to = at / item.path if item.path else at
        if item.what == "link":
            to.symlink_to(item.target)
        elif item.what == "folder":
            to.chmod(item.mode | 0o700)


def _write(to: Path, item: Item, blobs: tuple[bytes, ...]) -> None:
    stream = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        content = memoryview(blobs[item.blob])[item.offset : item.offset + item.size]
        while content:
            content = content[os.write(stream, content) :]
        os.fchmod(stream, item.mode | 0o600)
        os.utime(stream, ns=(item.modified, item.modified))
    finally:
        os.close(stream)


def _find_python(parcel: Parcel) -> str:
    """Find the job's interpreter here; for ml-ci's own that of the worker stands. `_Refused` where there is none."""
    given = parcel.python
    if not os.access(given, os.X_OK):
        if parcel.own:
            return sys.executable
        message = f"`python:` {given} is not there on {socket.gethostname()}, a machine of the cluster"
        raise _Refused("interpreter", message, "Install it on every machine of the cluster, or leave `python:` out.")
    found = _ask_version(given)
    if found != parcel.version:
        asked, said = (".".join(map(str, one)) or "none that answers" for one in (parcel.version, found))
        message = f"`python:` {given} is Python {said} on {socket.gethostname()}, and Python {asked} where it was asked"
        raise _Refused("interpreter", message, "Both machines need the same minor version: it is part of what is made.")
    return given


@lru_cache(maxsize=32)
def _ask_version(python: str) -> tuple[int, ...]:
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run((python, "-I", "-S", "-c", _ASK), capture_output=True, text=True, timeout=20, check=True)
        return tuple(map(int, done.stdout.split()))
    return ()


def sweep(seconds: float) -> bytes:
    """Remove what is left of jobs whose workers are gone; those that just end are waited for."""
    until = time.monotonic() + seconds
    while (held := folders.sweep()) and time.monotonic() < until:
        time.sleep(0.1)
    return json.dumps(held).encode()

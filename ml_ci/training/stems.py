"""Processes that have imported libraries, and from which jobs branch off: each library is imported once in a run.

`child/stem.py` is such a process. None is started but while `open_stems` holds; a job that cannot branch off, for
whatever reason, starts by itself.
"""

from __future__ import annotations

import array
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.training.adopting import CHILD
from ml_ci.training.branched import Branched, hear

_MOST = 2  # stems at a time
_SECONDS = 120.0  # for the imports
_ANSWER = 10.0  # for a fork
_JOB, _ROWS = b"job", b"rows"
_EACH = ("ML_CI_", "PWD", "OLDPWD")  # what a job has of its own

_Key: TypeAlias = tuple[Path, tuple[str, ...], tuple[tuple[str, str], ...]]

_lock = Lock()
_holders = [0]
_stems: dict[_Key, Stem | None] = {}


@dataclass(frozen=True)
class Lead:
    """What a job may find imported: `statements`, under an `interpreter`, with the environment that all jobs share.

    A library of one of the names that `own` says is the job's own file of that name, and not the library. `startup` is
    the job's folder that comes first on PYTHONPATH, `argv` what starts the job by itself. `rows`, JSON, is what it
    scores, where that may be read before; "" for nothing. `limit` is how many seconds the job has.
    """

    interpreter: Path
    statements: tuple[str, ...]
    own: frozenset[str]
    startup: Path
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    rows: str = ""
    limit: float = 120.0


class Stem:
    """A running stem; `names` are those that its libraries are imported by. One of rows has no `process` of ours."""

    def __init__(self, process: subprocess.Popen[bytes] | None, control: socket.socket, names: frozenset[str]) -> None:
        self._process = process
        self._control = control
        self._rows: tuple[str, Stem | None] = ("", None)
        self._jobs: list[Branched] = []
        self._waited_for = 0
        self._counting = Lock()
        self.names = names
        self.seconds = 0.0

    def with_rows(self, rows: str, limit: float) -> Stem:
        """Give the stem that has read rows, grown within `limit` seconds; this one where it cannot be had."""
        if not rows:
            return self
        known, grown = self._rows
        if known != rows:
            if grown is not None and grown.is_busy():
                return self
            self.release_rows()
            grown = self._grow(rows, limit)
            self._rows = rows, grown
        return self if grown is None else grown

    def release_rows(self) -> None:
        """End the stem of rows, where no job of it runs: they are large."""
        grown = self._rows[1]
        if grown is not None and not grown.is_busy():
            grown.close()
            self._rows = "", None

    def hold(self) -> Stem:
        """Keep it from being ended until it is let go of: a job is about to branch off."""
        with self._counting:
            self._waited_for += 1
        return self

    def let_go(self) -> None:
        """Say that the job has branched off, or does not."""
        with self._counting:
            self._waited_for -= 1

    def is_busy(self) -> bool:
        """Say whether a job that branched off from it runs still, or one is about to."""
        if self._waited_for:
            return True
        self._jobs = [job for job in self._jobs if job.poll() is None]
        return bool(self._jobs)

    def _grow(self, rows: str, limit: float) -> Stem | None:
        ours, theirs = socket.socketpair()
        started = time.monotonic()
        try:
            with theirs:
                numbers = array.array("i", [theirs.fileno()])
                self._control.sendmsg([_ROWS], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
            ours.sendall(rows.encode() + b"\n")
        except OSError:
            ours.close()
            return None
        said = hear(ours, limit) or {}
        names = said.get("names")
        if said.get("ok") is not True or not isinstance(names, list):
            ours.close()
            return None
        grown = Stem(None, ours, frozenset(map(str, names)))
        grown.seconds = self.seconds + time.monotonic() - started
        return grown

    def branch(self, order: Mapping[str, object], log: int, descriptors: tuple[int, ...]) -> Branched | None:
        """Have a job branch off; None where the stem does not answer."""
        ours, theirs = socket.socketpair()
        lifeline, end = os.pipe()
        try:
            numbers = array.array("i", [theirs.fileno(), lifeline, log, *descriptors])
            self._control.sendmsg([_JOB], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
            theirs.close()
            said = hear(ours, _ANSWER) or {}
            pid = said.get("pid")
            if not isinstance(pid, int):
                raise OSError
            ours.settimeout(_ANSWER)
            ours.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            ours.close()
            os.close(end)
            return None
        finally:
            theirs.close()
            os.close(lifeline)
        job = Branched(ours, pid, os.fdopen(end, "wb"), self.seconds)
        self._jobs.append(job)
        return job

    def close(self) -> None:
        """End it; no job of it runs any more."""
        grown = self._rows[1]
        if grown is not None:
            grown.close()
        self._control.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_ANSWER)
            self._process.kill()
            self._process.wait()


@contextmanager
def open_stems() -> Iterator[None]:
    """Let jobs branch off for the time of a `with` block; at the end of the outermost one all stems end."""
    with _lock:
        _holders[0] += 1
    try:
        yield
    finally:
        with _lock:
            _holders[0] -= 1
            ended = [] if _holders[0] else [_stems.pop(key) for key in list(_stems)]
        for stem in ended:
            if stem is not None:
                stem.close()


def release_rows() -> None:
    """Let go of the rows that were read for several models: none of them scores them any more."""
    with _lock:
        for stem in _stems.values():
            if stem is not None:
                stem.release_rows()


def find_stem(lead: Lead | None) -> Stem | None:
    """Give the stem that a job may branch off from, started where there is none yet; None where it starts by itself.

    It is held until `let_go`: meanwhile another model's job may ask for other rows.
    """
    if lead is None or not lead.statements or not sys.platform.startswith("linux"):
        return None
    with _lock:
        stem = _find(lead) if _holders[0] else None
        if stem is None or stem.names & lead.own:
            return None
        grown = stem.with_rows(lead.rows, lead.limit)
        return (stem if grown.names & lead.own else grown).hold()


def _find(lead: Lead) -> Stem | None:
    shared = _share(lead)
    for (interpreter, statements, environment), stem in _stems.items():
        if (interpreter, environment) == (lead.interpreter, shared) and set(statements) <= set(lead.statements):
            return stem
    if len(_stems) >= _MOST:
        return None
    stem = _stems[(lead.interpreter, lead.statements, shared)] = _start(lead, dict(shared))
    return stem


def _share(lead: Lead) -> tuple[tuple[str, str], ...]:
    """Give what jobs have alike of the environment: what names a job's own folders is not."""
    given = {name: value for name, value in lead.environment.items() if not name.startswith(_EACH)}
    work = str(lead.startup.parent)
    for name in ("PATH", "PYTHONPATH"):
        parts = [part for part in given.pop(name, "").split(os.pathsep) if not part.startswith(work)]
        if any(parts):
            given[name] = os.pathsep.join(parts)
    return tuple(sorted(given.items()))


def _start(lead: Lead, environment: dict[str, str]) -> Stem | None:
    paths = environment.get("PYTHONPATH", "")
    if paths and not all(map(os.path.isabs, paths.split(os.pathsep))):
        return None  # it means another folder in each job
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    started = time.monotonic()
    with theirs, tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as printed:
        request = Path(folder, "stem.json")
        request.write_text(json.dumps({"statements": lead.statements, "socket": theirs.fileno()}), encoding="utf-8")
        argv = (str(lead.interpreter), str(CHILD), "--stem", str(request))
        try:
            # In a group of its own: an interruption from the keyboard is told by ml-ci.
            process = subprocess.Popen(
                argv,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )
        except OSError:
            ours.close()
            return None
        theirs.close()
        said = hear(ours, _SECONDS) or {}
    names = said.get("names")
    stem = Stem(process, ours, frozenset(map(str, names)) if isinstance(names, list) else frozenset())
    if said.get("ok") is not True:
        stem.close()
        return None
    stem.seconds = time.monotonic() - started
    return stem

"""Run one job as processes of its own: limits, log, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.training import adopting, left
from ml_ci.training.branched import Branched
from ml_ci.training.devices import Opened
from ml_ci.training.hardware import find_hardware
from ml_ci.training.log import BoundedLog, Pump
from ml_ci.training.progress import Progress
from ml_ci.training.ran import Hardware
from ml_ci.training.stems import Lead, Stem, find_stem
from ml_ci.variables.masks import Mask

if TYPE_CHECKING:
    from ml_ci.spec.resources import Resources
    from ml_ci.training.family import Family
    from ml_ci.training.values import Interpreter
    from ml_ci.training.watch.values import Seen

COOKIE = "ML_CI_JOB"
CHILD = adopting.CHILD
_USAGE_LIMIT = 10_000
_POLL = 0.03
_TICK = 0.1

Limit: TypeAlias = Literal["time", "memory"]
Process: TypeAlias = "subprocess.Popen[bytes] | Branched"


@dataclass(frozen=True)
class Order:
    """Say what to run: the file `request` holds the job's argv; `seconds` and `memory` (bytes) are the limits.

    The log holds nothing that `mask` masks. `descriptors` are ends of pipes that the job has by the same numbers; they
    are closed here as soon as it has them, or when it does not begin. `begun` is set when its process is started: it
    may have waited for a place. A job with a `lead` may branch off from a process that has imported it.

    What follows is for an executor elsewhere: the top of the job's `copy` of the repository (None: it has none, and is
    done here), the files and folders that it is `handed` beside that and the request's folder, its `interpreter`, what
    its machine has to have, and whether somebody has to look on (`watched`), which is told in the outcome.
    """

    model: str
    cwd: Path
    request: Path
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    seconds: float
    memory: int | None = None
    mask: Mask = field(default_factory=Mask, repr=False)
    descriptors: tuple[int, ...] = ()
    begun: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)
    lead: Lead | None = None
    copy: Path | None = None
    handed: tuple[Path, ...] = ()
    interpreter: Interpreter | None = None
    resources: Resources | None = None
    watched: bool = False


@dataclass(frozen=True)
class Outcome:
    """Say how a job ended: `returncode` as subprocess gives it (negative is a signal), wall `seconds`, peak `megabytes`
    (10^6 bytes, of the whole process tree), and the limit that it hit, if any; `opened` are the devices that its
    processes were seen to hold open, `hardware` is the machine that it ran on. `seen` is what was read in its copy,
    where that lay on another machine: nobody can look on from here."""

    returncode: int
    seconds: float
    megabytes: float
    limit: Limit | None = None
    opened: Opened = frozenset()
    hardware: Hardware = field(default_factory=Hardware)
    seen: Seen | None = None


def local(address: str) -> Callable[[Order, Progress], Outcome]:
    """Give the executor of this machine, whose address is ""."""
    return run


def run(order: Order, progress: Progress) -> Outcome:
    """Run a job to its end, or to its limit, and end every process that it started.

    Never hangs: not when the job forks and waits, nor when somebody keeps the log's pipe open. When this process dies,
    by SIGKILL too, the job's supervisor notices and ends the job. What `progress.tick` raises, and KeyboardInterrupt,
    end the job and propagate. Where the job ends its supervisor, what it leaves is inherited, and ended all the same.
    OSError names the log where that could not be written.
    """
    from ml_ci.training.family import Family  # with psutil, which a run without jobs does not need

    cookie = uuid.uuid4().hex
    log = BoundedLog(order.log, mask=order.mask)
    read_end, write_end = os.pipe()
    try:
        before = time.monotonic()
        process = _branch_off(order, cookie, write_end) or _start(order, cookie, write_end)
        branched = isinstance(process, Branched)
        # What is imported once for several jobs counts for each, as if it had done it itself.
        started = time.monotonic() - process.seconds if isinstance(process, Branched) else before
    except BaseException:
        os.close(read_end)
        raise
    finally:
        for descriptor in (write_end, *order.descriptors):
            os.close(descriptor)
    order.begun.set()
    pump = Pump(read_end, log)
    pump.start()
    family = Family(process.pid, f"{COOKIE}={cookie}", between=adopting.stands_between() and not branched)
    try:
        limit = _watch(order, process, family, log, progress, started)
        seconds = time.monotonic() - started
    finally:
        _end(process, family)
        pump.finish()
    if log.trouble is not None:
        raise log.trouble
    returncode = -signal.SIGKILL if process.returncode is None else process.returncode
    peak = max(family.peak, _read_reported_peak(order.request))
    ended = _outcome(order, returncode, seconds, peak, limit)
    return replace(ended, opened=frozenset(family.opened), hardware=find_hardware(order.environment.get("PATH")))


def _branch_off(order: Order, cookie: str, log: int) -> Branched | None:
    """Have the job branch off from a process that has its libraries; None where it has to start by itself."""
    stem = find_stem(order.lead)
    if stem is None or order.lead is None:
        return None
    try:
        return _branch_off_from(stem, order, order.lead, cookie, log)
    finally:
        stem.let_go()


def _branch_off_from(stem: Stem, order: Order, lead: Lead, cookie: str, log: int) -> Branched | None:
    asked = {
        "request": str(order.request),
        "cwd": str(order.cwd),
        "environment": {**order.environment, COOKIE: cookie},
        "startup": str(lead.startup),
        "argv": lead.argv,
        "descriptors": order.descriptors,
    }

    def branch() -> Branched:
        process = stem.branch(asked, log, order.descriptors)
        if process is None:
            raise OSError
        return process

    try:
        return adopting.begin(branch)
    except OSError:
        return None


def _start(order: Order, cookie: str, log: int) -> subprocess.Popen[bytes]:
    return adopting.start(
        order.request,
        cwd=order.cwd,
        env={**order.environment, COOKIE: cookie},
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        pass_fds=order.descriptors,
    )


def _watch(
    order: Order, process: Process, family: Family, log: BoundedLog, progress: Progress, started: float
) -> Limit | None:
    ticked = 0.0
    while True:
        age = time.monotonic() - started
        if process.poll() is not None:
            return None
        if age > order.seconds:
            return "time"
        used = family.measure()
        if order.memory is not None and used > order.memory:
            return "memory"
        if age - ticked >= _TICK:
            ticked = age
            progress.tick(order.model, age, used / 1e6, log.last_line)
        _wait(process, min(_POLL, max(0.0, order.seconds - age) + 0.001))


def _wait(process: Process, seconds: float) -> None:
    if process.poll() is None and not _sleep_until_end(process.pid, seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    process.poll()


def _sleep_until_end(pid: int, seconds: float) -> bool:
    """Sleep until a child ends, so long at most; False where the system tells nobody, who has to look again and again.

    `wait` with a limit of time looks six times in each tenth of a second, beside every job.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or one that forbids it
        return False
    try:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        poller.poll(math.ceil(1000 * seconds))
    finally:
        os.close(descriptor)
    return True


def _end(process: Process, family: Family) -> None:
    try:
        family.end()
    finally:
        if process.stdin is not None:
            process.stdin.close()
        _wait(process, 10.0)
        adopting.end(process)


def _read_reported_peak(request: Path) -> int:
    """Give the peak that the supervisor saw: it also knows a job that came and went between two looks."""
    try:
        usage = json.loads(left.content(request.with_name("usage.json"), _USAGE_LIMIT) or b"null")
        return int(usage["peak"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0


def _outcome(order: Order, returncode: int, seconds: float, peak: int, limit: Limit | None) -> Outcome:
    if limit is None and order.memory is not None and peak > order.memory:
        limit = "memory"
    return Outcome(returncode, seconds, peak / 1e6, limit)

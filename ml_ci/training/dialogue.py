"""Talk with a job while it runs: lines to it and from it on descriptors of its own, each answer within its time."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections.abc import Callable

from ml_ci.training import process
from ml_ci.training.executors import Executor
from ml_ci.training.process import Order, Outcome

_CHUNK = 1 << 16
_LOOK = 0.1
_PATIENCE = 2.0


class EndedError(Exception):
    """The job ended, or closed its side, before it answered."""


class LateError(Exception):
    """The job did not answer in time."""


class TooLongError(Exception):
    """The job's answer is longer than one can be."""


class _StoppedError(Exception):
    """End the job: nobody asks any more."""


class Dialogue:
    """A job that answers lines by lines; it is watched as every job is, in a thread of its own.

    `order` makes the order of the descriptors that the job reads from and writes to, `run` is where it runs. Of one
    that lies elsewhere the end takes longer to be told: `patience` seconds at most.
    """

    def __init__(
        self, order: Callable[[tuple[int, int]], Order], run: Executor = process.run, patience: float = _PATIENCE
    ) -> None:
        self._patience = patience
        theirs, self._outgoing = os.pipe()
        self._incoming, answers = os.pipe()
        for descriptor in (self._outgoing, self._incoming):
            os.set_blocking(descriptor, False)
        self._rest = b""
        self._open = True
        try:
            self._job = _Job(order((theirs, answers)), run)
        except BaseException:
            for descriptor in (theirs, answers, self._outgoing, self._incoming):
                os.close(descriptor)
            raise
        self._job.start()

    def begin(self, seconds: float) -> None:
        """Wait until the job has a place and runs: LateError where not in time, EndedError where never."""
        until = time.monotonic() + seconds
        while not self._job.begun.wait(_LOOK):
            if not self._job.is_alive():
                raise EndedError
            if time.monotonic() > until:
                raise LateError

    def hear(self, seconds: float, most: int) -> bytes:
        """Give the next line, of `most` bytes at most, without its end."""
        until = time.monotonic() + seconds
        parts, size = [self._rest], len(self._rest)
        while b"\n" not in parts[-1]:
            if size > most:
                raise TooLongError
            self._wait(self._incoming, selectors.EVENT_READ, until)
            part = os.read(self._incoming, _CHUNK)
            if not part:
                raise EndedError
            parts.append(part)
            size += len(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def say(self, line: bytes, seconds: float) -> None:
        """Send a line, all of it: a job that hangs does not read, and holds nobody up by that."""
        until = time.monotonic() + seconds
        left = memoryview(line + b"\n")
        while left:
            self._wait(self._outgoing, selectors.EVENT_WRITE, until)
            try:
                left = left[os.write(self._outgoing, left[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise EndedError from None

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            while True:
                running = self._job.is_alive()  # asked first: what it wrote before its end is there to be read
                left = until - time.monotonic()
                if selector.select(max(0.0, min(_LOOK, left))):
                    return
                if not running:
                    raise EndedError
                if left <= 0:
                    raise LateError

    def close(self) -> Outcome | None:
        """Let the job end, end it where it does not, and say how it ended; None where it had to be ended.

        What ended its watch (OSError of its log) propagates.
        """
        if self._open:
            self._open = False
            os.close(self._outgoing)
            self._job.join(self._patience)
            self._job.stop()
            os.close(self._incoming)
        return self._job.outcome()

    def end(self) -> Outcome | None:
        """End the job now; as `close`."""
        self._job.stop()
        return self.close()


class _Job(threading.Thread):
    """Run an order to its end, until it is told to stop."""

    def __init__(self, order: Order, run: Executor) -> None:
        super().__init__(name="ml-ci-dialogue", daemon=True)  # should it be left, its lifeline ends with this process
        self._order, self._run = order, run
        self.begun = order.begun
        self._stopped = threading.Event()
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run it; called by `start`."""
        try:
            self._outcome = self._run(self._order, self)
        except _StoppedError:
            return
        except BaseException as error:  # told to who waits for it, in another thread
            self._error = error

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """End the job where it is to stop."""
        if self._stopped.is_set():
            raise _StoppedError

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def outcome(self) -> Outcome | None:
        """Give the outcome of a job that has ended; what ended its watch is raised."""
        if self._error is not None:
            raise self._error
        return self._outcome

"""Talk with a job that runs on this machine for somebody elsewhere: by pipes to it, by messages to who asks."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from typing import TypeAlias

# What the job is told, in order; None is the end.
Inbox: TypeAlias = "queue.SimpleQueue[bytes | None]"

_CHUNK = 1 << 16
_END = 10.0  # seconds until what a job has said is read, once it has ended


class Pipes:
    """Two pipes, while the job runs that has their `ends`: what it reads from, and what it writes to.

    What comes into the `inbox` is written to the job, what the job writes is given to `hear`.
    """

    def __init__(self, inbox: Inbox, hear: Callable[[bytes], None]) -> None:
        self._inbox, self._hear = inbox, hear
        theirs, self._outgoing = os.pipe()
        self._incoming, answers = os.pipe()
        self.ends = (theirs, answers)

    def __enter__(self) -> None:
        self._writing = threading.Thread(target=self._write, name="ml-ci tells a job", daemon=True)
        self._reading = threading.Thread(target=self._read, name="ml-ci hears a job", daemon=True)
        self._writing.start()
        self._reading.start()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Read what is left; the job has ended, and who ran it has closed its ends."""
        self._inbox.put(None)
        self._reading.join(_END)
        self._writing.join(_END)

    def _write(self) -> None:
        with contextlib.suppress(BrokenPipeError), open(self._outgoing, "wb", buffering=0) as stream:  # noqa: PTH123
            while (content := self._inbox.get()) is not None:
                left = memoryview(content)
                while left:
                    left = left[stream.write(left) :]

    def _read(self) -> None:
        with open(self._incoming, "rb", buffering=0) as stream:  # noqa: PTH123
            while content := stream.read(_CHUNK):
                self._hear(content)

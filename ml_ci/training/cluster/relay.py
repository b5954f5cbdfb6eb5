"""Carry what a job is told, and what it answers, between the pipes of its order and the worker that does it."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable

_CHUNK = 1 << 16
_LOOK = 0.1


class Relay:
    """The pipes of one order, whose ends the job would have if it ran here.

    `look` is called again and again while nobody reads an answer, and may raise.
    """

    def __init__(self, descriptors: tuple[int, ...], look: Callable[[], None]) -> None:
        self._told, self._answers = descriptors
        self._look = look
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        os.set_blocking(self._answers, False)

    def begin(self, tell: Callable[[bytes | None], None]) -> None:
        """Have the job told what comes, from now on: `tell` sends bytes, and None for their end, in order.

        It raises where the job is gone.
        """
        self._thread = threading.Thread(target=self._carry, args=(tell,), name="ml-ci tells a job", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the pipes: who talks with the job sees that it has ended."""
        self._ended.set()
        os.close(self._answers)
        if self._thread is not None:
            self._thread.join()
        os.close(self._told)

    def answer(self, content: bytes) -> None:
        """Write what the job says, all of it."""
        left = memoryview(content)
        while left:
            if not select.select((), (self._answers,), (), _LOOK)[1]:
                self._look()
                continue
            with contextlib.suppress(BlockingIOError):
                try:
                    left = left[os.write(self._answers, left[:_CHUNK]) :]
                except BrokenPipeError:  # nobody listens any more
                    return

    def _carry(self, tell: Callable[[bytes | None], None]) -> None:
        with contextlib.suppress(Exception):  # who listens to the job learns that it is gone
            while not self._ended.is_set():
                if select.select((self._told,), (), (), _LOOK)[0]:
                    content = os.read(self._told, _CHUNK)
                    tell(content or None)
                    if not content:
                        return

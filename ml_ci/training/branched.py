"""A job that branched off from a stem: how it ended is told over a socket, since it is no child of ours."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from threading import Lock
from typing import IO, Any

_LONGEST = 1_000_000  # bytes of a line


class Branched:
    """A job that branched off, as `subprocess.Popen` has one: `seconds` is what the imports took, once for all."""

    def __init__(self, job: socket.socket, pid: int, lifeline: IO[bytes], seconds: float) -> None:
        self._job = job
        self.pid = pid
        self.stdin: IO[bytes] | None = lifeline
        self.seconds = seconds
        self.returncode: int | None = None
        self._heard = bytearray()
        self._listening = Lock()

    def poll(self) -> int | None:
        """Give how the job ended; None while it runs, or where another thread listens at this moment."""
        return self._hear(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; TimeoutExpired as of `subprocess`."""
        code = self._hear(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a job", timeout or 0.0)
        return code

    def _hear(self, seconds: float | None) -> int | None:
        # Whoever asks whether a stem is busy listens, too: a line that two of them read is none.
        if not self._listening.acquire(blocking=seconds != 0.0):
            return self.returncode
        try:
            if self.returncode is None:
                line = hear(self._job, seconds, self._heard)
                if line is not None:
                    status = line.get("status")
                    # The stem is gone and says nothing: who ended it, ended this job as well.
                    ended = os.waitstatus_to_exitcode(status) if isinstance(status, int) else -signal.SIGKILL
                    self.returncode = int(ended)
                    self._job.close()
            return self.returncode
        finally:
            self._listening.release()


def hear(job: socket.socket, seconds: float | None, heard: bytearray | None = None) -> dict[str, Any] | None:
    """Give the next line; {} where the other side is gone or says nothing of sense, None where it is silent so long.

    `heard` keeps what of the line came before it fell silent.
    """
    until = None if seconds is None else time.monotonic() + seconds
    heard = bytearray() if heard is None else heard
    try:
        while not heard.endswith(b"\n") and len(heard) < _LONGEST:
            left = None if until is None else until - time.monotonic()
            job.settimeout(left if left is None or left > 0 else 0.0)
            part = job.recv(1)  # another line may follow, which is not for now
            if not part:
                return {}
            heard += part
        found = json.loads(heard)
    except (TimeoutError, BlockingIOError):
        return None
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

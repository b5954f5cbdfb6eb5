"""How a job that branched off ended is heard once, however many threads ask; and a stem that is waited for stays."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from ml_ci.training import stems
from ml_ci.training.branched import Branched
from ml_ci.training.stems import Stem


def job() -> tuple[Branched, socket.socket]:
    ours, theirs = socket.socketpair()
    return Branched(ours, 1, io.BytesIO(), 0.0), theirs


def test_many_threads_that_ask_hear_one_end() -> None:
    """A line that comes in pieces, while others ask whether the job runs still, is heard whole."""
    for _ in range(20):
        running, other = job()
        found: list[int | None] = []

        def ask(running: Branched = running, found: list[int | None] = found) -> None:
            until = time.monotonic() + 20
            while (code := running.poll()) is None and time.monotonic() < until:
                time.sleep(0)
            found.append(code)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for one in threads:
            one.start()
        for sign in json.dumps({"status": 3 << 8}).encode() + b"\n":
            other.send(bytes([sign]))
        for one in threads:
            one.join(30)
        other.close()
        assert found == [3] * 4


def test_a_job_whose_stem_is_gone_was_killed() -> None:
    running, other = job()
    assert running.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.01)
    other.close()
    assert running.wait(5) == -signal.SIGKILL and running.poll() == -signal.SIGKILL


def test_who_asks_does_not_wait_for_who_waits() -> None:
    running, other = job()
    waiting = threading.Thread(target=running.wait)
    waiting.start()
    started = time.monotonic()
    assert running.poll() is None and time.monotonic() - started < 60
    other.sendall(json.dumps({"status": 0}).encode() + b"\n")
    waiting.join(10)
    other.close()
    assert running.poll() == os.waitstatus_to_exitcode(0)


def test_a_stem_of_rows_that_a_job_is_about_to_leave_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model of the same run asks for other rows, or is done with its own, at that moment."""
    ours, theirs = socket.socketpair()
    above, below = socket.socketpair()
    stem, grown = Stem(None, above, frozenset()), Stem(None, ours, frozenset())
    stem._rows = "these rows", grown
    grown.hold()
    monkeypatch.setattr(stems, "_stems", {("key",): stem})
    stems.release_rows()
    assert grown.is_busy() and stem.with_rows("other rows", 1.0) is stem and ours.fileno() >= 0
    grown.let_go()
    stems.release_rows()
    assert ours.fileno() == -1 and stem._rows == ("", None)
    for one in (theirs, above, below):
        one.close()

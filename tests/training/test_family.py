"""The processes of a job, as their parents list them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ml_ci.training import family
from ml_ci.training.family import Family

# A process with a child of its own, and one that a thread of it starts.
TREE = """
import subprocess, sys, threading, time
wait = [sys.executable, "-c", "import time; time.sleep(60)"]
one = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({wait!r})"])
threading.Thread(target=lambda: subprocess.run(wait)).start()
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def tree() -> Iterator[psutil.Process]:
    started = subprocess.Popen([sys.executable, "-c", TREE], stdout=subprocess.PIPE, start_new_session=True)
    assert started.stdout is not None
    assert started.stdout.readline() == b"up\n"
    leader = psutil.Process(started.pid)
    ends = time.monotonic() + 30
    while len(leader.children(recursive=True)) < 3 and time.monotonic() < ends:
        time.sleep(0.01)
    yield leader
    Family(started.pid, "ML_CI_JOB=none").end()
    started.wait()
    started.stdout.close()


@pytest.mark.parametrize("lists", [True, False])
def test_every_process_below_a_job_is_measured(
    tree: psutil.Process, lists: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if not lists:
        monkeypatch.setattr(family, "_OWN_CHILDREN", tmp_path / "nowhere")
    elif not family._OWN_CHILDREN.exists():
        pytest.skip("this system does not list the children of a process")
    below = tree.children(recursive=True)
    assert len(below) == 3
    found = Family(tree.pid, "ML_CI_JOB=none")._look_below()
    assert {process.pid for process in found} == {process.pid for process in below}
    at = [process.pid for process in found]
    assert all(at.index(process.ppid()) < place for place, process in enumerate(found) if process.ppid() != tree.pid)
    assert Family(tree.pid, "ML_CI_JOB=none").measure() >= max(process.memory_info().rss for process in below)


def test_nothing_is_below_a_process_that_is_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert family._list_children(gone.pid) == []
    assert Family(gone.pid, "ML_CI_JOB=none").measure() == 0
    assert os.getpid() not in (family._list_below(os.getpid()) or [])


@pytest.mark.parametrize("told", [True, False])
def test_who_carries_the_cookie_is_ended_wherever_it_went(told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the whole variable is the cookie: neither a longer value of it, nor another variable with its value."""
    monkeypatch.setattr(family, "_HAS_ENVIRONMENTS", told and family._HAS_ENVIRONMENTS)
    cookies = [{"ML_CI_JOB": "cookie-1"}, {"ML_CI_JOB": "cookie-12"}, {"OTHER": "ML_CI_JOB=cookie-1"}]
    waits = (sys.executable, "-c", "import time; print(flush=True); time.sleep(60)")
    started = [
        subprocess.Popen(waits, env={**os.environ, **one}, stdout=subprocess.PIPE, start_new_session=True)
        for one in cookies
    ]
    try:
        for one in started:
            assert one.stdout is not None
            one.stdout.readline()
            one.stdout.close()
        gone = subprocess.Popen(("true",))
        gone.wait()
        Family(gone.pid, "ML_CI_JOB=cookie-1").end()
        started[0].wait(30)  # its end was waited for already, and its code is lost
        assert [one.poll() for one in started[1:]] == [None, None]
    finally:
        for one in started:
            one.kill()
            one.wait()

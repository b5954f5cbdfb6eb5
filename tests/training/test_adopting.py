"""A job that ends its own supervisor leaves nothing behind either, and nobody else's children are touched."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.training.job import train

Failed = Callable[[Callable[[], object]], Failure]
ROOT = Path(__file__).parents[2]
GET_SUBREAPER = 37

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process adopt")

# Forks twice, leaves the session, forgets its environment; writes its id; stays.
DAEMON = """
    import os, signal, sys, time
    def daemon(path):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                code = ("import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                        "open(sys.argv[1] + '.part', 'w').write(str(os.getpid())); "
                        "os.rename(sys.argv[1] + '.part', sys.argv[1]); time.sleep(900)")
                os.execve(sys.executable, [sys.executable, "-c", code, path], {})
            os._exit(0)
        os.wait()
        while not os.path.exists(path):
            time.sleep(0.01)
    def above():
        with open("/proc/%d/stat" % os.getppid()) as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
"""
ENDS = {
    "its supervisor": "os.kill(os.getppid(), signal.SIGKILL)",
    "its group": "os.killpg(0, signal.SIGKILL)",
    "its supervisor, then itself": "os.kill(os.getppid(), signal.SIGKILL); os.kill(os.getpid(), signal.SIGKILL)",
    "its supervisor, by SIGTERM": "os.kill(os.getppid(), signal.SIGTERM)",
}


def attack(note: Path, end: str, after: Path | None = None) -> str:
    """Write a job that leaves a daemon and ends its supervisor, as soon as there is the file `after`."""
    wait = f"while not os.path.exists({str(after)!r}): time.sleep(0.01)" if after else "pass"
    lines = f"\ndef train():\n    daemon({str(note)!r})\n    {wait}\n    {ENDS[end]}\n    time.sleep(900)\n"
    return textwrap.dedent(DAEMON) + lines


def is_alive(note: Path) -> bool:
    try:
        return psutil.Process(int(note.read_text())).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("end", ENDS)
def test_in_a_process_of_others_one_between_ends_what_is_left(
    jobs: Any, tmp_path: Path, failed: Failed, end: str
) -> None:
    note = tmp_path / "pid"
    assert failed(lambda: jobs.function(attack(note, end))).code == "job-killed"
    assert not is_alive(note)


# As the command line runs a job: alone in its process, beside children of its own and of whoever started it.
OWN = """
    import json, os, subprocess, sys, threading
    from pathlib import Path
    from ml_ci.errors import StageFailed
    from ml_ci.spec.values import Budget, FunctionJob
    from ml_ci.training import adopting
    from ml_ci.training.interpreter import find
    from ml_ci.training.job import train
    from ml_ci.training.values import Inputs, TrainRequest

    folder, work = map(Path, sys.argv[1:3])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # or who reads ours would wait for them
    before = subprocess.Popen(("sleep", "900"), start_new_session=True, **quiet)
    adopting.declare_own()
    beside, one_at_a_time = [], threading.Lock()

    class Start:
        def tick(self, *told):
            with one_at_a_time:
                if not beside:
                    beside.append(subprocess.Popen((sys.executable, "-c", "raise SystemExit(7)")))
                    beside.append(subprocess.Popen(("sleep", "900"), **quiet))
                    (folder / "beside").touch()

    def judge(name):
        at = work / name
        at.mkdir()
        request = TrainRequest("churn", FunctionJob(name + ":train"), folder, at, Inputs(), find(None, folder),
                               os.environ, budget=Budget(seconds=300))
        try:
            train(request, Start())
        except StageFailed as error:
            told[name] = error.failure.code
        else:
            told[name] = "trained"

    told = {}
    threads = [threading.Thread(target=judge, args=(name,)) for name in sys.argv[3:]]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    ended = [beside[0].wait(), beside[1].poll(), before.poll()]
    beside[1].kill(), before.kill()
    daemons = [at for at in folder.glob("*.pid") if os.path.exists("/proc/" + at.read_text())]
    print(json.dumps({"told": told, "others": ended, "daemons": len(daemons), "children": len(adopting._children())}))
"""


def own(jobs: Any, *names: str) -> dict[str, Any]:
    script = jobs.write("own.py", OWN)
    command = (sys.executable, str(script), str(jobs.folder), str(jobs.work), *names)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("end", ENDS)
def test_ml_ci_itself_ends_what_is_left_and_no_child_of_others(jobs: Any, end: str) -> None:
    jobs.write("jobs.py", attack(jobs.folder / "a.pid", end, jobs.folder / "beside"))
    found = own(jobs, "jobs")
    assert found["told"] == {"jobs": "job-killed"}
    assert found["daemons"] == 0
    assert found["others"] == [7, None, None]
    assert found["children"] == 2  # those of others, killed and not waited for


def test_a_job_beside_goes_on_when_another_is_ended(jobs: Any) -> None:
    jobs.write("bad.py", attack(jobs.folder / "a.pid", "its supervisor", jobs.folder / "beside"))
    jobs.write("good.py", "import time\ndef train():\n    time.sleep(3)\n    return 1\n")
    found = own(jobs, "bad", "good")
    assert found["told"] == {"bad": "job-killed", "good": "trained"}
    assert (found["daemons"], found["others"]) == (0, [7, None, None])


class Adopts:
    """Note whether this process adopts while a job runs."""

    def __init__(self) -> None:
        self.found: set[int] = set()

    def tick(self, *told: object) -> None:
        value = ctypes.c_int(-1)
        ctypes.CDLL(None).prctl(GET_SUBREAPER, ctypes.byref(value), 0, 0, 0)
        self.found.add(value.value)


def test_a_process_of_others_never_adopts(jobs: Any) -> None:
    jobs.write("jobs.py", "import time\ndef train():\n    time.sleep(0.3)\n    return 1\n")
    adopts = Adopts()
    train(jobs.request("jobs:train"), adopts)
    assert adopts.found == {0}


def test_what_stands_between_counts_for_no_memory_and_hands_on_how_a_job_ended(jobs: Any) -> None:
    jobs.write("jobs.py", "import os, time\ndef train():\n    time.sleep(0.5)\n    os._exit(7)\n")
    with pytest.raises(StageFailed, match="exit code 7"):
        train(jobs.request("jobs:train"))


def test_a_daemon_of_the_test_is_none_of_the_jobs(jobs: Any) -> None:
    daemon = subprocess.Popen(("sleep", "900"), start_new_session=True)
    try:
        jobs.function("def train(): return 1\n")
        time.sleep(0.1)
        assert daemon.poll() is None
    finally:
        daemon.kill()
        daemon.wait()

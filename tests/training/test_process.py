"""Nothing that a job does outlives it, hangs the run or fills the disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget
from ml_ci.training import process
from ml_ci.training.family import Family
from ml_ci.training.job import train

Failed = Callable[[Callable[[], object]], Failure]
ROOT = Path(__file__).parents[2]

# Starts a process that writes its id and then sleeps, in the way that `leave` says.
STRAY = """
    import os, signal, sys, time
    def sleep(path):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with open(path + ".part", "w") as stream:
            stream.write(str(os.getpid()))
        os.rename(path + ".part", path)
        time.sleep(900)
        os._exit(0)
    def child(path):
        if os.fork() == 0:
            sleep(path)
    def daemon(path):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                sleep(path)
            os._exit(0)
        os.wait()
    def forgetful(path):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                code = ("import os, sys, time; open(sys.argv[1] + '.part', 'w').write(str(os.getpid())); "
                        "os.rename(sys.argv[1] + '.part', sys.argv[1]); time.sleep(900)")
                os.execve(sys.executable, [sys.executable, "-c", code, path], {})
            os._exit(0)
        os.wait()
    def wait_for(path):
        while not os.path.exists(path):
            time.sleep(0.01)
"""


def gone(path: Path, seconds: float = 60.0) -> bool:
    """Say whether the process whose id is in a file ends in time."""
    pid = int(path.read_text())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("leave", ["child", "daemon", "forgetful"])
@pytest.mark.parametrize("then", ["return 1", "time.sleep(900)"])
def test_ends_what_a_job_left_behind(jobs: Any, tmp_path: Path, failed: Failed, leave: str, then: str) -> None:
    if leave == "forgetful" and not sys.platform.startswith("linux"):
        pytest.skip("a daemon with an empty environment is found on Linux only, where its supervisor adopts it")
    note = tmp_path / "pid"
    source = (
        textwrap.dedent(STRAY) + f"def train():\n    {leave}({str(note)!r})\n    wait_for({str(note)!r})\n    {then}\n"
    )
    if then == "return 1":
        jobs.function(source)
    for seconds in (1.0, 5.0, 25.0):  # a busy machine may end the job before it left anything
        if note.exists():
            break
        found = failed(lambda limit=seconds: jobs.function(source, budget=Budget(seconds=limit)))  # type: ignore[misc]
        assert found.code == "time-limit"
    assert gone(note)


def test_a_job_that_prints_100_mb_keeps_head_and_tail(jobs: Any) -> None:
    source = """
        import sys
        def train():
            print("the first line")
            for number in range(1000):
                sys.stdout.write(("x" * 99 + "\\n") * 1000)
            print("the last line")
            return 1
    """
    model = jobs.function(source)
    log = model.log.read_bytes()
    assert len(log) < 1_400_000
    assert log.startswith(b"the first line\n")
    assert b"bytes of the log were dropped here]" in log
    assert b"the last line\n" in log[-200:]


PARENT = """
    import os, sys
    from pathlib import Path
    from ml_ci.spec.values import Budget, FunctionJob
    from ml_ci.training.interpreter import find
    from ml_ci.training.job import train
    from ml_ci.training.values import Inputs, TrainRequest
    folder, work = map(Path, sys.argv[1:])
    train(TrainRequest("churn", FunctionJob("jobs:train"), folder, work, Inputs(), find(None, folder), os.environ,
                       budget=Budget(seconds=600)))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("leave", ["sleep", "daemon"])
def test_the_job_ends_when_ml_ci_is_ended(jobs: Any, tmp_path: Path, end: signal.Signals, leave: str) -> None:
    note = tmp_path / "pid"
    jobs.write("jobs.py", textwrap.dedent(STRAY) + f"def train():\n    {leave}({str(note)!r})\n    time.sleep(900)\n")
    script = jobs.write("parent.py", PARENT)
    command = (sys.executable, str(script), str(jobs.folder), str(jobs.work))
    parent = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    while not note.exists() and parent.poll() is None:
        time.sleep(0.02)
    parent.send_signal(end)
    assert parent.wait(60) != 0
    assert gone(note)


class CancelledError(Exception):
    pass


class Recorder:
    """Keep the ticks; end the job at the first that shows `until`."""

    def __init__(self, until: str) -> None:
        self.ticks: list[tuple[str, float, float, str]] = []
        self._until = until

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        self.ticks.append((model, seconds, megabytes, last_line))
        if last_line == self._until:
            raise CancelledError


def test_what_tick_raises_ends_the_job(jobs: Any, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    jobs.write(
        "jobs.py",
        f"import os, time\ndef train():\n    open({str(note)!r}, 'w').write(str(os.getpid()))\n"
        "    print('epoch 1')\n    print('epoch 2', flush=True)\n    time.sleep(900)\n",
    )
    recorder = Recorder("epoch 2")
    with pytest.raises(CancelledError):
        train(jobs.request("jobs:train"), recorder)
    model, seconds, megabytes, _ = recorder.ticks[-1]
    assert model == "churn"
    assert 0 < seconds < 100
    assert megabytes > 5
    assert gone(note)


def test_what_closes_every_descriptor_does_not_end_its_supervisor(jobs: Any) -> None:
    source = "import os, time\ndef train():\n    os.closerange(3, 256)\n    time.sleep(0.2)\n    return 1\n"
    assert jobs.function(source).artifact is not None


def test_jobs_run_side_by_side(jobs: Any, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import replace

    jobs.write("jobs.py", "def train(seed): return seed\n")
    requests = [replace(jobs.request("jobs:train"), seed=seed, work=tmp_path / f"work-{seed}") for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(train, requests))
    assert [model.log.parent.name for model in models] == [f"work-{seed}" for seed in range(4)]


def sleeper(cookie: str) -> subprocess.Popen[bytes]:
    code = "import time; time.sleep(900)"
    environment = {**os.environ, "ML_CI_JOB": cookie}
    return subprocess.Popen((sys.executable, "-c", code), env=environment, start_new_session=True)


def test_whoever_carries_the_cookie_belongs_to_the_job() -> None:
    """Where no supervisor adopts orphans (macOS), this is how daemons are found."""
    supervisor, daemon, other = sleeper("a"), sleeper("a"), sleeper("b")
    try:
        time.sleep(0.2)
        Family(supervisor.pid, "ML_CI_JOB=a").end()
        assert supervisor.wait(60) == -signal.SIGKILL
        daemon.wait(60)
        assert other.poll() is None
    finally:
        for process in (supervisor, daemon, other):
            process.kill()
            process.wait()


def test_a_peak_between_two_looks_counts(jobs: Any, failed: Failed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Family, "measure", lambda family: 0)
    source = "def train():\n    hog = bytearray(200_000_000)\n    return 1\n"
    found = failed(lambda: jobs.function(source, budget=Budget(seconds=100, memory=100_000_000)))
    assert (found.code, "its limit is 100 MB" in found.message) == ("memory-limit", True)
    assert (jobs.function(source).megabytes) > 200


@pytest.mark.parametrize("tells", [True, False], ids=["the system tells", "looking again and again"])
def test_a_process_is_waited_for_until_it_ends_or_the_time_is_up(tells: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not tells:
        monkeypatch.setattr(process, "_sleep_until_end", lambda pid, seconds: False)
    for code, seconds, returncode in (("", 30.0, 0), ("import sys; sys.exit(3)", 30.0, 3), ("input()", 0.05, None)):
        started = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        before = time.monotonic()
        process._wait(started, seconds)
        assert started.returncode == returncode
        assert time.monotonic() - before < 30.0
        assert returncode is not None or time.monotonic() - before >= 0.05
        started.communicate(b"\n")
        process._wait(started, 30.0)  # of one that was waited for already
        assert started.returncode in (0, 3)


# Runs a job, and dies after so many kills of what belongs to it, as a worker of a cluster that is told to exit does;
# who stands between it and the supervisor was killed before that.
DIES = """
import json, os, psutil, signal, sys
from pathlib import Path
from ml_ci.training.process import CHILD, Order, run
work, kills, first, kind = Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]
request = work / "request.json"
stays = "sleep 900 & sleep 900 & echo $$ $! > pids.part; mv pids.part pids; while :; do wait; sleep 1; done"
argv = ["sh", "-c", stays]
if kind == "function":  # as the program that calls one is started
    argv += [str(CHILD), "--work", str(request)]
said = {"format": 1, "argv": argv, "cwd": str(work), "result": str(work / "result.json")}
request.write_text(json.dumps({**said, "usage": str(work / "usage.json")}))
send = psutil.Process.send_signal
def kill(process, number):
    global kills
    if not kills:
        os._exit(0)
    kills -= 1
    send(process, number)
class Progress:
    def tick(self, model, seconds, megabytes, last_line):
        if (work / "pids").exists():
            psutil.Process.send_signal = kill
            for child in psutil.Process().children() if first == "killed" else ():
                os.kill(child.pid, signal.SIGKILL)
            if first == "stays":
                raise KeyboardInterrupt
run(Order("m", work, request, work / "log", dict(os.environ), 900.0), Progress())
"""


@pytest.mark.parametrize("kind", ["command", "function"])
@pytest.mark.parametrize("between", ["killed", "stays"])
@pytest.mark.parametrize("kills", range(6))
def test_who_dies_while_it_ends_a_job_leaves_nothing_of_it(tmp_path: Path, between: str, kills: int, kind: str) -> None:
    """What guards the job is ended last: until then it sees who dies, and ends the rest."""
    code = (sys.executable, "-c", DIES, str(tmp_path), str(kills), between, kind)
    subprocess.run(code, cwd=ROOT, timeout=120, capture_output=True)
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        (tmp_path / "pid").write_text(str(pid))
        assert gone(tmp_path / "pid", 10.0)

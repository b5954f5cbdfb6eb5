"""A scoring worker that dies, hangs or takes too much: it ends by name, within its limit, and leaves no process."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.values import Budget, Positive
from ml_ci.training.answering import open_worker
from ml_ci.training.values import AskRequest, Input, Interpreter

pytestmark = pytest.mark.slow

OWN = Interpreter(Path(sys.executable), sys.version_info[:3])
ROWS = "age,sex,income,member\n20,Male,1.5,True\n40,Female,2.5,False\n60,Male,3.5,True\n"

Make = Callable[..., AskRequest]
AGE = "def score(model: str, rows): return (rows.age / 100).tolist()"


def failed(call: Callable[[], object]) -> Failure:
    """Run something that has to fail, and give its failure."""
    with pytest.raises(StageFailed) as caught:
        call()
    return caught.value.failure


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., AskRequest]:
    """Ask for a worker that scores by a function `score` with this source."""
    pytest.importorskip("pandas", reason="pandas is not installed")

    def make(source: str, **options: Any) -> AskRequest:
        folder = tmp_path / "project"
        folder.mkdir()
        for name, content in (("own.py", source), ("rows.csv", ROWS), ("model.pkl", "not loaded")):
            (folder / name).write_text(content, encoding="utf-8")
        request = AskRequest(
            model="churn",
            artifact=folder / "model.pkl",
            folder=folder,
            work=tmp_path / "ask",
            rows=Input(str(folder / "rows.csv")),
            positive=Positive(values=(1,)),
            interpreter=OWN,
            environment=dict(os.environ),
            entry="own:score",
            labels=("0", "1"),
            count=3,
            budget=Budget(seconds=60.0),
        )
        return replace(request, **options)

    return make


ENDS = [
    ("raise ValueError('at import')", "predict-raised", "ValueError: at import"),
    ("import nowhere", "import", "nowhere"),
    ("def score(model: int, rows: int): pass", "model-load", ""),
    ("def score(model: str, rows): import os; os._exit(0)", "no-result", ""),
    ("def score(model: str, rows): import os; os._exit(7)", "job-exit", "exit code 7"),
    ("def score(model: str, rows): import os; os.kill(os.getpid(), 11)", "job-killed", "SIGSEGV"),
    ("def score(model: str, rows): import os; os.kill(os.getppid(), 9); import time; time.sleep(60)", "job-killed", "SIGKILL"),
    ("def score(model: str, rows): import os; os.closerange(3, 256)\n", "no-result", "closed what ml-ci asks it by"),
    ("def score(model: str, rows): import time; time.sleep(60)", "ask-limit", "longer than 1 s to answer for 2 rows"),
    ("def score(model: str, rows):\n    while True: pass", "ask-limit", ""),
    ("import time; time.sleep(60)", "ask-limit", "to load the model and the rows"),
    ("def score(model: str, rows): x = bytearray(400_000_000); import time; time.sleep(60)", "memory-limit", "300 MB"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "code", "said"), ENDS)
def test_a_worker_that_dies_or_hangs_ends_by_name_and_leaves_nothing(
    request_for: Make, tmp_path: Path, source: str, code: str, said: str
) -> None:
    slow = "import time" in source.partition("\n")[0].partition("def")[0]
    request = request_for(source, budget=Budget(seconds=1.0 if slow else 60.0, memory=300_000_000))

    def ask() -> None:
        with open_worker(request) as worker:
            first = failed(lambda: worker.ask([0, 1], {}, seconds=1.0 if code == "ask-limit" else 30.0))
            assert failed(lambda: worker.ask([0], {})) == first  # it is gone, and says so again
            raise StageFailed(first)

    started = time.monotonic()
    found = failed(ask)
    assert found.code == code
    assert said in found.message
    assert found.stage == "evaluation"
    assert time.monotonic() - started < 20
    assert not _of(tmp_path)


def _of(work: Path) -> list[psutil.Process]:
    """Give the processes that a job left: each has its folder on its PATH."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(work) in process.environ().get("PATH", ""):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_body_that_fails_ends_the_worker(request_for: Make, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_worker(request_for(AGE)) as worker:
        worker.ask([0], {})
        raise ZeroDivisionError
    assert not _of(tmp_path)


def test_a_program_that_the_model_starts_does_not_hold_the_line(request_for: Make, tmp_path: Path) -> None:
    source = "import subprocess, sys\ndef score(model: str, rows):\n    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n    return (rows.age / 100).tolist()"
    started = time.monotonic()
    with open_worker(request_for(source)) as worker:
        worker.ask([0], {})
    assert time.monotonic() - started < 20
    assert not _of(tmp_path)


def test_the_worker_ends_with_the_process_that_asks(request_for: Make, tmp_path: Path) -> None:
    request = request_for("def score(model: str, rows): import time; open('asked', 'w').close(); time.sleep(600)")
    script = tmp_path / "asks.py"
    (tmp_path / "request").write_bytes(pickle.dumps(request))
    script.write_text(
        "import pickle, sys\nfrom pathlib import Path\nfrom ml_ci.training.answering import open_worker\n"
        "with open_worker(pickle.loads(Path(sys.argv[1]).read_bytes())) as worker:\n    worker.ask([0], {}, seconds=600)\n"
    )
    process = subprocess.Popen((sys.executable, script, tmp_path / "request"), env=dict(os.environ))
    until = time.monotonic() + 60
    while not (tmp_path / "project" / "asked").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while _of(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _of(tmp_path)

"""A job that branches off from a stem is as one that starts by itself: what it sees, what it leaves, how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from ml_ci.errors import Failure, StageFailed
from ml_ci.spec.values import Budget, Positive
from ml_ci.training import adopting, stems
from ml_ci.training.answering import open_worker
from ml_ci.training.job import train
from ml_ci.training.stems import open_stems
from ml_ci.training.values import AskRequest, Input

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="jobs branch off on Linux only")
Failed = Callable[[Callable[[], object]], Failure]

# Leaves what a program can see of its process, and whether it branched off; what differs in each job has no name here.
LOOK = '''
import numpy

def train(out, seed: int):
    """Look around."""
    import json, os, random, resource, signal, sys, threading
    from pathlib import Path
    def argv_of(pid):
        return Path("/proc/%d/cmdline" % pid).read_text().split("\\0")
    open_files = {name: os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")
                  if os.path.exists("/proc/self/fd/" + name)}
    seen = {
        "stem": "--stem" in argv_of(os.getppid()),
        "environment": {k: v for k, v in os.environ.items() if k != "ML_CI_JOB"},
        "cookie": len(os.environ["ML_CI_JOB"]),
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "path": sys.path,
        "cwd": os.getcwd(),
        "main": sys.modules["__main__"].__file__,
        "hash": hash("a text"),
        "random": [random.random(), float(numpy.random.rand())],
        "files": {name: at.split(":")[0] for name, at in open_files.items()},
        "stdin": os.fstat(0).st_rdev,
        "session": os.getsid(0) == os.getppid() and os.getpgrp() == os.getppid(),
        "threads": threading.active_count(),
        "finders": [type(one).__name__ if not isinstance(one, type) else one.__name__ for one in sys.meta_path],
        "signals": [str(signal.getsignal(one)) for one in (2, 13, 15, 17)],
        "blocked": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
        "limits": [resource.getrlimit(one) for one in range(10)],
        "modules": sorted(name for name in sys.modules if not name.startswith("ml_ci_child")),
        "buffered": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stdout.encoding, sys.stdout.errors],
        "umask": os.umask(0o22),
        "dumpable": os.access("/proc/self/mem", os.R_OK | os.W_OK) and os.stat("/proc/self").st_uid,
        "nice": os.nice(0),
    }
    (out / "seen.json").write_text(json.dumps(seen))
    return out / "seen.json"
'''


@pytest.fixture
def opened() -> Iterator[None]:
    with open_stems():
        yield


def look(jobs: Any, **options: Any) -> dict[str, Any]:
    made = jobs.function(LOOK, **options)
    return json.loads(made.artifact.read_text())  # type: ignore[no-any-return]


def test_a_job_sees_what_it_sees_when_it_starts_by_itself(jobs: Any) -> None:
    alone = look(jobs, seed=3)
    with open_stems():
        branched, again = look(jobs, seed=3), look(jobs, seed=3)
    assert (alone.pop("stem"), branched.pop("stem"), again.pop("stem")) == (False, True, True)
    more = set(branched.pop("modules")) ^ set(alone.pop("modules"))
    again.pop("modules")
    assert branched == alone
    assert again == alone
    assert {name.partition(".")[0] for name in more} <= STEM_ONLY


# What the stem itself, and what a fresh process itself, needs of the standard library.
STEM_ONLY = {"array", "_socket", "socket", "selectors", "gc", "ctypes", "_ctypes", "fcntl", "ml_ci_startup", "struct"}
STEM_ONLY |= {"_struct", "select", "math", "subprocess", "_posixsubprocess", "signal", "locale", "__future__"}

SCORER = """
import numpy
from sklearn.linear_model import LogisticRegression

def train(train, seed: int):
    import sklearn.linear_model
    model = LogisticRegression(C=seed + 1.0).fit(train[["x"]], train["y"])
    held = open("data/train.csv")
    sklearn.linear_model.LogisticRegression.predict_proba = lambda self, rows: numpy.zeros((len(rows), 2))
    sklearn.held = held
    return model
"""
ROWS = "x\n0.1\n0.4\n0.9\n"


def score(jobs: Any) -> tuple[bytes, bytes]:
    """Train and score; give the bytes of the model and of its scores."""
    made = jobs.function(SCORER, seed=1)
    scored = jobs.scored(made.artifact, ROWS, begins="jobs:train", seed=1)
    return made.artifact.read_bytes(), scored.predictions.read_bytes()


def test_what_a_training_does_to_its_libraries_is_not_there_when_its_model_scores(jobs: Any) -> None:
    jobs.table("train", "x,y\n" + "".join(f"{place / 40},{int(place > 18)}\n" for place in range(40)))
    alone = score(jobs)
    with open_stems():
        assert score(jobs) == alone
        assert len(stems._stems) == 1


def test_no_file_that_a_training_holds_open_is_open_in_another_job(jobs: Any, opened: None) -> None:
    hold = (
        "import numpy\ndef train(out):\n    import os, subprocess, sys\n    numpy.held = open('jobs.py')\n"
        "    os.set_inheritable(numpy.held.fileno(), True)\n    (out / 'x').touch()\n    return out / 'x'"
    )
    jobs.function(hold)
    seen = look(jobs)
    assert seen["stem"]
    assert not [at for at in seen["files"].values() if at.endswith("jobs.py")]


@pytest.mark.parametrize(
    ("files", "begin"),
    [
        ({}, "import os\nos.environ['A'] = '1'\n"),
        ({}, "import features\n"),
        ({"numpy_financial.py": ""}, "import numpy_financial\n"),
        # The job's own file of a library's name
        ({"numpy.py": "class random:\n    rand = staticmethod(lambda: 0.5)\n"}, ""),
    ],
)
def test_a_job_that_may_differ_starts_by_itself(jobs: Any, opened: None, files: dict[str, str], begin: str) -> None:
    for path, content in {"features.py": "", **files}.items():
        jobs.write(path, content)
    made = jobs.function(begin + LOOK)
    seen = json.loads(made.artifact.read_text())
    assert not seen["stem"]
    assert ("numpy.py" in files) == (seen["random"][1] == 0.5)


def test_a_library_that_says_something_at_its_import_says_it_in_every_log(jobs: Any, tmp_path: Path) -> None:
    at = tmp_path / "lib" / "site-packages"
    (at / "joblib").mkdir(parents=True)
    (at / "joblib" / "__init__.py").write_text("print('deprecated!')")
    jobs.environment["PYTHONPATH"] = str(at)
    source = "import joblib\ndef train(out):\n    (out / 'x').touch()\n    return out / 'x'"
    with open_stems():
        for _ in range(2):
            assert "deprecated!" in jobs.function(source).log.read_text()
        assert list(stems._stems.values()) == [None]


@pytest.mark.parametrize("how", ["sitecustomize", "module", "relative"])
def test_a_python_that_begins_otherwise_has_no_stem(jobs: Any, tmp_path: Path, opened: None, how: str) -> None:
    at = tmp_path / "own"
    at.mkdir()
    (at / ("sitecustomize.py" if how == "sitecustomize" else "joblib.py")).write_text("X = 1")
    jobs.environment["PYTHONPATH"] = "own" if how == "relative" else str(at)
    made = jobs.function(LOOK if how != "module" else "import joblib\n" + LOOK)
    assert not json.loads(made.artifact.read_text())["stem"]


def test_jobs_of_other_variables_have_another_stem_and_there_are_two_at_most(jobs: Any, opened: None) -> None:
    found = []
    for value in ("1", "2", "3", "1"):
        jobs.environment["OPENBLAS_NUM_THREADS"] = value
        seen = look(jobs)
        found.append(seen["stem"])
        assert seen["environment"]["OPENBLAS_NUM_THREADS"] == value
    assert found == [True, True, False, True]
    assert len(stems._stems) == 2


def test_no_stem_has_what_is_withheld_from_jobs(jobs: Any, opened: None) -> None:
    look(jobs)
    (stem,) = stems._stems.values()
    assert stem is not None
    environment = psutil.Process(stem._process.pid).environ()
    assert "GITHUB_TOKEN" not in environment
    assert "PATH" in environment


ENDINGS = {
    "raises": ("raise ValueError('no')", "job-raised", "ValueError: no"),
    "exits": ("import os; os._exit(3)", "job-exit", "exit code 3"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "job-killed", "SIGKILL"),
    "crashes": ("import os; os.kill(os.getpid(), 11)", "job-killed", "SIGSEGV"),
    "kills its supervisor": ("import os, time; os.kill(os.getppid(), 9); time.sleep(900)", "job-killed", "SIGKILL"),
    "kills its stem": ("import os, time; os.kill(STEM, 9); time.sleep(900)", "job-killed", "SIGKILL"),
    "is late": ("import time; time.sleep(900)", "time-limit", "its limit is 4 s"),
    "is large": ("held = bytearray(900_000_000); import time; time.sleep(900)", "memory-limit", "600 MB"),
}


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("how", ENDINGS)
def test_every_end_is_told_as_of_a_job_by_itself(
    jobs: Any, failed: Failed, opened: None, monkeypatch: pytest.MonkeyPatch, how: str, own: bool
) -> None:
    monkeypatch.setattr(adopting, "_is_own", own)
    does, code, said = ENDINGS[how]
    find = "int(open('/proc/%d/stat' % os.getppid()).read().rpartition(')')[2].split()[1])"
    source = f"import numpy\ndef train():\n    {does.replace('STEM', find)}\n    return 1\n"
    limits = Budget(seconds=4.0 if how == "is late" else 60.0, memory=600_000_000 if how == "is large" else None)
    found = failed(lambda: jobs.function(source, budget=limits))
    assert (found.code, said in found.message) == (code, True), found
    assert look(jobs)["stem"] is (how != "kills its stem")


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # also where it ends while it is looked at
        return False


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("supervised", [True, False])
def test_nothing_that_a_job_starts_outlives_it(
    jobs: Any, tmp_path: Path, opened: None, monkeypatch: pytest.MonkeyPatch, supervised: bool, own: bool
) -> None:
    monkeypatch.setattr(adopting, "_is_own", own)
    source = f"""
import numpy
def train(out):
    import os, time
    at = {str(tmp_path / "stray")!r}
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.environ.clear()
            with open(at + ".part", "w") as stream:
                stream.write(str(os.getpid()))
            os.rename(at + ".part", at)
            time.sleep(900)
        os._exit(0)
    os.wait()
    while not os.path.exists(at):
        time.sleep(0.01)
    if not {supervised}:
        os.kill(os.getppid(), 9)
        time.sleep(900)
    (out / "x").touch()
    return out / "x"
"""
    if supervised:
        jobs.function(source)
    else:
        with pytest.raises(StageFailed):
            jobs.function(source)
    pid = int((tmp_path / "stray").read_text())
    until = time.monotonic() + 30
    while _runs(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_model_that_branched_off_answers_as_long_as_it_is_asked(jobs: Any, opened: None) -> None:
    jobs.write("jobs.py", "import numpy\ndef train(out):\n    (out / 'x').touch()\n    return out / 'x'\n")
    jobs.write("own.py", "import numpy\ndef score(model: str, rows): return (rows.x / 10).tolist()\n")
    jobs.function((jobs.folder / "jobs.py").read_text())
    made = jobs.request("jobs:train")
    asked = AskRequest(
        model="churn",
        artifact=jobs.write("model.pkl", "not loaded"),
        folder=made.folder,
        work=jobs.work / "ask",
        rows=Input(str(jobs.write("rows.csv", "x\n1.0\n2.0\n4.0\n"))),
        positive=Positive(values=(1,)),
        interpreter=made.interpreter,
        environment=made.environment,
        entry="own:score",
        labels=("0", "1"),
        count=3,
        budget=Budget(seconds=60.0),
    )
    with open_worker(asked) as worker:
        (stem,) = stems._stems.values()
        assert stem is not None
        assert stem.is_busy()
        assert worker.ask([2, 0], {}).scores.tolist() == [0.4, 0.1]
        assert worker.ask([1], {"x": [3.0]}).scores.tolist() == [0.3]
    assert not stem.is_busy()


def test_what_is_imported_once_counts_for_every_job(jobs: Any, opened: None) -> None:
    source = "import numpy\ndef train(out):\n    (out / 'x').touch()\n    return out / 'x'"
    seconds = [jobs.function(source).seconds for _ in range(2)]
    (stem,) = stems._stems.values()
    assert stem is not None
    assert min(seconds) > stem.seconds > 0.01


def test_a_stem_ends_with_what_it_was_opened_for_and_with_ml_ci(jobs: Any) -> None:
    with open_stems():
        look(jobs)
        (stem,) = stems._stems.values()
        assert stem is not None
    assert not stems._stems
    assert not psutil.pid_exists(stem._process.pid)
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from ml_ci.training import stems; from ml_ci.training.stems import Lead, find_stem, open_stems\n"
        "with open_stems():\n"
        "    lead = Lead(Path(sys.executable), ('import numpy',), frozenset(), Path('/x/y'), (), dict(os.environ))\n"
        "    find_stem(lead); (stem,) = stems._stems.values(); print(stem._process.pid, flush=True); time.sleep(900)"
    )
    with subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert psutil.pid_exists(pid)
        process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while psutil.pid_exists(pid):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_without_a_stem_opened_every_job_starts_by_itself(jobs: Any) -> None:
    assert not look(jobs)["stem"]


def test_several_jobs_branch_off_at_once(jobs: Any, opened: None) -> None:
    from threading import Thread

    jobs.write("jobs.py", LOOK)
    made: list[Any] = []

    def one(place: int) -> None:
        work = jobs.work / str(place)
        work.mkdir()
        made.append(train(replace(jobs.request("jobs:train"), work=work)))

    threads = [Thread(target=one, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [json.loads(one.artifact.read_text())["stem"] for one in made] == [True] * 4
    assert len(stems._stems) == 1

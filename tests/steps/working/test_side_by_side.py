from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from ml_ci.cli.progress import PlainLines
from ml_ci.errors import Failure, StageFailed
from ml_ci.pipeline import plan, run
from ml_ci.steps.slots import Slots
from ml_ci.steps.working.room import time_work
from ml_ci.steps.working.side_by_side import OneAtATime, StoppedError, work_side_by_side

NEEDS = {"top": ("bottom",), "bottom": (), "alone": ()}


class Diary:
    """Note what is worked on while it is; those of `meet` stay at work until all of them are."""

    def __init__(self, *meet: str) -> None:
        self.at_work: set[str] = set()
        self.beside: set[frozenset[str]] = set()
        self.order: list[str] = []
        self._lock = threading.Lock()
        self._meet = meet
        self._met = threading.Barrier(len(meet) or 1)

    def work(self, name: str) -> str:
        with self._lock:
            self.at_work.add(name)
            self.order.append(name)
            self.beside.add(frozenset(self.at_work))
        if name in self._meet:
            self._met.wait(60)
        time.sleep(0.05)  # one too many would be seen
        with self._lock:
            self.at_work.remove(name)
        return name.upper()


def having(jobs: int) -> Any:
    """Give a project with so many slots."""
    return SimpleNamespace(slots=Slots(jobs), stops=())


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_everything_is_done_behind_what_it_needs(jobs: int) -> None:
    diary = Diary(*(("bottom", "alone") if jobs > 1 else ()))
    done = work_side_by_side(having(jobs), ["top", "bottom", "alone"], NEEDS, diary.work, Event())
    assert done == {"top": "TOP", "bottom": "BOTTOM", "alone": "ALONE"}
    assert diary.order.index("bottom") < diary.order.index("top")
    assert not any({"top", "bottom"} <= together for together in diary.beside)
    assert (frozenset({"bottom", "alone"}) in diary.beside) == (jobs > 1)


def test_no_more_than_jobs_at_a_time() -> None:
    diary = Diary("0", "1", "2")
    work_side_by_side(having(3), [str(number) for number in range(7)], {}, diary.work, Event())
    assert max(map(len, diary.beside)) == 3


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_what_one_raises_stops_the_others_and_propagates(kind: type[BaseException]) -> None:
    stop, seen = Event(), []

    def work(name: str) -> None:
        if name == "bad":
            raise kind("no")
        seen.append(stop.wait(60))

    with pytest.raises(kind):
        work_side_by_side(having(2), ["good", "bad"], {}, work, stop)
    assert seen == [True], "the other was told, and waited for"


def test_a_job_that_ticks_after_the_stop_ends() -> None:
    class Noted:
        def begin(self, *_: object) -> None: ...
        def tick(self, *_: object) -> None: ...
        def end(self, *_: object) -> None: ...

        def stopped(self, *_: object) -> None: ...
        def note(self, *_: object) -> None: ...

    progress = OneAtATime(Noted())
    progress.tick("m", 0.0, 0.0, "")
    progress.stop.set()
    with pytest.raises(StoppedError):
        progress.tick("m", 0.0, 0.0, "")
    with pytest.raises(StoppedError):
        progress.begin("m", "training")
    progress.end("m", "training", 0.0)


SPEC = """\
version: 1
models:
  top:
    run: python top.py {{needs.embedder}} {{data.train}} {{data.holdout}} {{out}}
    needs: [embedder]
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    {rest}
  embedder:
    run: python embed.py {{data.train}} {{data.holdout}} {{out}}
    outputs: {{model: "{{out}}/cut.txt", predictions: "{{out}}/predictions.csv"}}
    {rest}
  other:
    run: python embed.py {{data.train}} {{data.holdout}} {{out}}
    outputs: {{predictions: "{{out}}/predictions.csv"}}
    {rest}
"""
REST = """\
data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.5]"""
LIBRARY = """\
import csv, sys
def predict(at, holdout, out):
    rows = list(csv.DictReader(open(holdout)))
    open(out + "/predictions.csv", "w").write("prediction\\n" + "".join("%d\\n" % (int(r["x"]) >= at) for r in rows))
"""
EMBED = (
    LIBRARY
    + """\
train, holdout, out = sys.argv[1:]
at = min(int(row["x"]) for row in csv.DictReader(open(train)) if row["y"] == "1")
open(out + "/cut.txt", "w").write(str(at))
predict(at, holdout, out)
"""
)
TOP = (
    LIBRARY
    + """\
cut, train, holdout, out = sys.argv[1:]
predict(int(open(cut).read()), holdout, out)
"""
)


@pytest.fixture
def graph(project: Any) -> Any:
    """Give a project in which `top` builds on `embedder`, and `other` on nothing."""
    files = {"ml-ci.yaml": SPEC.format(rest=REST), "embed.py": EMBED, "top.py": TOP}
    project.commit(files, "Three models")
    return project


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_order_of_the_file(graph: Any, jobs: int) -> None:
    report = graph.run(jobs=jobs)
    assert list(report.models) == ["top", "embedder", "other"]
    assert {model.verdict for model in report.models.values()} == {"pass"}
    assert graph.trainings == 3


def test_what_is_only_needed_is_trained_too(graph: Any) -> None:
    assert plan(graph.options(models=("top",)))["top"].notes == ("`embedder`, which it needs, is trained first",)
    report = graph.run(models=("top",))
    assert (list(report.models), report.verdict, graph.trainings) == (["top"], "pass", 2)
    assert plan(graph.options(models=("top",)))["top"].notes == ()


def test_a_change_upstream_reaches_the_models_below_with_its_reason(graph: Any) -> None:
    graph.run()
    graph.edit("embed.py", "at = min(", "at = 1 + min(")
    graph.commit()
    plans = plan(graph.options())
    assert {name: one.action for name, one in plans.items()} == {"top": "train", "embedder": "train", "other": "train"}
    (needs,) = plans["top"].changes
    assert (needs.part, needs.summary) == ("needs.embedder", "trained again, for its code")
    assert needs.details == ("code: embed.py: at",)
    assert [change.part for change in plans["embedder"].changes] == ["code"]


def test_a_gate_upstream_reaches_nobody_below(graph: Any) -> None:
    graph.run()
    text = (graph.path / "ml-ci.yaml").read_text()
    at = text.index("  embedder:")
    (graph.path / "ml-ci.yaml").write_text(text[:at] + text[at:].replace("fnr <= 0.5", "fnr <= 0.4", 1))
    graph.commit()
    plans = plan(graph.options())
    assert {name: one.changes for name, one in plans.items() if name != "embedder"} == {"top": (), "other": ()}
    assert {one.action for one in plans.values()} == {"reuse"}


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_model_that_fails_takes_down_those_that_need_it_and_no_other(graph: Any, jobs: int) -> None:
    graph.edit("embed.py", "train, holdout, out = sys.argv[1:]", "raise SystemExit('no embedding today')")
    text = (graph.path / "ml-ci.yaml").read_text()
    at = text.index("  other:")
    (graph.path / "ml-ci.yaml").write_text(text[:at] + text[at:].replace("embed.py", "other.py"))
    graph.commit({"other.py": EMBED})
    report = graph.run(jobs=jobs, baseline="none")
    assert {name: model.verdict for name, model in report.models.items()} == {
        "top": "error",
        "embedder": "error",
        "other": "pass",
    }
    top = report.models["top"].failure
    assert top.code == "needs-failed"
    assert top.message.startswith("`embedder`, which this model needs, could not be trained (candidate): ")
    assert "no embedding today" in top.log_tail


def test_a_training_that_failed_is_not_tried_twice(graph: Any) -> None:
    begun: list[str] = []

    class Noted:
        def begin(self, model: str, what: str) -> None:
            begun.append(f"{model}: {what}")

        def tick(self, *_: object) -> None: ...
        def end(self, *_: object) -> None: ...

        def stopped(self, *_: object) -> None: ...
        def note(self, *_: object) -> None: ...

    graph.edit("embed.py", "train, holdout, out = sys.argv[1:]", "raise SystemExit('no')")
    run(graph.options(progress=Noted(), models=("top", "embedder"), baseline="none"))
    assert begun == ["embedder: training the candidate"]


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_an_interrupt_ends_all_jobs(graph: Any, number: int, tmp_path: Path) -> None:
    mark = "job-"
    sleeping = (
        f"import sys, time\nopen({str(tmp_path)!r} + '/at-' + {mark!r} + str(time.time_ns()), 'w')\ntime.sleep(600)\n"
    )
    graph.commit({"embed.py": sleeping})
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-m", "ml_ci", "run", "--jobs", "2", "--baseline", "none"],
        cwd=graph.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("at-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(list(tmp_path.glob("at-*"))) == 2, "embedder and other run side by side"
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert not re.search(r"Traceback", err)
    assert not list((graph.path / ".ml_ci" / "work").glob("*/*")), "no workplace is left"


def test_work_that_failed_is_said_to_have_failed(capsys: Any) -> None:
    def fails() -> None:
        raise StageFailed(Failure("training", "job-exit", "the job ended with exit code 1"))

    project: Any = SimpleNamespace(options=SimpleNamespace(progress=PlainLines()))
    with pytest.raises(StageFailed):
        time_work(project, "churn", "training the candidate", fails)
    begun, ended = capsys.readouterr().err.splitlines()
    assert begun == "churn: training the candidate …"
    assert ended == "churn: training the candidate, which failed, took 0.0 s"


@pytest.mark.parametrize("error", [KeyboardInterrupt, StoppedError])
def test_work_that_is_stopped_is_not_said_to_have_taken_its_time(error: type[BaseException], capsys: Any) -> None:
    def stops() -> None:
        raise error

    project: Any = SimpleNamespace(options=SimpleNamespace(progress=PlainLines()))
    with pytest.raises(error):
        time_work(project, "churn", "training the candidate", stops)
    said = capsys.readouterr().err
    assert "churn: training the candidate was stopped after 0.0 s" in said
    assert "took" not in said

"""Sides, further seeds, folds, mixtures and commits: several at a time leave what they leave one after another."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from ml_ci.cli.progress import PlainLines
from ml_ci.explain.values import Mixture
from ml_ci.pipeline import run
from ml_ci.questions import bisect, explain
from ml_ci.reports.values import Report
from ml_ci.spec.resources import Resources
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.causes.explain import Ask
from ml_ci.training import executors, process
from ml_ci.training.process import Order, Outcome
from ml_ci.training.progress import Progress

# Each training says when it began and ended, and waits until as many go on as are to meet, once in a run.
MEETS = """\
import os, time
place, here = {place!r}, str(time.time_ns())
began = time.time()
open(place + "/going/" + here, "w").close()
while not os.path.exists(place + "/met") and time.time() < began + 60:
    if len(os.listdir(place + "/going")) >= int(open(place + "/meet").read()):
        open(place + "/met", "w").close()
    time.sleep(0.02)
"""
LEAVE = """
    open(place + "/spans/" + here, "w").write(f"{began} {time.time()}")
    os.remove(place + "/going/" + here)
"""
TWO = """\
version: 1
models:
  cut: &cut
    run: python train.py {data.train} {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    params: {more: 0}
    seeds: 5
    gates: [fnr <= baseline.fnr + 0.1]
"""


class Looked:
    """A project whose trainings are looked at."""

    def __init__(self, project: Any, place: Path) -> None:
        self.project, self.place = project, place
        for folder in ("going", "spans"):
            (place / folder).mkdir(parents=True)
        self.await_meeting(1)
        job = (project.path / "train.py").read_text()
        job = MEETS.format(place=str(place)) + job.replace('+ "\\n")\n', '+ "\\n")' + LEAVE, 1)
        project.commit({"train.py": job, "ml-ci.yaml": TWO}, "Look at it")

    def await_meeting(self, number: int) -> None:
        """Forget what was seen, and have so many trainings meet in the next run."""
        for one in [*self.place.glob("spans/*"), *self.place.glob("met")]:
            one.unlink()
        (self.place / "meet").write_text(str(number))
        self.project.repository.git("clean", "-fdxq", ".ml_ci")

    @property
    def seen(self) -> tuple[int, int]:
        """How many trainings went on at once, at the most, and how many there were."""
        spans = [tuple(map(float, one.read_text().split())) for one in self.place.glob("spans/*")]
        ends = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
        return max(itertools.accumulate(step for _, step in ends)), len(spans)


@pytest.fixture
def looked(project: Any, tmp_path: Path) -> Looked:
    return Looked(project, tmp_path / "seen")


def told(report: Report) -> list[object]:
    """Give what a report says without how long anything took, and when."""
    models = report.models.items()
    done = {name: sorted((deed.kind, deed.side) for deed in one.done or ()) for name, one in models}
    return [(name, one.verdict, one.gates, one.failure, one.changes, done[name]) for name, one in models]


def kept(project: Any) -> set[tuple[str, str]]:
    """Name the records that there are."""
    records = project.path / ".ml_ci" / "records"
    return {(at.parent.parent.name, at.parent.name) for at in records.rglob("record.json")}


def test_sides_and_seeds_at_once_leave_what_they_leave_one_after_another(looked: Looked, capsys: Any) -> None:
    project = looked.project
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    one, records = told(project.run(jobs=1)), kept(project)
    assert looked.seen == (1, 10)
    looked.await_meeting(3)
    capsys.readouterr()
    report = run(replace(project.options(jobs=3), progress=PlainLines()))
    assert (told(report), kept(project)) == (one, records)
    assert looked.seen == (3, 10)
    said = capsys.readouterr().err
    for work in (f"{side} (seed {seed})" for side in ("candidate", "baseline") for seed in range(5)):
        assert f"cut: training the {work} …" in said
        assert f"cut: training the {work} took" in said
    logs = {one.name for one in (project.path / ".ml_ci" / "logs").iterdir()}
    seeds = ("", "-seed1", "-seed2", "-seed3", "-seed4")
    assert logs == {f"cut-{side}{seed}.log" for side in ("candidate", "baseline") for seed in seeds}


def test_models_and_their_sides_share_the_slots(looked: Looked) -> None:
    project = looked.project
    text = (project.path / "ml-ci.yaml").read_text().replace("seeds: 5", "seeds: 1")
    others = "".join(text[text.index("  cut:") :].replace("cut: &cut", f"other{number}:") for number in range(2))
    project.commit({"ml-ci.yaml": text + others.replace("more: 0", "more: 1", 1)}, "Three models")
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    looked.await_meeting(2)
    report = project.run(jobs=2)
    assert {one.verdict for one in report.models.values()} == {"pass"}
    assert looked.seen[0] == 2


@pytest.mark.parametrize(
    ("wrong", "trained"),
    [("raise SystemExit('no luck')", 1), ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 0)],
    ids=["by its own fault", "perhaps not by its own fault"],
)
def test_what_fails_is_told_as_one_after_another(looked: Looked, wrong: str, trained: int) -> None:
    """The base is tried where the change does not train by its own fault, to know whose failure it is."""
    project = looked.project
    project.edit("train.py", "import os, time", wrong)
    reports = []
    for jobs in (1, 4):
        looked.await_meeting(1 if trained else 99)
        report = project.run(jobs=jobs)
        model = report.models["cut"]
        assert model.failure is not None
        said = re.sub(r"\d[\d.,]*", "#", model.failure.message)
        reports.append((model.failure.code, said, model.failure.hint, model.verdict, model.cautions))
        assert (project.trainings > 0) == bool(trained), f"--jobs {jobs}: the base is tried, or its training is ended"
    assert reports[0] == reports[1]


class Wide:
    """An executor with room for three jobs, on this machine."""

    asked = 0

    def __call__(self, order: Order, progress: Progress) -> Outcome:
        return process.run(order, progress)

    def lacks(self, resources: Resources) -> str:
        return ""

    def slots(self, resources: Resources | None) -> int:
        Wide.asked += 1
        return 1 if resources and resources.gpus else 3


def test_without_a_number_it_is_the_executor_that_says_how_many(
    looked: Looked, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("wide_executor")
    module.connect = lambda address: Wide()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(executors.EXECUTORS, "wide", f"{module.__name__}:connect")
    monkeypatch.setenv(executors.VARIABLE, "wide://here")
    project = looked.project
    project.edit("train.py", "BIAS = 4", "BIAS = 5")
    looked.await_meeting(3)
    assert project.run().verdict == "pass"
    assert (looked.seen, Wide.asked) == ((3, 10), 1)
    assert project.run().verdict == "pass"
    assert Wide.asked == 1, "nothing is to be done: nobody is asked"


def test_folds_are_trained_at_once(looked: Looked) -> None:
    project = looked.project
    spec = TWO.replace("holdout: data/holdout.csv", "holdout: {of: train, folds: 3}").replace("seeds: 5", "seeds: 1")
    project.commit({"ml-ci.yaml": spec.replace("fnr <= baseline.fnr + 0.1", "fnr <= 1")}, "Folds")
    one = told(project.run(jobs=1, baseline="none"))
    assert looked.seen == (1, 4)
    looked.await_meeting(4)
    assert told(project.run(jobs=4, baseline="none")) == one
    assert looked.seen == (4, 4)


def _count(mixture: Mixture) -> object:
    return mixture.new, mixture.evaluation.confusion


@pytest.mark.slow
def test_mixtures_are_made_at_once(looked: Looked, data: Any) -> None:
    project = looked.project
    project.edit("ml-ci.yaml", "seeds: 5", "seeds: 1")
    project.commit(message="One seed")
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    project.edit("ml-ci.yaml", "more: 0", "more: 2")
    project.commit({"data/train.csv": data(22)}, "Three changes")
    (one,) = explain(project.options(jobs=1, baseline="HEAD~1"), Ask(anyway=True))
    assert looked.seen == (1, 8)
    looked.await_meeting(2)  # first the sides, then the others
    (several,) = explain(project.options(jobs=4, baseline="HEAD~1"), Ask(anyway=True))
    assert several.attributions == one.attributions
    assert list(map(_count, several.mixtures)) == list(map(_count, one.mixtures))
    assert (2 <= looked.seen[0] <= 4, looked.seen[1]) == (True, 8)


@pytest.mark.slow
def test_commits_are_judged_at_once(looked: Looked, data: Any) -> None:
    project = looked.project
    project.edit("ml-ci.yaml", "seeds: 5", "seeds: 1")
    good = project.commit(message="One seed")
    for number in range(8):
        project.edit("ml-ci.yaml", f"more: {number}", f"more: {number + 1}")
        project.commit({"data/train.csv": data(30 if number >= 5 else 20)}, f"Change {number}")
    one = bisect(project.options(jobs=1), "cut", Search(good, gate="fnr <= baseline.fnr + 0.1"))
    looked.await_meeting(2)  # first the ends, then those between
    several = bisect(project.options(jobs=3), "cut", Search(good, gate="fnr <= baseline.fnr + 0.1"))
    assert replace(several, trainings=0) == replace(one, trainings=0)
    assert several.trainings >= one.trainings
    assert (2 <= looked.seen[0] <= 3, looked.seen[1]) == (True, several.trainings)


@pytest.fixture
def endless(project: Any, tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """Give a project with a training that does not end, and where each says that it began."""
    mark = tmp_path / "begun"
    mark.mkdir()
    wait = f"import time\nopen({str(mark)!r} + '/' + str(time.time_ns()), 'w')\ntime.sleep(600)\n"
    project.commit({"train.py": wait, "ml-ci.yaml": TWO}, "Endless")
    (project.path / "train.py").write_text(wait + "# more\nmore = 1\n")
    yield project, mark


@pytest.mark.slow
def test_an_interrupt_ends_all_that_was_handed_out(endless: tuple[Any, Path]) -> None:
    project, mark = endless
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    argv = [sys.executable, "-m", "ml_ci", "run", "--jobs", "3"]
    process = subprocess.Popen(
        argv, cwd=project.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while len(list(mark.iterdir())) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(list(mark.iterdir())) == 3, "both sides, and a seed"
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert not re.search(r"Traceback", err)
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert len(list(mark.iterdir())) == 3, "nothing more was begun"
    assert not list((project.path / ".ml_ci" / "work").glob("*/*")), "no workplace is left"

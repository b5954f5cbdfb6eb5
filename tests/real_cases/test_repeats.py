"""A model that answers differently each time (`repeats:`): a change of nothing never fails, a worse one does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_ci.gates.yardstick import OWN
from ml_ci.pipeline import run
from ml_ci.questions import bisect, examine
from ml_ci.reports.values import Report
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.values import Options

# whole runs: `.ci/run` runs them apart
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_imports")]

TRAIN = """\
import os
import pandas


def train(train, seed):
    open(os.environ["MARKS"], "a").write("train\\n")
    return [20]
"""
# Real noise: of each 100 rows some 15 are answered otherwise the next time.
SCORE = """\
import os
import pandas

WORSE = 0


def noise(most):
    return int.from_bytes(os.urandom(4), "big") % most


def score(model, rows):
    open(os.environ["MARKS"], "a").write("score\\n")
    return [0.9 if x + noise(7) - 3 >= model[0] - WORSE else 0.1 for x in rows["x"]]
"""
SPEC = """\
version: 1
models:
  noisy:
    train: job:train
    predict: scorer:score
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    env: [MARKS]
    repeats: 8
    gates: [fpr <= baseline.fpr]
"""


def table(times: int) -> str:
    return "x,y\n" + "".join(f"{x},{int(x >= 20)}\n" for x in range(40)) * times


@dataclass
class Project:
    """A repository with a noisy model on `main`, and the branch `change` checked out."""

    repository: Any
    marks: Path

    @property
    def path(self) -> Path:
        return Path(self.repository.path)

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))

    def options(self, **asked: Any) -> Options:
        return Options(start=self.path, environment={**os.environ, "MARKS": str(self.marks)}, **asked)

    def run(self, **asked: Any) -> tuple[Report, dict[str, int]]:
        """Run, and give the report with how often was trained and scored."""
        self.marks.write_text("")
        report = run(self.options(**asked))
        done = self.marks.read_text().splitlines()
        return report, {one: done.count(one) for one in ("train", "score")}


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name one file for all tests: jobs whose variables differ do not share what they import."""
    return tmp_path_factory.mktemp("marks") / "marks"


@pytest.fixture
def project(repository: Any, marks: Path) -> Project:
    files = {"job.py": TRAIN, "scorer.py": SCORE, "train.csv": table(1), "holdout.csv": table(20)}
    repository.commit({**files, "ml-ci.yaml": SPEC, ".gitignore": ".ml_ci/\n"})
    repository.git("switch", "-q", "-c", "change")
    return Project(repository, marks)


def test_a_change_of_nothing_never_fails_and_a_worse_one_does(project: Project) -> None:
    """What is scored by is another each time, and answers the same: 10 runs of both sides, each with real noise."""
    project.edit("ml-ci.yaml", "repeats: 8", "repeats: 6")
    verdicts = []
    for number in range(10):
        project.edit("scorer.py", f"WORSE = {'0 + ' * number}0", f"WORSE = {'0 + ' * (number + 1)}0")
        report, done = project.run()
        assert done == {"train": int(number == 0), "score": 6 if number else 12}
        verdicts.append(report.models["noisy"].gates[0].verdict)
    # All are held against one baseline: where that was lucky, none may pass, and none may fail.
    assert set(verdicts) <= {"pass", "inconclusive"}, verdicts
    project.edit("scorer.py", f"WORSE = {'0 + ' * 10}0", "WORSE = 5")
    report, _ = project.run()
    (gate,) = report.models["noisy"].gates
    assert gate.verdict == report.verdict == "fail"
    assert "over 6 repetitions FPR" in gate.reason


def test_with_a_confidence_a_worse_one_fails_and_nothing_else_does(project: Project) -> None:
    project.edit("ml-ci.yaml", "    gates:", "    confidence: 0.95\n    gates:")
    project.edit("scorer.py", "WORSE = 0", "WORSE = 0 + 0")
    report, _ = project.run()
    (gate,) = report.models["noisy"].gates
    assert gate.verdict in ("pass", "inconclusive")
    assert gate.unit == "rows"
    assert gate.clusters == 400
    project.edit("scorer.py", "WORSE = 0 + 0", "WORSE = 5")
    report, _ = project.run()
    assert report.models["noisy"].gates[0].verdict == "fail"
    project.edit("ml-ci.yaml", "fpr <= baseline.fpr", "fpr <= baseline.fpr + 0.4")
    report, done = project.run()
    assert report.models["noisy"].gates[0].verdict == "pass"
    assert done == {"train": 0, "score": 0}


def test_other_repeats_train_nothing_and_ask_for_the_further_ones_alone(project: Project) -> None:
    project.edit("scorer.py", "WORSE = 0", "WORSE = 0 + 0")
    project.edit("ml-ci.yaml", "repeats: 8", "repeats: 2")
    project.repository.commit({"ml-ci.yaml": (project.path / "ml-ci.yaml").read_text()})
    asked = []
    for repeats in (2, 5, 3, 5, 1):
        text = (project.path / "ml-ci.yaml").read_text()
        (project.path / "ml-ci.yaml").write_text(
            "".join(f"    repeats: {repeats}\n" if "repeats:" in line else line for line in text.splitlines(True))
        )
        report, done = project.run()
        asked.append((done["train"], done["score"]))
        assert report.models["noisy"].candidate is not None
        assert report.models["noisy"].candidate.confusion.rows == 800 * repeats
    assert asked == [(1, 4), (0, 6), (0, 0), (0, 0), (0, 0)]


def test_what_doctor_says_helps_when_it_is_done(project: Project) -> None:
    project.edit("ml-ci.yaml", "    repeats: 8\n", "")
    found = {one.check: one for one in examine(project.options(), determinism=True)}
    assert not found["scoring"].good
    assert "repeats: 5" in found["scoring"].hint
    project.edit("ml-ci.yaml", "    gates:", "    repeats: 5\n    gates:")
    assert all(one.good for one in examine(project.options(), determinism=True))


def test_a_changed_yardstick_is_judged_by_all_answers_too(project: Project) -> None:
    """Relabelled rows: both sides are judged by the base's labels as well, from the answers that there are."""
    project.edit("ml-ci.yaml", "repeats: 8", "repeats: 2")
    project.repository.commit({"ml-ci.yaml": (project.path / "ml-ci.yaml").read_text()})
    text = (project.path / "holdout.csv").read_text()
    (project.path / "holdout.csv").write_text(text.replace("\n5,0\n", "\n5,1\n", 3))
    report, done = project.run()
    own, base = report.models["noisy"].yardsticks
    assert (own.source, done) == (OWN, {"train": 1, "score": 2})
    assert base.candidate is not None
    assert base.candidate.rows == own.candidate.rows == 2 * 800
    assert "3 rows with another label" in base.changed
    assert {one.verdict for one in base.gates} <= {"pass", "inconclusive"}


def test_bisect_asks_as_often(project: Project) -> None:
    project.edit("ml-ci.yaml", "repeats: 8", "repeats: 2")
    project.edit("ml-ci.yaml", "fpr <= baseline.fpr", "fpr <= 0.2")
    good = project.repository.commit({"ml-ci.yaml": (project.path / "ml-ci.yaml").read_text()}, "Good")
    project.edit("scorer.py", "WORSE = 0", "WORSE = 9")
    bad = project.repository.commit({"scorer.py": (project.path / "scorer.py").read_text()}, "Worse")
    project.repository.commit({"README.md": "nothing"}, "Nothing")
    project.marks.write_text("")
    found = bisect(project.options(), "noisy", Search(good=str(good), bad="HEAD"))
    assert found.commit.id == str(bad)
    assert project.marks.read_text().count("score") == 4, "two models, each twice"

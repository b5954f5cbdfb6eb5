"""What made a model worse, where jobs make what it is trained and judged on: in real histories."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.explain.values import Explanation
from ml_ci.questions import bisect, explain
from ml_ci.steps.causes.bisect import Search
from ml_ci.steps.causes.explain import Ask
from ml_ci.steps.values import Options

pytestmark = pytest.mark.slow

FEATURES = """\
import csv

SCALE = 1
LEAST = 0

def keep(row, part):
    return row["part"] == part and not (part == "train" and row["y"] == "1" and int(row["x"]) < LEAST)

def write(source, part, target):
    rows = [{**row, "x": int(row["x"]) * SCALE} for row in csv.DictReader(open(source)) if keep(row, part)]
    with open(target, "w") as file:
        writer = csv.DictWriter(file, ["id", "x", "y"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
"""
SPLIT = "import features\nfor part in ('train', 'test'): features.write('data/raw.csv', part, f'made/{part}.csv')\n"
ONE = "import sys, features\nfeatures.write('data/raw.csv', sys.argv[1], f'made/{sys.argv[1]}.csv')\n"
TRAIN = """\
import csv
from pathlib import Path

BIAS = 0

def read(path):
    with open(path) as file:
        return [{name: int(value or 0) for name, value in row.items()} for row in csv.DictReader(file)]

def fit(train: Path):
    return BIAS + min(row["x"] for row in read(train) if row["y"] == 1)

def score(at, rows: Path):
    return [int(row["x"] >= at) for row in read(rows)]
"""
MODEL = """\
models:
  m:
    train: train:fit
    predict: train:score
    data: {train: {job: TRAIN, path: made/train.csv}, holdout: HOLDOUT}
    label: y
    positive: 1
    id: id
    gates: [fnr <= 0.1]
"""
RAW = "id,x,y,part\n" + "".join(f"{x},{x},{int(x >= 40)},{('train', 'test')[x % 2]}\n" for x in range(80))
TEST = "id,x,y\n" + "".join(f"{x},{x},{int(x >= 40)}\n" for x in range(1, 80, 2))
ONE_JOB = """\
version: 1
jobs:
  split: {run: python split.py, outputs: [made/train.csv, made/test.csv]}
""" + MODEL.replace("TRAIN", "split").replace("HOLDOUT", "{job: split, path: made/test.csv}")
TWO_JOBS = """\
version: 1
jobs:
  train_part: {run: python one.py train, outputs: [made/train.csv]}
  test_part: {run: python one.py test, outputs: [made/test.csv]}
""" + MODEL.replace("TRAIN", "train_part").replace("HOLDOUT", "{job: test_part, path: made/test.csv}")
A_FILE = """\
version: 1
jobs:
  train_part: {run: python one.py train, outputs: [made/train.csv]}
""" + MODEL.replace("TRAIN", "train_part").replace("HOLDOUT", "data/test.csv")
LAYOUTS = {"one job": ONE_JOB, "two jobs": TWO_JOBS, "a file": A_FILE}
FILES = {
    "features.py": FEATURES, "split.py": SPLIT, "one.py": ONE, "train.py": TRAIN, "data/raw.csv": RAW,
    "data/test.csv": TEST, ".gitignore": ".ml_ci\n",
}  # fmt: skip


class History:
    """A repository with commits that change a transform and the training."""

    def __init__(self, repository: Any, layout: str) -> None:
        self.repository, self.path = repository, Path(repository.path)
        self.first = repository.commit({**FILES, "ml-ci.yaml": LAYOUTS[layout]}, "First")
        repository.git("checkout", "-qb", "change")

    def edit(self, path: str, old: str, new: str, title: str = "Change") -> None:
        text = (self.path / path).read_text()
        assert old in text
        (self.path / path).write_text(text.replace(old, new))
        self.repository.commit(None, title)

    @property
    def options(self) -> Options:
        return Options(start=self.path, environment=dict(os.environ))

    def explain(self, **asked: Any) -> Explanation:
        (found,) = explain(self.options, Ask(**asked))
        return found


def _share(found: Explanation) -> dict[str, Fraction]:
    (fnr,) = (one for one in found.attributions if one.metric == "fnr")
    return {share.part: share.share for share in fnr.shares}


FEWER = ("features.py", "LEAST = 0", "LEAST = 50")  # five of 20 positives are missed
BIASED = ("train.py", "BIAS = 0", "BIAS = 6")  # and three more
SCALED = ("features.py", "SCALE = 1", "SCALE = 10")  # undoes that, and does nothing by itself


@pytest.mark.parametrize("layout", LAYOUTS)
def test_changed_transform_is_the_cause(repository: Any, layout: str) -> None:
    history = History(repository, layout)
    history.edit(*FEWER)
    found = history.explain()
    assert found.failure is None
    assert found.reason == "only data.train changed: it accounts for the whole difference"
    assert _share(found) == {"data.train": Fraction(5, 20)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_transform_and_training_share_what_they_did(repository: Any, layout: str) -> None:
    history = History(repository, layout)
    history.edit(*FEWER)
    history.edit(*BIASED)
    found = history.explain()
    assert found.failure is None
    assert _share(found) == {"code": Fraction(3, 20), "data.train": Fraction(5, 20)}
    assert history.explain(dry=True).effort.trainings == 0


@pytest.mark.parametrize("layout", ["one job", "two jobs"])
def test_mixture_is_scored_on_the_features_that_it_was_trained_on(repository: Any, layout: str) -> None:
    history = History(repository, layout)
    history.edit(*BIASED)
    history.edit(*SCALED)
    found = history.explain(anyway=True)
    assert found.failure is None
    assert _share(found) == {"code": Fraction(3, 40), "data.train": Fraction(-3, 40)}


def _write_history(repository: Any, layout: str) -> History:
    history = History(repository, layout)
    history.edit("train.py", "BIAS = 0", "BIAS = 1", "Raise the bias")
    history.repository.commit({"README.md": "read me"}, "Describe")
    history.edit("features.py", "import csv", "import csv  # rows", "Comment")
    history.edit(*FEWER, "Drop what is small")
    history.repository.commit({"LICENSE": "none"}, "License")
    history.edit("train.py", "BIAS = 1", "BIAS = 0", "Lower the bias")
    return history


@pytest.mark.parametrize("layout", ["one job", "a file"])
def test_bisect_finds_the_commit_that_changed_the_transform(repository: Any, layout: str) -> None:
    history = _write_history(repository, layout)
    found = bisect(history.options, "m", Search(history.first))
    assert found.commit.title == "Drop what is small"
    (change,) = (one for one in found.changes if one.part == "data.train")
    assert change.summary.startswith(f"the job `{'split' if layout == 'one job' else 'train_part'}` made it anew, for ")
    assert bisect(history.options, "m", Search(history.first)).trainings == 0


def test_bisect_on_the_command_line_names_the_transform(
    repository: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = _write_history(repository, "two jobs")
    monkeypatch.chdir(history.path)
    assert call(["bisect", "m", "--good", history.first]) == 0
    said = capsys.readouterr().out
    assert "Drop what is small" in said
    assert "the job `train_part` made it anew" in said

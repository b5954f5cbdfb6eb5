"""Which commit the candidate is compared with, when the tree is not clean."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.values import Options

TRAIN = "import csv, helper\n\ndef train(train):\n    return csv\n"
SPEC = """\
version: 1
models:
  cut:
    train: job:train
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.5]
"""
FILES = {
    "job.py": TRAIN,
    "data/train.csv": "x,y\n1,0\n2,1\n",
    "data/holdout.csv": "x,y\n3,0\n4,1\n",
    "ml-ci.yaml": SPEC,
}


@pytest.mark.parametrize(
    ("left", "source"),
    [
        ({}, "first parent"),
        ({"report.md": "left by a run"}, "first parent"),
        ({"data/notes.txt": "nothing reads this"}, "first parent"),
        ({"helper.py": "new = 1"}, "HEAD"),
        ({"data/train.csv": "x,y\n1,0\n2,1\n5,1\n"}, "HEAD"),
        ({"README": "edited"}, "HEAD"),
    ],
)
def test_on_the_default_branch(repository: Any, left: Any, source: Any) -> None:
    repository.commit({**FILES, "README": "first"})
    repository.commit({"README": "second"})
    repository.write(left)
    options = Options(start=repository.path)
    sides = Fingerprints(open_project(locate(options), options)).sides("cut")
    assert sides.source.startswith(source)

"""Both sides asked about edited rows: each by its own commit's code and threshold, on the candidate's holdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.asks import Ask
from ml_ci.errors import StageFailed
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.sides import Fingerprints
from ml_ci.steps.working.ask import open_asker
from ml_ci.steps.working.workshop import Workshop, open_workshop

MODEL = """\
import csv
from pathlib import Path

def train(train: Path, out: Path):
    (out / "model").write_text("100")
    return out / "model"

def score(model: Path, rows: Path):
    return [int(row["x"]) / int(model.read_text()) for row in csv.DictReader(open(rows))]
"""
SPEC = """\
version: 1
models:
  cut:
    train: own:train
    predict: own:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr]
"""
Opens = Callable[[Any], Any]


@contextmanager
def opened(project: Any) -> Iterator[Workshop]:
    found = open_project(locate(project.options()), project.options())
    with open_workshop(found, Fingerprints(found).sides("cut")) as shop:
        yield shop


@pytest.fixture
def asked(project: Any) -> Any:
    project.commit({"own.py": MODEL, "ml-ci.yaml": SPEC}, "A model that can be asked")
    return project


def test_each_side_answers_by_its_own_code_and_threshold(asked: Any) -> None:
    asked.repository.git("checkout", "-q", "-b", "change")
    asked.edit("own.py", "/ int(model.read_text()) for", "/ int(model.read_text()) / 2 for")
    asked.edit("ml-ci.yaml", "predict:", "threshold: 0.3\n    predict:")
    asked.commit()
    ask = Ask(np.array([5, 5, 30]), {"x": [20, 70, 60]})
    with opened(asked) as shop:
        assert shop.sides.baseline is not None
        with open_asker(shop, shop.sides.candidate) as candidate, open_asker(shop, shop.sides.baseline) as baseline:
            first, second = candidate(ask), baseline(ask)
            untouched = candidate(Ask(np.array([39, 0])))
    assert first.scores.tolist() == [0.1, 0.35, 0.3]
    assert first.decisions.tolist() == [0, 1, 1]
    assert second.scores.tolist() == [0.2, 0.7, 0.6]
    assert second.decisions.tolist() == [0, 1, 1]
    assert untouched.scores.tolist() == [0.195, 0.0]


def test_a_side_may_be_asked_again_and_within_another_time(asked: Any) -> None:
    asked.edit(
        "own.py", "    return [", "    import time; time.sleep(2 * (b',7\\n' in open(rows, 'rb').read()))\n    return ["
    )
    asked.edit("own.py", "b',7", "b'7")
    with opened(asked) as shop:
        side = shop.sides.candidate
        for _ in range(2):
            with open_asker(shop, side) as candidate:
                assert candidate(Ask(np.array([0]), {"x": [50]})).scores.tolist() == [0.5]
        with open_asker(shop, side) as candidate, pytest.raises(StageFailed) as caught:
            candidate.within(0.5)(Ask(np.array([0]), {"x": [7]}))
    assert caught.value.failure.code == "ask-limit"


def test_a_row_without_an_answer_is_neither_positive_nor_negative(asked: Any) -> None:
    with opened(asked) as shop, open_asker(shop, shop.sides.candidate) as candidate:
        found = candidate(Ask(np.array([0, 1, 2]), {"x": [60, "sixty", 40]}))
    assert found.decisions.tolist() == [1, -1, 0]
    assert list(found.errors) == [1]
    assert "ValueError" in found.errors[1]


def test_a_threshold_of_a_rate_is_the_one_that_judges(asked: Any) -> None:
    asked.edit("ml-ci.yaml", "predict:", "threshold: fpr=0.1\n    predict:")
    asked.edit("ml-ci.yaml", "train: data/train.csv,", "train: data/train.csv, validation: data/train.csv,")
    with opened(asked) as shop, open_asker(shop, shop.sides.candidate) as candidate:
        found = candidate(Ask(np.array([0, 0, 0]), {"x": [17, 18, 19]}))
    assert found.decisions.tolist() == [0, 1, 1]  # 2 of 20 negatives


def test_a_model_that_leaves_predictions_only_cannot_be_asked(project: Any) -> None:
    with opened(project) as shop, pytest.raises(StageFailed) as caught, open_asker(shop, shop.sides.candidate):
        pass
    assert caught.value.failure.code == "no-model-to-ask"
    assert "predict:" in caught.value.failure.hint

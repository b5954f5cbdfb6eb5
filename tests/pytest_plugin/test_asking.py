"""Tests that ask a model, in sessions of their own: `rows` and `ask`."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest

pytestmark = pytest.mark.slow

OWN = """\
import csv
import os
from pathlib import Path

def train(train: Path, out: Path):
    with open(os.environ["TRAININGS"], "a") as log:
        log.write("trained\\n")
    (out / "model").write_text("100")
    return out / "model"

def score(model: Path, rows: Path):
    return [_score(row, int(model.read_text())) for row in csv.DictReader(open(rows))]

def _score(row, most):
    x = float(row["x"])
    if row["region"] == "moon":
        raise KeyError("moon")
    return min(max((x - 20 * (row["region"] == "US" and x > 60)) / most, 0), 1)
"""
SPEC = """\
version: 1
models:
  churn:
    train: own:train
    predict: own:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: bought
    positive: 1
    env: [TRAININGS]
    gates: [fnr <= 0.9]
"""
TESTS = """\
import pytest
from hypothesis import given, settings
from pytest_ml_ci.strategies import rows

pytestmark = pytest.mark.ml_model("churn")

@given(row=rows("churn"))
def test_more_x_never_hurts(row, ask):
    assert ask(row, x=min(row["x"] + 10, 99)).score >= ask(row).score - 0.01

@given(row=rows("churn"))
def test_the_region_does_not_matter_below_60(row, ask):
    found = ask([row, {**row, "region": "US"}], x=50)
    assert found[0].score == found[1].score

def test_one_row(ask):
    assert ask({"x": 70, "region": "EU"}).decision
    assert ask.baseline({"x": 70, "region": "EU"}).score == 0.7
    assert not ask({"region": "moon"}).answered
"""


def holdout() -> str:
    rows = [f"{at % 100},{('EU', 'US')[at % 2]},n{at:04d},{int(at % 100 >= 50)}" for at in range(200)]
    return "x,region,name,bought\n" + "\n".join(rows) + "\n"


@pytest.fixture
def asked(untrained: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a project with a model that can be asked."""
    monkeypatch.setenv("TRAININGS", str(untrained.log))
    untrained.write(own=OWN, test_own=TESTS)
    (untrained.path / "train.py").unlink()
    for name in ("train", "holdout"):
        (untrained.path / "data" / f"{name}.csv").write_text(holdout())
    (untrained.path / "ml-ci.yaml").write_text(SPEC)
    untrained.git("switch", "-q", "main")
    untrained.commit()
    untrained.git("switch", "-q", "-C", "change")
    return untrained


def test_a_test_asks_about_rows_of_the_holdout(asked: Any, spread: tuple[str, ...]) -> None:
    result = asked.run_subprocess(*(("-p", "xdist", "-n2") if spread else ()), "--ml-ci", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=3, failed=1)
    text = result.stdout.str()
    assert re.search(r"test_more_x_never_hurts tried \d+ distinct rows", text)
    assert "test_one_row tried" not in text
    shown = re.findall(r"row=(<row of churn: [^>]*>)", text)
    assert shown
    assert not re.search(r"n0\d\d\d", text.split("tried")[0]), "no name of the holdout is in the log"
    assert asked.trainings() == 1
    assert "Flaky" not in text


def test_in_ci_the_same_rows_are_tried(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    told = []
    for arguments in ((), (), ("--ml-ci-explore",)):
        result = asked.run_subprocess("--ml-ci", *arguments, "-k", "region or fnr")
        result.assert_outcomes(passed=2)
        told += re.findall(r"tried ([\d,]+) distinct", result.stdout.str())
        shutil.rmtree(asked.path / ".hypothesis", ignore_errors=True)
    first, again, explored = (int(number.replace(",", "")) for number in told)
    assert first == again <= 100 < explored


def test_without_the_option_it_is_skipped(asked: Any) -> None:
    result = asked.run_subprocess("-rs")
    result.assert_outcomes(skipped=3)
    assert "needs --ml-ci" in result.stdout.str()


MISTAKES = """\
import pytest

@pytest.mark.ml_model("churn")
@pytest.mark.parametrize("asked", [{"regoin": "EU"}, {"bought": 1}])
def test_column(ask, asked):
    ask(asked)

@pytest.mark.ml_model("churn")
def test_no_answer(ask):
    assert ask({"region": "moon"}).score > 0

@pytest.mark.ml_model("churn")
def test_none(ask):
    assert ask([]) == []
"""


def test_a_mistake_is_told_with_what_to_do(asked: Any) -> None:
    asked.write(test_own=MISTAKES)
    result = asked.run_subprocess("--ml-ci")
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(["*no column 'regoin'*", "*is the label, which no model is given*"])
    assert "_edits(" not in result.stdout.str()
    assert not re.search(r"n0\d\d\d", result.stdout.str())
    result.stdout.fnmatch_lines(["*the model gave no answer to this row: *raised KeyError: 'moon'*"])


def test_a_model_that_cannot_be_asked_says_so_once_for_each_test(project: Any) -> None:
    project.write(test_own=MISTAKES)
    result = project.run_subprocess("--ml-ci", "-k", "test_none")
    assert "leaves predictions and no model" in result.stdout.str()
    result.assert_outcomes(failed=1)

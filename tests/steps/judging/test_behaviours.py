"""What is said of behaviours beside their gates."""

from __future__ import annotations

import pytest

from ml_ci.evaluation.values import Behaved, Shown
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging.behaviours import caution_behaviours, note_behaviours

SPEC = """\
version: 1
models:
  churn:
    train: a:b
    data: {holdout: h.csv}
    label: y
    positive: 1
    behaviours: {blind: {vary: sex}}
    gates: [GATES]
"""


def model(gates: str = "blind <= 0.1") -> ModelSpec:
    return load(SPEC.replace("GATES", gates), "ml-ci.yaml").models["churn"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Behaved("vary"), []),
        (
            Behaved("vary", still=("sex",)),
            ["blind: no answer of the candidate changes with `sex`: it does not take the column."],
        ),
        (Behaved("vary", why="the candidate could not be asked: x"), ["blind: the candidate could not be asked: x."]),
        (
            Behaved("vary", shown=Shown("sex m → f flips it", ("age=40", "sex=m,f g"))),
            ["blind is broken: sex m → f flips it (`ml-ci ask churn age=40 'sex=m,f g'`)."],
        ),
        (Behaved("vary", shown=Shown("sex m → f flips it")), ["blind is broken: sex m → f flips it."]),
        (
            Behaved("vary", shown=Shown("sex m → f flips it", beyond=True)),
            ["blind is broken beyond the holdout's rows: sex m → f flips it."],
        ),
        (
            Behaved("vary", shown=Shown("name O'Neill, sex m → f flips it", full=True)),
            ["blind is broken: the row stands in .ml_ci/report.json."],
        ),
        (
            Behaved("vary", shown=Shown("", beyond=True)),
            ["blind is broken beyond the holdout's rows: on a row that is not shown."],
        ),
    ],
)
def test_notes(found: Behaved, said: list[str]) -> None:
    assert list(note_behaviours(model(), {"blind": found})) == said


@pytest.mark.parametrize(
    ("gates", "cautioned"),
    [
        ("blind <= 0.1", True),
        ("accuracy >= 0.9, blind <= 0.1", True),
        ("fnr <= 0.1, blind <= 0.1", False),
        ('blind <= 0.1, "each(fpr, by=a) <= 0.1"', False),
        ("recall >= baseline.recall", False),
    ],
)
def test_behaviours_without_an_error_rate_are_cautioned(gates: str, cautioned: bool) -> None:
    assert bool(list(caution_behaviours(model(gates)))) == cautioned

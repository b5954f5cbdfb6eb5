"""What to do next, word for word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.reports import advice
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import ModelReport, Report

Reports = dict[str, Callable[[], Report]]

_NEXT = {
    "passed": "",
    "failed_by_data": "Look at what changed in data/train.csv, or undo it, and run again.",
    "failed_by_code": "ml-ci explain churn says which of the changes did how much of it.",
    "inconclusive": "Label more rows for the holdout, or loosen the gate on purpose; "
    "ml-ci power churn says what this holdout can prove.",
    "crashed": "Fill or drop the missing values in data/train.csv, or run churn.train:train by itself",
    "nothing_gated": "Add `gates:` to ml-ci.yaml, for example: [fpr <= 0.05].",
    "one_class": "Give the holdout rows on which every gate is defined: "
    "both classes, in every slice that a gate names.",
}


def _only(report: Report) -> tuple[str, ModelReport]:
    return next(iter(report.models.items()))


@pytest.mark.parametrize(("report", "said"), _NEXT.items())
def test_next_steps(reports: Reports, report: str, said: str) -> None:
    assert plain(advice.next_steps(*_only(reports[report]()))) == said


def test_again_names_the_model_only_among_several(reports: Reports) -> None:
    assert plain(advice.again("churn", reports["passed"]())) == "ml-ci run --baseline 3f2c1ab"
    assert plain(advice.again("fraud", reports["two_models"]())) == "ml-ci run --model fraud"
    one = reports["two_models"]()
    odd = replace(one, models={**one.models, "a b; rm": one.models["churn"]})
    assert plain(advice.again("a b; rm", odd)) == "ml-ci run --model 'a b; rm' --baseline 3f2c1ab"


def test_more_rows_are_asked_for_only_where_they_help(reports: Reports) -> None:
    name, model = _only(reports["forty_rows"]())
    unprovable = replace(model, gates=(replace(model.gates[0], needs=None),))
    said = f"Improve the model, or loosen the gate on purpose; ml-ci power {name} says what this holdout can prove."
    assert plain(advice.next_steps(name, unprovable)) == said

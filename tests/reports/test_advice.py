"""What to do next, word for word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.changes.values import Change
from ml_ci.gates.values import Verdict
from ml_ci.reports import advice, causes
from ml_ci.reports.pieces import plain
from ml_ci.reports.values import BehaviourReport, ModelReport, Report

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


OF_BASELINE = (
    "The model is the baseline's, and the baseline fails this gate too: choose another limit, or merge the gate after "
    "a better model."
)


@pytest.mark.parametrize(
    ("changes", "other", "said"),
    [
        ((Change("gates", "fnr <= 0.1 added"),), False, OF_BASELINE),
        ((Change("gates", "fnr <= 0.1 added"), Change("metrics", "slices: none → [region]")), False, OF_BASELINE),
        ((), False, OF_BASELINE),
        # Its rows are other ones: what it failed on before is not known.
        ((Change("gates", "x"), Change("data.holdout", "+3 rows")), False, "Look at what changed in"),
        ((Change("gates", "x"), Change("code", "train.py")), True, "Improve the model or undo the change"),
    ],
)
def test_a_new_gate_that_the_baseline_fails_too(
    changes: tuple[Change, ...], other: bool, said: str, reports: Reports
) -> None:
    """`explain` and `undo the change` lead nowhere where the model is the one that there was."""
    name, model = _only(reports["failed_by_data"]())
    assert model.candidate is not None
    same = replace(
        model, changes=changes, baseline=replace(model.candidate, record="another" if other else model.candidate.record)
    )
    assert plain(advice.next_steps(name, same)).startswith(said)


@pytest.mark.parametrize(
    ("caution", "lowered"),
    [
        ("`{}` was loosened in this change to `x <= 1`: judged by the old.", True),
        ("`{}` was removed in this change: judged by it all the same.", True),
        ("`{}` of the stage `live` was loosened in this change to `x <= 1`: judged by the old.", True),
        ("`tpr >= 0.5` was loosened in this change to `tpr >= 0.1`: judged by the old.", False),
        ("The candidate calls no row positive.", False),
    ],
)
@pytest.mark.parametrize("verdict", ["fail", "inconclusive"])
def test_a_gate_that_the_change_lowers(caution: str, lowered: bool, verdict: Verdict, reports: Reports) -> None:
    """It stood in a commit of its own already, perhaps: to say so again would lead nowhere."""
    name, model = _only(reports["failed_by_data"]())
    wrong = next(gate for gate in model.gates if gate.verdict == "fail")
    gates = (replace(wrong, verdict=verdict),)
    model = replace(model, verdict=verdict, gates=gates, cautions=(caution.format(wrong.condition),))
    said = plain(advice.next_steps(name, model))
    assert ("merged by a person who may merge over its status" in said) is lowered
    assert said.startswith(f"This change lowers {wrong.condition}, and is judged by the old gate") is lowered


def test_more_rows_are_asked_for_only_where_they_help(reports: Reports) -> None:
    name, model = _only(reports["forty_rows"]())
    unprovable = replace(model, gates=(replace(model.gates[0], needs=None),))
    said = f"Improve the model, or loosen the gate on purpose; ml-ci power {name} says what this holdout can prove."
    assert plain(advice.next_steps(name, unprovable)) == said


@pytest.mark.parametrize(
    ("says", "before", "served"),
    [
        ("same: served, run: ask {rows} {out}", 0.0, True),
        ("same: served, run: ask {rows} {out}", 0.09, False),
        ("vary: sex", 0.0, False),
    ],
)
def test_a_service_that_answers_otherwise_than_the_baselines(
    reports: Reports, says: str, before: float, served: bool
) -> None:
    name, model = _only(reports["failed_by_data"]())
    assert model.candidate is not None
    gate = replace(model.gates[0], condition="served <= 0", verdict="fail", value=0.09, baseline=before)
    behaviours = {"served": BehaviourReport("same", says)}
    same = replace(model, changes=(), gates=(gate,), baseline=model.candidate, behaviours=behaviours)
    said = plain(advice.next_steps(name, same))
    assert said.startswith("Compare what the service does to a row" if served else OF_BASELINE)
    told = plain(causes.cause(same))
    assert told == (
        "The model is the baseline's: what serves it has changed."
        if served
        else "Nothing that this model depends on has changed."
    )

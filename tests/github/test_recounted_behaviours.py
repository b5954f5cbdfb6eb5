"""A report's behaviours cross as JSON, and are judged again from their counts by the base's own definition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Shown
from ml_ci.gates.values import GateResult
from ml_ci.gates.yardstick import OWN, Yardstick
from ml_ci.reports.as_json import from_json, schema, to_json
from ml_ci.reports.values import BehaviourReport, Broken, ModelReport, Report, Side
from ml_ci.review.recounted import recounted
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec

SPEC = """\
version: 1
models:
  m:
    train: a:b
    data: {holdout: h.csv}
    label: y
    positive: 1
    behaviours: {blind: {vary: sex}, known: {cases: c.csv}}
    gates: [fpr <= 0.5, blind <= 0.02, "each(blind, by=a) <= 0.1", blind <= baseline.blind + 0.01 @ 0.95, known <= 0]
"""
GATES = tuple(
    GateResult(text, "pass", slice_)
    for text, slice_ in (
        ("fpr <= 0.5", None),
        ("blind <= 0.02", None),
        ("each(blind, by=a) <= 0.1", "a = x"),
        ("each(blind, by=a) <= 0.1", "a = y"),
        ("blind <= baseline.blind + 0.01 @ 0.95", None),
        ("known <= 0", None),
    )
)
SHOWN = Shown("sex m → f alone flips the decision", ("sex=m,f",))


@pytest.fixture
def model() -> ModelSpec:
    return load(SPEC, "ml-ci.yaml").models["m"]


@pytest.fixture
def found() -> ModelReport:
    """Give an honest report that passes."""
    whole = Confusion(tp=700, fp=10, tn=1290, fn=0)
    slices = {"a": {"x": (1500, 8), "y": (500, 2)}}
    blind = BehaviourReport(
        "vary", "vary: sex", 2000, Broken(2000, 10, 1, slices), Broken(2000, 9, 0, slices), shown=SHOWN
    )
    known = BehaviourReport("cases", "cases: c.csv", 3, Broken(3, 0), Broken(3, 1), certain=True)
    side = Side("r", whole, {}, {"a": {"x": whole}})
    return ModelReport(
        "pass",
        "train",
        candidate=side,
        baseline=replace(side, record="s", source="main"),
        gates=GATES,
        behaviours={"blind": blind, "known": known},
    )


def as_report(found: ModelReport) -> Report:
    return Report("pass", None, None, {"m": found})


def test_crosses_as_json_and_back(found: ModelReport) -> None:
    back = from_json(to_json(as_report(found))).models["m"]
    assert back.behaviours == found.behaviours
    said = to_json(as_report(found))["models"]["m"]["behaviours"]["blind"]
    assert {"kind", "rows", "applies", "broken", "no_answer", "counterexample"} <= said.keys()
    assert (said["applies"], said["broken"], said["no_answer"]) == (2000, 10, 1)
    assert said["counterexample"]["words"] == SHOWN.words
    assert "behaviours" in schema()["$defs"]["_Model"]["properties"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"broken": 2001}, "more rows are broken than it applies to"),
        ({"no_answer": 11}, "more rows have no answer than are broken"),
        ({"kind": "<script>"}, "kind"),
        ({"rows": -1}, "rows"),
        ({"slices": {"a": {"x": {"applies": 1, "broken": 2}}}}, "more rows are broken than it applies to"),
    ],
)
def test_refuses_what_cannot_be(found: ModelReport, edit: dict[str, Any], said: str) -> None:
    data = to_json(as_report(found))
    data["models"]["m"]["behaviours"]["blind"] |= edit
    with pytest.raises(UserError, match=said):
        from_json(data)


def test_an_honest_report_stays_as_it_is(found: ModelReport, model: ModelSpec) -> None:
    assert recounted(found, model) == found


def test_what_behaviours_came_to_on_the_bases_rows_is_taken_as_it_was_measured(
    found: ModelReport, model: ModelSpec
) -> None:
    counts = Confusion(tp=70, fp=1, tn=129, fn=0)
    base = Yardstick("the base 3f2c1ab", "pass", GATES, 200, candidate=counts, baseline=counts)
    judged = replace(found, yardsticks=(Yardstick(OWN, "pass", GATES, 2000), base))
    assert recounted(judged, model) == judged


def change(found: ModelReport, name: str, **changed: Any) -> ModelReport:
    return replace(found, behaviours={**found.behaviours, name: replace(found.behaviours[name], **changed)})


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("blind", {"candidate": Broken(2000, 50)}, "`blind <= 0.02`: the report says pass, and its counts say: "),
        ("blind", {"candidate": None, "why": "x"}, "blind was not measured: x"),
        ("blind", {"candidate": Broken(2000, 10)}, "has no slices by a"),
        ("blind", {"baseline": None}, "there is no baseline"),
        ("blind", {"candidate": Broken(0, 0), "baseline": Broken(0, 0)}, "there are no rows to which it applies"),
        ("blind", {"baseline": Broken(1999, 9)}, "of blind: candidate and baseline are not of the same rows"),
        ("blind", {"says": "vary: race"}, "blind was measured as `vary: race`, and ml-ci.yaml says `vary: sex`"),
        ("blind", {"certain": True}, "blind is called no sample, and is another"),
        (
            "blind",
            {"candidate": Broken(2000, 10, 0, {"a": {"x": (1500, 8)}})},
            "of blind: the slices by a do not add up to all rows",
        ),
        ("known", {"candidate": Broken(3, 1)}, "`known <= 0`: the report says pass, and its counts say: "),
    ],
)
def test_a_forged_pass_is_an_error_that_names_the_gate(
    found: ModelReport, model: ModelSpec, name: str, changed: dict[str, Any], said: str
) -> None:
    judged = recounted(change(found, name, **changed), model)
    assert judged.verdict == "error"
    assert judged.failure is not None and said in judged.failure.message


def test_a_report_without_a_behaviour_does_not_pass_its_gate(found: ModelReport, model: ModelSpec) -> None:
    judged = recounted(replace(found, behaviours={}), model)
    assert judged.verdict == "error"
    assert judged.failure is not None and "blind was not measured" in judged.failure.message


def test_by_weight_the_measured_rate_is_held_against_the_limit(found: ModelReport, model: ModelSpec) -> None:
    from ml_ci.evaluation.clusters import Weighted

    weighed = replace(model, weight="w")
    assert found.candidate is not None and found.baseline is not None
    weights = Weighted(1400.0, 20.0, 2580.0, 0.0)
    slices = {"a": {"x": weights}}
    sides = [replace(side, weights=weights, slice_weights=slices) for side in (found.candidate, found.baseline)]
    by_weight = {name: Broken(2000, 10, 1, weights=(4000.0, broken)) for name, broken in (("ok", 60.5), ("bad", 90.5))}
    for name, verdict in (("ok", "pass"), ("bad", "error")):
        one = replace(found, candidate=sides[0], baseline=sides[1])
        one = change(one, "blind", candidate=by_weight[name], baseline=by_weight[name])
        known = Broken(3, 0, weights=(3.0, 0.0))
        one = change(one, "known", candidate=known, baseline=known)
        assert recounted(one, weighed).verdict == verdict, recounted(one, weighed).failure

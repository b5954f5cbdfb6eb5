"""Rates of rows that weigh unlike: in the JSON, in what is shown, and held against the gates on the trusted side."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from pytest_ml_ci.properties import properties

from ml_ci.conditions import parse
from ml_ci.errors import UserError
from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import metrics_of
from ml_ci.gates.values import GateResult
from ml_ci.reports.as_json import dumps, from_json, loads, schema, to_json
from ml_ci.reports.card_rates import rates as card_rates
from ml_ci.reports.differences import all_metrics, slice_rows
from ml_ci.reports.gate_rows import gate_rows
from ml_ci.reports.rates import rates
from ml_ci.reports.values import ModelReport, Report, Side
from ml_ci.review.recounted import recounted
from ml_ci.spec.values import FileEntry, FunctionJob, GateSpec, ModelSpec, Positive

ROWS, WEIGHTS = Confusion(tp=6, fp=2, tn=8, fn=4), Weighted(tp=6.0, fp=20.0, tn=8.0, fn=0.5)
SLICES = {"region": {"n": Confusion(tp=6, fp=2, tn=8, fn=4)}}
SIDE = Side("r1", ROWS, {}, SLICES, weights=WEIGHTS, slice_weights={"region": {"n": WEIGHTS}})
GATE = GateSpec("fnr <= 0.1", parse("fnr <= 0.1"))


def test_weights_of_one_are_the_rows() -> None:
    assert rates(ROWS) == metrics_of(ROWS)
    assert rates(ROWS, Weighted(6.0, 2.0, 8.0, 4.0)) == pytest.approx(metrics_of(ROWS))


def test_rates_are_those_of_the_weights() -> None:
    found = rates(ROWS, WEIGHTS)
    assert (found["fpr"], found["fnr"], found["precision"]) == pytest.approx((20 / 28, 0.5 / 6.5, 6 / 26))
    assert rates(Confusion(), Weighted())["fpr"] is None


def report(side: Side = SIDE, *gates: GateResult, baseline: Side | None = None) -> Report:
    verdict = gates[0].verdict if gates else "pass"
    model = ModelReport(verdict, "train", candidate=side, baseline=baseline, gates=gates)
    return Report(verdict, None, None, {"m": model})


def test_the_json_has_weights_beside_the_counts_and_is_read_back() -> None:
    data = to_json(report(SIDE, GateResult("fnr <= 0.1", "pass")))
    jsonschema.validate(data, schema())
    candidate = data["models"]["m"]["candidate"]
    assert (candidate["fn"], candidate["weights"]) == (4, {"tp": 6.0, "fp": 20.0, "tn": 8.0, "fn": 0.5})
    assert candidate["metrics"]["fnr"] == candidate["slices"]["region"]["n"]["fnr"] == pytest.approx(0.5 / 6.5)
    assert loads(dumps(from_json(data))).models["m"].candidate == SIDE
    plain = to_json(report(replace(SIDE, weights=None, slice_weights={})))["models"]["m"]["candidate"]
    assert "weights" not in plain and "weights" not in plain["slices"]["region"]["n"]


def _set(data: Any, place: str, value: Any) -> None:
    *steps, last = place.split(".")
    for step in steps:
        data = data[step]
    data[last] = value


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("weights", {"tp": -1, "fp": 1, "tn": 1, "fn": 1}, "weights"),
        ("weights", {"tp": 1e31, "fp": 1, "tn": 1, "fn": 1}, "weights"),
        ("weights", {"tp": 1.0, "fp": 1.0, "tn": 1.0, "fn": 0.0}, "weights are of other rows than tp, fp, tn and fn"),
        ("weights", {"tp": 1.0}, "weights"),
        ("weights", None, "not all slices have weights as the whole has"),
        ("slices.region.n.weights", None, "not all slices have weights as the whole has"),
    ],
)
def test_weights_that_cannot_be_are_refused(place: str, value: Any, said: str) -> None:
    data = json.loads(dumps(report(SIDE, GateResult("fnr <= 0.1", "pass"))))
    _set(data["models"]["m"]["candidate"], place, value)
    with pytest.raises(UserError) as caught:
        from_json(data)
    assert said in caught.value.message


def test_what_is_shown_is_of_the_weights() -> None:
    assert all_metrics(SIDE)["fnr"] == pytest.approx(0.5 / 6.5)
    [row], _ = slice_rows(report().models["m"], 5)
    assert (row.rows, row.fnr[1], row.fpr[1]) == (20, "7.7%", "71.4%")


@pytest.mark.parametrize(
    ("side", "weight", "verdict", "said"),
    [
        (SIDE, "w", "pass", ""),
        (replace(SIDE, weights=replace(WEIGHTS, fn=5.0)), "w", "error", "`fnr <= 0.1`"),
        (replace(SIDE, weights=None, slice_weights={}), "w", "error", "the candidate is counted without weights"),
        (SIDE, None, "error", "the candidate is counted with weights, and ml-ci.yaml says otherwise"),
    ],
)
def test_a_report_is_held_against_its_weights(side: Side, weight: str | None, verdict: str, said: str) -> None:
    model = ModelSpec(
        "m", FunctionJob("m:t"), {}, holdout=FileEntry("h.csv"), label="y", positive=Positive((1,)), gates=(GATE,)
    )
    gate = GateResult("fnr <= 0.1", "pass", value=0.077, limit=0.1)
    found = recounted(report(side, gate).models["m"], replace(model, weight=weight, confidence=0.95))
    assert found.verdict == verdict
    assert said in (found.failure.message if found.failure else "")


TOGETHER = GateResult(
    "fnr <= 0.1",
    "inconclusive",
    value=0.05,
    limit=0.1,
    needs=1_036,
    chance=0.8,
    clusters=310,
    unit="customers",
    design_effect=3.1,
    effective_rows=388.4,
    needs_clusters=130,
)


def test_a_gate_says_its_clusters_in_json_junit_and_the_comment() -> None:
    found = report(SIDE, TOGETHER)
    assert loads(dumps(found)).models["m"].gates == (TOGETHER,)
    [row] = gate_rows(found.models["m"], 5)[0]
    assert row.needs.startswith("about 130 more customers (1,036 positives) would decide it")
    known = dict(properties("m", found.models["m"], [TOGETHER], "inconclusive"))
    told = [known[f"ml_ci_{key}"] for key in ("clusters", "design_effect", "effective_rows")]
    assert told == ["310", "3.1", "388.4"]
    assert (
        not {"ml_ci_clusters", "ml_ci_design_effect"}
        & dict(properties("m", found.models["m"], [GateResult("fnr <= 0.1", "pass")], "pass")).keys()
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [("unit", "<b>"), ("unit", "x" * 41), ("clusters", -1), ("design_effect", -0.1), ("effective_rows", "7")],
)
def test_clusters_that_cannot_be_are_refused(key: str, value: Any) -> None:
    data = json.loads(dumps(report(SIDE, TOGETHER)))
    data["models"]["m"]["gates"][0][key] = value
    with pytest.raises(UserError, match=f"gates.0.{key}"):
        from_json(data)


@pytest.mark.parametrize(
    ("side", "gate", "told"),
    [
        (replace(SIDE, weights=None, slice_weights={}), replace(TOGETHER, clusters=None), False),
        (replace(SIDE, weights=None, slice_weights={}), TOGETHER, True),
        (SIDE, replace(TOGETHER, clusters=None), True),
    ],
)
def test_a_card_says_that_its_intervals_are_of_single_rows(side: Side, gate: GateResult, told: bool) -> None:
    said = " ".join(line for one in card_rates(report(side, gate).models["m"]) for line in one.paragraphs)
    assert ("each row counts once and for itself" in said) is told

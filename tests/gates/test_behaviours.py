"""A behaviour is a metric: every form of gate, every absence, and every statistic as for an FPR of the same counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.conditions import parse
from ml_ci.evaluation.clusters import Clusters
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Behaved, Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.loosened import loosened
from ml_ci.gates.preflight import HoldoutRows, unprovable
from ml_ci.gates.recount import contradictions, miscounted
from ml_ci.gates.values import GateResult
from ml_ci.spec.values import GateSpec
from tests.gates.clusters import errors, moments

Make = Callable[..., Case]
NONE = (0, 0, 0, 0)
NAMES = ("blind", "spelling", "known")


def gate(text: str) -> GateSpec:
    return GateSpec(text, parse(text, ["lift"], NAMES))


def judged(case: Case, text: str, **policy: Any) -> tuple[GateResult, ...]:
    return judge([gate(text)], case, Policy(**policy))


@pytest.fixture
def case(paired_case: Make) -> Case:
    """Make a case of labels and of three behaviours."""
    labels = paired_case({"north": ((9, 9, 9, 973), (9, 9, 9, 973))})
    blind = paired_case({"north": ((10, 20, 5, 965), NONE), "south": ((5, 30, 0, 465), NONE)}).comparison
    spelling = paired_case({"north": ((40, 3, 2, 955), NONE)}).comparison
    known = Comparison(Evaluation(Confusion(fp=1, tn=9)), Evaluation(Confusion(fp=2, tn=8)))
    behaviours = {
        "blind": Behaved("vary", 1500, blind),
        "spelling": Behaved("disturb", 1000, spelling),
        "known": Behaved("cases", 10, known, certain=True),
    }
    return replace(labels, comparison=replace(labels.comparison, behaviours=behaviours))


GATES = [
    ("blind <= 0.05", "pass", "blind broken 4.3% (65 of 1,500), limit 5.0%: within the limit as measured"),
    ("blind <= 0.01", "fail", "blind broken 4.3% (65 of 1,500), limit 1.0%: above the limit as measured"),
    ("blind <= 0.06 @ 0.95", "pass", "proven with 95% confidence on 1,500 rows to which it applies"),
    ("blind <= 0.044 @ 0.95", "inconclusive", "cannot be told from noise with 1,500 rows to which it applies; about "),
    ("blind <= 0.01 @ 0.95", "fail", "above the limit, proven with 95% confidence"),
    ("blind <= baseline.blind + 0.04", "pass", "blind broken 1.3% → 4.3%, limit +4.0 points: within the limit"),
    ("blind <= baseline.blind + 0.01 @ 0.95", "fail", "blind broken 1.3% → 4.3%, limit +1.0 points: above the limit"),
    ("spelling <= baseline.spelling + 0.01 @ 0.95", "pass", "spelling broken 4.2% → 4.3%, limit +1.0 points"),
    ("gap(blind, by=region) <= 0.05", "pass", "gap in blind broken by region 4.0 points, limit 5.0 points"),
    ("worst(blind, by=region) <= 0.05 @ 0.95", "inconclusive", "worst blind broken by region 7.0%, limit 5.0%"),
    ("ratio(blind, by=region) <= 3", "pass", "ratio of blind broken by region 2.333, limit 3.000"),
    ("gap(blind, by=region) <= baseline.gap(blind, by=region) + 0.06 @ 0.95", "pass", "proven with 95% confidence"),
    ("known <= 0", "fail", "known broken 10.0% (1 of 10), limit 0.0%: above the limit"),
    ("known <= baseline.known @ 0.95", "pass", "known broken 20.0% → 10.0%, limit +0.0 points: within the limit"),
    ("blind + spelling <= 0.1", "pass", "blind broken + spelling broken = 0.086, limit 0.100: within the limit"),
    ("blind <= fpr + 0.1", "pass", "within the limit as measured"),
    ("blind + spelling <= 0.1 @ 0.9", "inconclusive", "no proof is known for this form of gate"),
    ("blind <= 0.05 and fpr <= 0.5", "pass", "within the limit"),
]


@pytest.mark.parametrize(("text", "verdict", "reason"), GATES, ids=[text for text, *_ in GATES])
def test_every_form_of_gate(case: Case, text: str, verdict: str, reason: str) -> None:
    [result] = judged(case, text)
    assert (result.verdict, reason in result.reason) == (verdict, True), result


def test_each_slice_by_itself(case: Case) -> None:
    north, south = judged(case, "each(blind, by=region) <= baseline.blind + 0.03 @ 0.9")
    assert (north.slice, north.verdict, north.value, north.baseline) == ("region = north", "pass", 0.03, 0.015)
    assert (south.slice, south.verdict, south.value, south.baseline) == ("region = south", "fail", 0.07, 0.01)


@pytest.mark.parametrize(
    ("found", "text", "verdict", "reason"),
    [
        (None, "blind <= 1", "error", "Blind was not measured: it was not asked; run again"),
        (Behaved("vary", why="the worker died"), "blind <= 1", "error", "Blind was not measured: the worker died"),
        (Behaved("vary", why="x"), "each(blind, by=region) <= 1", "error", "Blind was not measured: x"),
        (Behaved("vary", why="x"), "worst(blind, by=region) <= 1", "error", "Blind was not measured: x"),
        (Behaved("vary", why="x"), "blind <= baseline.blind @ 0.9", "error", "Blind was not measured: x"),
        (Behaved("vary", why="x"), "blind + spelling <= 1", "error", "Blind was not measured: x"),
        (
            Behaved("vary", 9, Comparison(Evaluation(Confusion()), Evaluation(Confusion()))),
            "blind <= 1",
            "error",
            "Blind broken of the candidate is undefined: there are no rows to which it applies",
        ),
    ],
)
def test_what_was_not_measured_never_passes(
    case: Case, found: Behaved | None, text: str, verdict: str, reason: str
) -> None:
    behaviours = {**case.comparison.behaviours, **({"blind": found} if found else {})}
    if found is None:
        del behaviours["blind"]
    case = replace(case, comparison=replace(case.comparison, behaviours=behaviours))
    [result] = judged(case, text)
    assert (result.verdict, result.reason.startswith(reason)) == (verdict, True), result


def test_without_a_baseline_a_relative_gate_is_unjudged(case: Case) -> None:
    alone = replace(case.comparison, baseline=None, paired=None)
    blind = Behaved("vary", 100, Comparison(Evaluation(Confusion(fp=1, tn=99))))
    case = Case(replace(alone, behaviours={"blind": blind}), no_baseline="new model: x")
    assert judged(case, "blind <= baseline.blind")[0].verdict == "unjudged"
    assert judged(case, "blind <= 0.02")[0].verdict == "pass"


@given(
    cells=st.tuples(*[st.integers(0, 60)] * 4),
    form=st.sampled_from(["{0} <= 0.2", "{0} <= baseline.{0} + 0.05", "worst({0}, by=region) <= 0.3"]),
    confidence=st.sampled_from(["", " @ 0.9", " @ 0.95"]),
)
def test_is_judged_as_an_fpr_of_the_same_counts(
    paired_case: Make, cells: tuple[int, int, int, int], form: str, confidence: str
) -> None:
    of_labels = paired_case({"north": (cells, NONE)})
    case = replace(
        of_labels,
        comparison=replace(of_labels.comparison, behaviours={"blind": Behaved("vary", 9, of_labels.comparison)}),
    )
    [one] = judged(case, form.format("blind") + confidence)
    [other] = judged(case, form.format("fpr") + confidence)
    told = ("verdict", "value", "limit", "baseline", "interval", "needs", "chance", "level", "confidence")
    assert {name: getattr(one, name) for name in told} == {name: getattr(other, name) for name in told}


def test_rows_that_belong_together_count_as_fewer(paired_case: Make) -> None:
    alike = moments((errors(10, 10), 1.0, 5), (errors(10, 0), 1.0, 95))
    side = Confusion(fp=50, tn=950)
    alone = Comparison(Evaluation(side))
    together = replace(alone, clusters=Clusters(("customer",), alike))
    found = {}
    for name, comparison in (("rows", alone), ("clusters", together)):
        case = Case(Comparison(Evaluation(side), behaviours={"blind": Behaved("vary", 1000, comparison)}))
        [found[name]] = judged(case, "blind <= 0.07 @ 0.95")
    assert (found["rows"].verdict, found["clusters"].verdict) == ("pass", "inconclusive")
    assert found["clusters"].clusters == 100 and found["clusters"].design_effect == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        ("blind <= 0.01", "blind <= 0.02", True),
        ("blind <= 0.02", "blind <= 0.01", False),
        ("blind <= 0.01", "spelling <= 0.01", None),
        ("blind <= 0.01", "fpr <= 0.01", None),
        ("each(blind, by=a) <= 0.01", "each(spelling, by=a) <= 0.01", None),
        ("blind <= baseline.blind + 0.01", "blind <= 2 * baseline.blind + 0.01", True),
    ],
)
def test_a_loosened_gate_is_seen(old: str, new: str, looser: bool | None) -> None:
    assert loosened(gate(old).condition, gate(new).condition) is looser


@pytest.mark.parametrize(
    ("text", "asked", "known"),
    [
        ("blind <= 0.01", {"blind": 200}, ["blind broken: 200 rows to which it applies can never prove it"]),
        ("blind <= 0.01", {"blind": 4000}, []),
        ("blind <= 0.01", {}, []),
        ("blind <= baseline.blind + 0.001", {"blind": 200}, ["blind broken: 200 rows to which it applies can never"]),
    ],
)
def test_before_training_the_rows_that_are_asked_are_the_most(
    text: str, asked: dict[str, int], known: list[str]
) -> None:
    found = unprovable([gate(text)], HoldoutRows((9_000, 1_000), asked=asked), Policy(confidence=0.95))
    assert [one.reason.startswith(said) for one, said in zip(found, known, strict=True)] == [True] * len(known)


def test_a_forged_pass_is_contradicted_by_its_counts(case: Case) -> None:
    gates = [gate("blind <= 0.01"), gate("spelling <= baseline.spelling + 0.01 @ 0.95"), gate("known <= 0")]
    forged = [replace(one, verdict="pass") for one in judge(gates, case, Policy())]
    said = [*contradictions(gates, forged, case, Policy())]
    assert [one.partition(":")[0] for one in said] == ["`blind <= 0.01`", "`known <= 0`"]
    without = replace(case, comparison=replace(case.comparison, behaviours={}))
    assert len([*contradictions(gates, forged, without, Policy())]) == 3


def test_counts_that_are_not_of_the_same_rows_are_named(case: Case) -> None:
    assert [*miscounted(case.comparison)] == []
    other = Evaluation(Confusion(fp=1, tn=3))
    blind = replace(
        case.comparison.behaviours["blind"], comparison=Comparison(Evaluation(Confusion(fp=1, tn=4)), other)
    )
    assert [*miscounted(replace(case.comparison, behaviours={"blind": blind}))] == [
        "of blind: candidate and baseline are not of the same rows"
    ]

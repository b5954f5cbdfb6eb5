"""Judged again from counts: an honest report is never contradicted, and a pass that the counts contradict always is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.question import questions
from ml_ci.gates.recount import contradictions, miscounted, of_counts
from ml_ci.gates.values import GateResult
from ml_ci.spec.values import GateSpec
from tests.gates.clusters import Rows, compare

TEXTS = (
    "fpr <= 0.2",
    "fnr <= 0.25",
    "fnr < 0.4 and precision >= 0.5",
    "accuracy >= 0.7 @ 0.9",
    "fpr <= baseline.fpr + 0.02",
    "fnr <= baseline.fnr",
    "accuracy >= baseline.accuracy - 0.05",
    "selection_rate <= baseline.selection_rate + 0.1 @ 0.8",
    "f1 >= baseline.f1 - 0.05",
    "each(fnr, by=region) <= 0.4",
    "each(fpr, by=region) <= baseline.fpr + 0.1",
    "gap(fpr, by=region) <= 0.3",
    "worst(fnr, by=region) <= 0.5",
    "gap(fnr, by=region) <= baseline.fnr + 0.3",
    "cost <= 20",
    "cost <= baseline.cost + 1",
    "fn <= 9",
    "fnr <= 0.3 and fnr <= baseline.fnr + 0.01",
)
GATES = {text: GateSpec(text, parse(text)) for text in TEXTS}
CELLS = st.tuples(*[st.integers(0, 12)] * 3, st.integers(0, 60))


def reported(case: Case) -> Case:
    """Give what a report holds of a case: the counts, and not how the sides' mistakes meet on single rows."""
    return replace(case, comparison=replace(case.comparison, paired=None, paired_slices={}))


@settings(max_examples=150)
@given(
    slices=st.dictionaries(st.sampled_from(["north", "south", "east"]), st.tuples(CELLS, CELLS), min_size=1),
    texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4, unique=True),
    confidence=st.sampled_from([None, 0.8, 0.95]),
    raised=st.sampled_from([None, 0.95, 0.99]),
    method=st.sampled_from(["score", "exact"]),
    judged_by=st.sampled_from([None, "anytime"]),
    spent=st.sampled_from([None, 0.04, 0.01, 0.0]),
    min_rows=st.sampled_from([None, 1, 30]),
)
def test_an_honest_report_is_never_contradicted(
    paired_case: Callable[..., Case],
    slices: Any,
    texts: list[str],
    confidence: float | None,
    raised: float | None,
    method: Any,
    judged_by: Any,
    spent: float | None,
    min_rows: int | None,
) -> None:
    """The change may have raised the confidence, and the holdout's ledger asked for more than the file."""
    case = paired_case(slices, cost=(5.0, 20.0))
    gates = [GATES[text] for text in texts]
    asked = max(confidence or 0, raised or 0) or None
    results = judge(gates, case, Policy(asked, judged_by or method, min_rows, alpha_spent=spent))
    assert list(contradictions(gates, results, reported(case), Policy(confidence, method, min_rows))) == []
    assert list(miscounted(case.comparison)) == []


@settings(max_examples=100)
@given(
    slices=st.dictionaries(st.sampled_from(["north", "south"]), st.tuples(CELLS, CELLS), min_size=1),
    text=st.sampled_from(TEXTS),
)
def test_a_fail_as_measured_that_is_called_a_pass_is_always_named(
    paired_case: Callable[..., Case], slices: Any, text: str
) -> None:
    case, gates = paired_case(slices, cost=(5.0, 20.0)), [GATES[text]]
    honest = judge(gates, case, Policy())
    if "@" in text or all(one.verdict not in ("fail", "error") for one in honest):
        return
    forged = [replace(one, verdict="pass") for one in honest]
    [said] = contradictions(gates, forged, reported(case), Policy())
    assert said.startswith(f"`{text}`: ")


CANDIDATE, BASELINE = Confusion(tp=320, fp=30, tn=970, fn=80), Confusion(tp=350, fp=30, tn=970, fn=50)
NORTH, SOUTH = Confusion(tp=20, fp=5, tn=70, fn=30), Confusion(tp=300, fp=25, tn=900, fn=50)
OURS = Evaluation(CANDIDATE, {"region": {"north": NORTH, "south": SOUTH}}, {"auc": 0.8, "seconds": 3.0})
THEIRS = Evaluation(BASELINE, {"region": {"north": NORTH, "south": BASELINE}}, {"auc": 0.9})


def passes(text: str, where: str | None = None) -> GateResult:
    return GateResult(text, "pass", where)


@pytest.mark.parametrize(
    ("text", "results", "baseline", "confidence", "said"),
    [
        ("fpr <= 0.05", [None], True, None, ""),
        ("fpr <= 0.05", [None], True, 0.95, ""),
        ("fpr <= 0.031", [None], True, None, ""),
        ("fpr <= 0.031", [None], True, 0.95, "FPR 3.0% (30 of 1,000), limit 3.1%, which proves nothing with the conf"),
        ("fpr <= 0.031 @ 0", [None], True, 0.95, ""),
        ("fpr <= 0.02", [None], True, None, "its counts say: FPR 3.0% (30 of 1,000), limit 2.0%"),
        ("fnr <= baseline.fnr + 0.01", [None], True, None, "its counts say: FNR 12.5% → 20.0%, limit +1.0 points"),
        ("fnr <= baseline.fnr + 0.08", [None], True, None, ""),
        ("fnr <= baseline.fnr + 0.08", [None], True, 0.95, "which proves nothing"),  # not even with the best crossing
        ("fnr <= baseline.fnr + 0.12", [None], True, 0.95, ""),
        ("fpr <= baseline.fpr", [None], False, None, "the report says pass, and has no baseline"),
        ("auc >= 0.9", [None], True, None, "its counts say: AUC 0.800, limit at least 0.900"),
        ("auc >= 0.7", [None], True, 0.95, ""),  # what rests on scores is taken as it was measured
        ("log_loss <= 0.4", [None], True, None, "by its counts log loss of the candidate was not measured"),
        ("seconds <= 2", [None], True, None, "its counts say"),
        ("cost <= 0.5", [None], True, None, "its counts say"),
        ("each(fnr, by=region) <= 0.2", ["region = north", "region = south"], True, None, "region = north: FNR 60.0%"),
        ("each(fnr, by=region) <= 0.2", ["region = south"], True, None, "the report leaves out region = north"),
        ("each(fnr, by=age) <= 0.2", [None], True, None, "the report says pass, and has no slices by age"),
        ("worst(fnr, by=region) <= 0.2", [None], True, None, "its counts say: "),
        ("worst(fnr, by=age) <= 0.2", [None], True, None, "there are no slices by age"),
        ("fnr <= 0.1 and fnr <= baseline.fnr", [None], False, None, "has no baseline"),
    ],
)  # fmt: skip
def test_a_pass_is_held_to_the_counts(
    text: str, results: list[str | None], baseline: bool, confidence: float | None, said: str
) -> None:
    case = Case(Comparison(OURS, THEIRS if baseline else None), cost=(1.0, 10.0))
    gate = GateSpec(text, parse(text))
    found = list(contradictions([gate], [passes(text, one) for one in results], case, Policy(confidence)))
    assert [said in one for one in found] == ([True] if said else []), found


@pytest.mark.parametrize(
    ("text", "verdict", "baseline", "said"),
    [
        ("fnr <= 0.1", "unjudged", True, "the report leaves it unjudged, and its counts judge it"),
        ("fnr <= 0.1", "unjudged", False, "the report leaves it unjudged, and its counts judge it"),
        ("fnr <= baseline.fnr", "unjudged", True, "the report leaves it unjudged, and its counts judge it"),
        ("fnr <= baseline.fnr", "unjudged", False, ""),
        ("fnr <= 0.1 and fnr <= baseline.fnr", "unjudged", False, "the report says unjudged, and its counts say: FNR"),
        ("fnr <= 0.1", "inconclusive", True, ""),
        ("fnr <= 0.1", "fail", True, ""),
        ("fnr <= 0.9", "fail", True, ""),  # the worse of the two counts, and it is the report's
        ("fnr <= 0.1", "error", True, ""),
    ],
)  # fmt: skip
def test_what_is_no_pass_stays_so_and_nothing_hides_as_unjudged(
    text: str, verdict: Any, baseline: bool, said: str
) -> None:
    case = Case(Comparison(OURS, THEIRS if baseline else None))
    found = list(contradictions([GateSpec(text, parse(text))], [GateResult(text, verdict)], case, Policy()))
    assert [said in one for one in found] == ([True] if said else []), found


def test_a_pass_that_folds_cannot_prove_is_named() -> None:
    text = "fpr <= 0.5"
    gate, case = GateSpec(text, parse(text)), Case(Comparison(Evaluation(Confusion(500, 1, 499, 0))))
    assert list(contradictions([gate], [passes(text)], case, Policy(0.95))) == []
    folded = replace(case, folds=5)
    assert list(contradictions([gate], [passes(text)], folded, Policy())) == []  # as measured it holds
    [said] = contradictions([gate], [passes(text)], folded, Policy(0.95))
    assert "proves nothing with the confidence" in said


def test_one_model_on_both_sides_needs_no_proof() -> None:
    text = "fnr <= baseline.fnr"
    gate, case = GateSpec(text, parse(text)), Case(Comparison(OURS, OURS), same=True)
    assert list(contradictions([gate], [passes(text)], case, Policy(0.95))) == []
    assert list(contradictions([gate], [passes(text)], replace(case, same=False), Policy(0.95))) != []


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (OURS, None, []),
        (OURS, Evaluation(BASELINE, {"region": {"north": NORTH, "south": SOUTH}}), []),
        (OURS, Evaluation(NORTH), ["candidate and baseline are not of the same rows"]),
        (OURS, THEIRS, ["candidate and baseline are not of the same rows, region = south"]),
        (Evaluation(CANDIDATE, {"region": {"south": SOUTH}}), None, ["the slices by region do not add up to all rows"]),
        (Evaluation(CANDIDATE, {"class": {"a": CANDIDATE, "b": CANDIDATE}}), None, []),  # one class against the rest
        (Evaluation(CANDIDATE, {"class": {"a": CANDIDATE, "b": NORTH}}), None, ["the slices by class do not add up"]),
    ],
)  # fmt: skip
def test_counts_that_cannot_be_of_one_holdout_are_named(
    ours: Evaluation, theirs: Evaluation | None, said: list[str]
) -> None:
    found = list(miscounted(Comparison(ours, theirs)))
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fpr <= 0.05", True),
        ("fnr <= baseline.fnr + 0.01", True),
        ("fp + 5 * fn <= 200", True),
        ("cost <= baseline.cost", True),
        ("each(fnr, by=region) <= baseline.fnr", False),  # by what a yardstick's report keeps: all rows, no slice
        ("gap(fpr, by=region) <= 0.1", False),
        ("auc >= 0.9", False),
        ("seconds <= 60", False),
        ("fpr <= auc", False),
    ],
)
def test_what_the_counts_of_all_rows_answer(text: str, expected: bool) -> None:
    for comparison in parse(text).comparisons:
        assert [of_counts(question) for question in questions(comparison)] == [expected]


CLUSTERED = (
    "fpr <= 0.2",
    "fpr <= baseline.fpr + 0.05",
    "each(fnr, by=region) <= 0.4",
    "precision >= 0.5",
    "fnr <= 0.5",
)


def customers(seed: int, number: int, size: int) -> Case:
    """Customers of so many rows that are alike."""
    rng = np.random.default_rng(seed)
    codes, errs = np.repeat(np.arange(number), size), rng.random((3, number)) < [[0.4], [0.05], [0.05]]
    label, candidate, baseline = (errs[at][codes] for at in range(3))
    regions = ["north" if code % 2 else "south" for code in codes.tolist()]
    return Case(compare(Rows(label, label ^ candidate, label ^ baseline, codes, None, {"region": regions})))


def counted(case: Case) -> Case:
    """Give what a report holds of it: the design effect of each gate, and not the clusters."""
    return replace(reported(case), comparison=replace(reported(case).comparison, clusters=None))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    number=st.sampled_from([15, 60, 250]),
    size=st.sampled_from([1, 4, 9]),
    method=st.sampled_from(["score", "exact", "anytime"]),
    confidence=st.sampled_from([None, 0.8, 0.95]),
)
def test_an_honest_report_of_clusters_is_never_contradicted(
    seed: int, number: int, size: int, method: Any, confidence: float | None
) -> None:
    gates, policy = [GateSpec(text, parse(text)) for text in CLUSTERED], Policy(confidence, method)
    case = customers(seed, number, size)
    assert list(contradictions(gates, judge(gates, case, policy), counted(case), policy)) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, "which proves nothing with the confidence that is asked for"),
        ({"design_effect": 1.0, "effective_rows": 600.0}, ""),  # as independent rows it would be proven
        ({"design_effect": 0.5, "effective_rows": 1200.0}, "which are not those of 1,200 negatives at a design effect"),
        ({"design_effect": 2.0}, "which are not those of 60 negatives at a design effect of 2"),
        ({"clusters": 70_000}, "which are not those of 70,000 customers"),
    ],
)
def test_a_pass_that_its_own_design_effect_does_not_give_is_named(changed: dict[str, Any], why: str) -> None:
    codes = np.repeat(np.arange(60), 10)
    wrong = codes < 2
    case = Case(compare(Rows(np.zeros(600, bool), wrong, None, codes)))
    gates, policy = [GateSpec("fpr <= 0.06", parse("fpr <= 0.06"))], Policy(0.95)
    (honest,) = judge(gates, case, policy)
    assert (honest.verdict, honest.effective_rows) == ("inconclusive", 60)
    forged = replace(honest, verdict="pass", **changed)
    found = list(contradictions(gates, [forged], counted(case), policy))
    assert (why in found[0]) if why else found == []

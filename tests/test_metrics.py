"""The table of metrics: counting, pairing, gates, reports and the page of gates follow from its rows."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.conditions import ConditionError, parse
from ml_ci.conditions.tree import Metric
from ml_ci.evaluation import metrics as evaluation
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.gates import wording
from ml_ci.gates.evidence import Policy
from ml_ci.gates.metrics import exact
from ml_ci.gates.preflight import HoldoutRows, unprovable
from ml_ci.gates.proof import pairs
from ml_ci.gates.statistics import weighted
from ml_ci.metrics import COUNTS, OF_BEHAVIOURS, OF_COUNTS, OF_SCORES, PERCENT, TABLE, WITHIN_ONE, find
from ml_ci.reports import metrics as reports
from ml_ci.spec.values import GateSpec

CROSSED = st.builds(PairedErrors, *[st.integers(0, 40)] * 4)


def test_the_page_lists_every_metric_in_the_tables_order() -> None:
    text = (Path(__file__).parents[1] / "docs" / "gates.md").read_text()
    listed = re.search(r"^Metrics: `([^`]+)`", text, re.MULTILINE)
    assert listed is not None and listed.group(1).split() == [name for name in TABLE if name not in OF_BEHAVIOURS]


def test_every_metric_of_scores_is_calculated_on_rows_and_on_resampled_rows() -> None:
    assert {*evaluation.OF_SCORES} == OF_SCORES - {"recall_at"} == {*weighted.METRICS}


@pytest.mark.parametrize("name", sorted(OF_COUNTS - COUNTS))
def test_every_metric_of_the_counts_is_calculated(name: str) -> None:
    assert exact(Confusion(tp=5, fp=2, tn=7, fn=3), name) is not None
    assert exact(Confusion(), name) is None and TABLE[name].of


@pytest.mark.parametrize("name", [row.name for row in TABLE.values() if row.paired])
@given(negatives=CROSSED, positives=CROSSED)
def test_pairs_are_what_the_two_rates_differ_by(name: str, negatives: PairedErrors, positives: PairedErrors) -> None:
    one = Confusion(
        fp=negatives.both + negatives.candidate_only,
        tn=negatives.baseline_only + negatives.neither,
        fn=positives.both + positives.candidate_only,
        tp=positives.baseline_only + positives.neither,
    )
    other = Confusion(
        fp=negatives.both + negatives.baseline_only,
        tn=negatives.candidate_only + negatives.neither,
        fn=positives.both + positives.baseline_only,
        tp=positives.candidate_only + positives.neither,
    )
    crossed = pairs(name, Paired(negatives, positives))
    if crossed.n:
        assert Fraction(crossed.b - crossed.c, crossed.n) == Fraction(exact(one, name) or 0) - Fraction(
            exact(other, name) or 0
        )


def test_only_rates_on_rows_that_no_model_chooses_are_paired() -> None:
    paired = {row.name for row in TABLE.values() if row.paired}
    assert paired >= {"fpr", "tnr", "fnr", "tpr", "recall", "accuracy", "selection_rate"}
    assert not paired & {"precision", "npv", "prevalence", "f1", "balanced_accuracy", "mcc"}


@pytest.mark.parametrize("name", sorted(PERCENT & WITHIN_ONE & OF_COUNTS))
def test_before_training_a_rate_is_looked_at_where_no_error_means_none_or_all(name: str) -> None:
    perfect = {exact(Confusion(tp=tp, tn=tn), name) for tp, tn in ((3, 7), (8, 2))}
    sign = {frozenset({0}): "<= 0.001", frozenset({1}): ">= 0.999"}.get(frozenset(perfect))
    known = TABLE[name].fixed and sign is not None
    gate = GateSpec(f"{name} {sign or '<= 0.001'}", parse(f"{name} {sign or '<= 0.001'}"))
    assert bool(unprovable([gate], HoldoutRows((10, 10)), Policy(confidence=0.95))) == known


@pytest.mark.parametrize("atom", [Metric("f1"), Metric("recall_at", at=0.01), Metric("fpr"), Metric("accuracy")])
def test_a_gate_and_a_report_say_a_metric_in_one_unit(atom: Metric) -> None:
    assert wording.said(atom, 0.812, 0.85) == reports.said(atom.key, [0.812, 0.85]) == ["81.2%", "85.0%"]


def test_a_users_own_metric_has_no_row() -> None:
    assert find("profit") is None and find("recall_at(fpr=0.01)") is TABLE["recall_at"]
    assert reports.title("our_profit") == "our_profit" and reports.unit("our_profit") == ""


@pytest.mark.parametrize("name", [*sorted(WITHIN_ONE - {"recall_at"} - OF_BEHAVIOURS), "recall_at(fpr=0.01)"])
def test_a_percentage_that_lost_its_sign_is_refused(name: str) -> None:
    with pytest.raises(ConditionError, match="lies between 0 and 1") as caught:
        parse(f"{name} >= 95")
    assert caught.value.suggestion == "write 0.95"

"""How many rows a gate takes, before the model is known."""

from __future__ import annotations

import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Paired, PairedErrors
from ml_ci.gates.evidence import Policy
from ml_ci.gates.planning import USUAL_DISCORDANCE, GatePower, power_of
from ml_ci.gates.preflight import HoldoutRows
from ml_ci.gates.statistics import easeml, limits, power
from ml_ci.spec.values import GateSpec, Method

ROWS = HoldoutRows((2_000, 500), {"region": {"north": (900, 200), "south": (1_100, 300)}})
MARGIN = "fpr <= baseline.fpr + 0.01"


def planned(text: str, paired: Paired | None = None, method: Method = "score", **asked: float | int) -> GatePower:
    gate = GateSpec(text, parse(text))
    (one,) = power_of([gate], ROWS, Policy(0.95, method), otherwise=0.95, paired=paired, **asked)  # type: ignore[arg-type]
    return one


def test_a_margin_takes_the_rows_of_the_score_test() -> None:
    found = planned(MARGIN)
    assert (found.rows, found.kind, found.bound, found.relative) == (2_000, "negatives", 0.01, True)
    assert found.planned == tuple(power.planned_rows(0.01, USUAL_DISCORDANCE, 0.0, 0.05, one) for one in (0.8, 0.95))
    assert found.discordance == USUAL_DISCORDANCE


def test_a_limit_takes_the_rows_at_half_of_it() -> None:
    found = planned("fnr <= 0.1")
    assert (found.rows, found.kind, found.relative, found.discordance) == (500, "positives", False, None)
    assert found.planned[0] == (limits.further_rows(0.05, 1, 0.1, 0.05, 0.8) or 0) + 1
    assert found.labels is None


@pytest.mark.parametrize(
    ("cells", "discordance"),
    [
        (PairedErrors(50, 30, 20, 1_900), 50 / 2_000),
        (PairedErrors(50, 0, 0, 1_950), 3 / 2_000),  # rows without one may hide three
        (PairedErrors(0, 1, 1, 1), USUAL_DISCORDANCE),  # three rows tell nothing
    ],
)
def test_the_discordance_is_the_last_comparisons(cells: PairedErrors, discordance: float) -> None:
    assert planned(MARGIN, Paired(negatives=cells)).discordance == discordance


def test_of_a_slice_no_comparison_is_known() -> None:
    gate = GateSpec("each(fpr, by=region) <= baseline.fpr + 0.1", parse("each(fpr, by=region) <= baseline.fpr + 0.1"))
    paired = Paired(negatives=PairedErrors(50, 300, 200, 1_450))
    found = list(power_of([gate], ROWS, Policy(0.95), otherwise=0.95, paired=paired))
    assert [(one.slice, one.rows) for one in found] == [("region = north", 900), ("region = south", 1_100)]
    assert {one.discordance for one in found} == {USUAL_DISCORDANCE}


@pytest.mark.parametrize("method", ["score", "exact", "anytime"])
def test_no_fewer_rows_are_planned_than_could_prove_it_at_all(method: Method) -> None:
    paired = Paired(negatives=PairedErrors(50, 0, 0, 1_950))
    found = planned(MARGIN, paired, method, margin=0.2)
    least = power.provable_rows(0.2, 0.05, method)
    assert least is not None and found.least == least
    wanted = [power.planned_rows(0.2, 3 / 2_000, 0.0, 0.05, one) or 0 for one in (0.8, 0.95)]
    assert found.planned == tuple(max(least, rows) for rows in wanted)


def test_ease_mls_numbers_stand_beside() -> None:
    paired = Paired(negatives=PairedErrors(50, 100, 100, 1_750))
    found = planned(MARGIN, paired, looks=32)
    assert found.easeml == easeml.bennett_rows(0.01, 1 - 0.95, 0.1, 32)
    assert found.labels == easeml.active_labels(0.01, 1 - 0.95, 0.1)
    assert planned("fpr <= 0.05", looks=32).easeml == easeml.hoeffding_rows(0.05, 1 - 0.95, 32)


def test_what_depends_on_the_model_is_not_planned() -> None:
    assert planned("precision >= 0.9").reason == (
        "its rows, or its spread, are not known before the model is: nothing can be planned"
    )

"""What a holdout of clusters can prove, and how many of them a gate takes, before anything is trained."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.clusters import NONE, Clusters, Moments
from ml_ci.gates.evidence import Policy
from ml_ci.gates.planning import GatePower, power_of
from ml_ci.gates.preflight import HoldoutRows, unprovable
from ml_ci.spec.values import GateSpec
from tests.gates.clusters import apart, errors, moments

# 1,204 negatives of 310 customers, of unlike sizes: a row's customer has 5.2 rows on average.
CUSTOMERS = Moments(
    (1204, *(0,) * 7),
    (1204.0, *(0.0,) * 7),
    ((5.2 * 1204, *(0.0,) * 7), *(NONE,) * 7),
    (310, 0, 310),
    (30.0, 0.0, 30.0),
)
HOLDOUT = HoldoutRows((1204, 0), {"region": {"north": (1204, 0)}}, Clusters(("customer_id",), CUSTOMERS))


def plan(gate: str, holdout: HoldoutRows = HOLDOUT, last: Clusters | None = None, **policy: object) -> GatePower:
    (found,) = power_of(
        [GateSpec(gate, parse(gate))],
        holdout,
        Policy(confidence=0.95, **policy),  # type: ignore[arg-type]
        otherwise=0.95,
        clusters=last,
    )
    return found


def test_a_margin_is_planned_in_customers() -> None:
    found = plan("fpr <= baseline.fpr + 0.01")
    assert (found.clusters, found.unit, found.rows) == (310, "customers", 1204)
    assert (found.least_clusters, found.planned_clusters[0]) == (359, 932)
    assert found.planned[0] == pytest.approx(932 * 1204 / 310, abs=4)
    assert (found.correlation, found.assumed) == (0.2, True)
    assert found.smallest == pytest.approx(0.011550, abs=6e-7)
    assert not found.provable


def test_a_limit_is_planned_in_customers() -> None:
    found = plan("fpr <= 0.05")
    assert found.planned_clusters[0] == 318
    assert found.smallest == pytest.approx(0.012855, abs=6e-7)
    assert found.provable


@pytest.mark.parametrize(
    ("each", "clusters", "alike"),
    [
        ([(apart(5, 5, 0), 1, 5), (apart(5, 0, 5), 1, 5), (apart(5, 0, 0), 1, 390)], 1871, 1.0),
        ([(apart(5, 1, 0), 1, 50), (apart(5, 0, 1), 1, 50), (apart(5, 0, 0), 1, 300)], 756, 0.0),
    ],
)
def test_the_last_comparison_tells_how_alike_rows_are(
    each: list[tuple[list[int], float, int]], clusters: int, alike: float
) -> None:
    found = plan("fpr <= baseline.fpr + 0.01", last=Clusters(("customer_id",), moments(*each)))
    assert (found.planned_clusters[0], found.assumed) == (clusters, False)
    assert found.correlation == pytest.approx(alike, abs=0.02)


def test_bets_take_a_cluster_each() -> None:
    found = plan("fpr <= baseline.fpr + 0.01", method="anytime")
    rows = plan("fpr <= baseline.fpr + 0.01", HoldoutRows((1204, 0)), method="anytime")
    assert found.least_clusters == rows.least


def test_customers_of_one_row_are_planned_as_rows() -> None:
    alone = HoldoutRows((300, 0), {}, Clusters(("customer_id",), moments((errors(1, 0), 1, 300))))
    for gate in ("fpr <= 0.05", "fpr <= baseline.fpr + 0.01"):
        assert plan(gate, alone) == plan(gate, HoldoutRows((300, 0)))


def test_a_gate_that_so_many_customers_can_never_prove_is_named_before_training() -> None:
    gate = "fpr <= baseline.fpr + 0.01"
    (found,) = unprovable([GateSpec(gate, parse(gate))], HOLDOUT, Policy(confidence=0.95))
    assert (found.rows, found.needed_clusters) == (1204, 359)
    assert found.reason == (
        "FPR: 1,204 negatives of 310 customers can never prove it with 95% confidence, it takes 359 customers "
        "(1,395 negatives); the best they can prove is a margin of +1.2 points"
    )
    assert unprovable([GateSpec(gate, parse(gate))], HoldoutRows((1204, 0)), Policy(confidence=0.95)) == ()


def test_slices_are_planned_by_their_own_clusters() -> None:
    gate = "each(fpr, by=region) <= 0.05"
    (none,) = power_of([GateSpec(gate, parse(gate))], HOLDOUT, Policy(confidence=0.95), otherwise=0.95)
    assert none.reason  # whose clusters were not counted
    clusters = Clusters(("customer_id",), CUSTOMERS, {"region": {"north": CUSTOMERS}})
    assert plan(gate, replace(HOLDOUT, clusters=clusters)).planned_clusters[0] == 318


def test_a_slice_of_one_customer_is_planned_in_rows() -> None:
    holdout = HoldoutRows((1204, 0), {"customer_id": {"acme": (1204, 0)}}, Clusters(("customer_id",), CUSTOMERS))
    assert plan("each(fpr, by=customer_id) <= 0.05", holdout).clusters is None

from __future__ import annotations

import pytest

from ml_ci.evaluation.clusters import NEGATIVES
from ml_ci.gates.statistics import cluster_plan, limits, power
from ml_ci.gates.statistics.design_effect import Effect, measure
from tests.gates.clusters import errors, moments

# 1,204 rows of 310 customers, as a holdout is before a model is.
CUSTOMERS = Effect(1204, 310, 1204.0, 5.2, 0.0, 0.0)
WRONG = (0, 0, 1, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(("alike", "clusters"), [(0, 756), (0.2, 932), (1, 1871)])
def test_clusters_for_a_margin(alike: float, clusters: int) -> None:
    wanted = power.planned_rows(0.01, 0.02, 0.0, 0.05)
    assert wanted is not None
    found, rows = cluster_plan.planned(CUSTOMERS, 0.02, alike, wanted)
    assert found == clusters
    assert rows == pytest.approx(clusters * 1204 / 310, abs=4)


def test_clusters_for_a_limit() -> None:
    more = limits.further_rows(0.025, 1, 0.05, 0.05)
    assert more is not None
    assert cluster_plan.planned(CUSTOMERS, 0.025 * 0.975, 0.2, more + 1)[0] == 318


def test_what_clusters_prove_at_best() -> None:
    rows = power.provable_rows(0.01, 0.05)
    assert rows is not None
    assert cluster_plan.least_clusters(CUSTOMERS, rows) == 359
    best = cluster_plan.without_errors(CUSTOMERS)
    assert limits.smallest_limit(best, 0.05) == pytest.approx(0.012855, abs=6e-7)
    assert power.provable_margin(best, 0.05) == pytest.approx(0.011550, abs=6e-7)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([(errors(5, 0), 1, 100)], None),
        ([(errors(5, 0), 1, 90), (errors(5, 5), 1, 10)], 1.0),
        ([(errors(5, 0), 1, 50), (errors(5, 1), 1, 50)], 0.0),
        ([(errors(1, 0), 1, 90), (errors(1, 1), 1, 10)], None),
        ([(errors(4, 0), 3, 90), (errors(4, 4), 3, 10)], 1.0),
    ],
)
def test_how_alike_rows_of_a_cluster_are(kinds: list[tuple[list[int], float, int]], expected: float | None) -> None:
    found = cluster_plan.correlation(measure(moments(*kinds), WRONG, NEGATIVES))
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_rows_of_their_own_are_planned_in_rows() -> None:
    alone = measure(moments((errors(1, 0), 2, 400)), WRONG, NEGATIVES)
    assert cluster_plan.without_errors(alone) == 400
    assert cluster_plan.least_clusters(alone, 268) == 268
    assert cluster_plan.planned(alone, 0.02, 0.2, 1397) == (1397, 1397)
    assert cluster_plan.planned(CUSTOMERS, 0.02, 0.2, 10**30)[0] == limits.MOST_ROWS

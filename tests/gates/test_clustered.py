"""Gates on rows that belong together: what is proven, what is not and why, and how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.values import Comparison
from ml_ci.gates.evidence import Case
from ml_ci.gates.together import more_clusters, one_of, unit_of
from ml_ci.gates.values import GateResult
from tests.gates.clusters import Bools, Codes, Floats, Rows, compare

Judged = Callable[..., tuple[GateResult, ...]]


def holdout(customers: int, each: int, wrong: int = 0, apart: tuple[int, int] = (0, 0), giant: int = 0) -> Rows:
    """Customers of so many negatives: `wrong` have all wrong by both, b and c by only the one; a giant beside them."""
    codes = np.repeat(np.arange(customers), each)
    if giant:
        codes = np.concatenate([codes, np.full(giant, customers)])
    label = np.zeros(len(codes), bool)
    b, c = apart
    candidate = codes < wrong + b
    baseline = (codes < wrong) | ((codes >= wrong + b) & (codes < wrong + b + c))
    return Rows(
        label, candidate, baseline, codes, None, {"plan": ["a" if code % 2 else "b" for code in codes.tolist()]}
    )


def one(judged: Judged, rows: Rows, gate: str, *columns: str, **policy: Any) -> GateResult:
    (found,) = judged(Case(compare(rows, columns or ("customer_id",))), gate, **{"confidence": 0.95, **policy})
    return found


@pytest.mark.parametrize(
    ("customers", "each", "gate", "verdict", "needs"),
    [
        (400, 5, "fpr <= baseline.fpr + 0.01", "pass", None),
        (200, 5, "fpr <= baseline.fpr + 0.01", "inconclusive", 413),
        (300, 5, "fpr <= 0.01", "pass", None),
        (200, 5, "fpr <= 0.01", "inconclusive", 99),
        (99, 5, "fpr <= baseline.fpr + 0.0365", "inconclusive", 65),  # exact, for they count as fewer than 100 rows
        (100, 5, "fpr <= baseline.fpr + 0.0365", "pass", None),
    ],
)
def test_like_rows_are_as_many_as_their_customers(
    judged: Judged, customers: int, each: int, gate: str, verdict: str, needs: int | None
) -> None:
    found = one(judged, holdout(customers, each), gate)
    assert (found.verdict, found.needs_clusters) == (verdict, needs)
    assert found.needs == (None if needs is None else each * needs)
    assert (found.clusters, found.unit) == (customers, "customers")
    assert (found.design_effect, found.effective_rows) == pytest.approx((each, customers))
    assert (
        f"{customers * each:,} negatives of {customers:,} customers, design effect {each}: they count as"
        in found.reason
    )


def test_what_would_decide_it_is_said_in_customers(judged: Judged) -> None:
    found = one(judged, holdout(200, 5), "fpr <= baseline.fpr + 0.01")
    assert "about 420 more customers (2,100 negatives) would decide it with a chance of 80%" in found.reason


def test_one_cluster_proves_nothing(judged: Judged) -> None:
    for gate in ("fpr <= 0.5", "fpr <= baseline.fpr + 0.5", "accuracy >= 0.3", "f1 >= baseline.f1 - 0.9"):
        rows = holdout(1, 500)
        mixed = replace(rows, label=np.arange(500) % 2 == 0, candidate=np.arange(500) % 2 == 0)
        assert one(judged, replace(mixed, baseline=mixed.candidate), gate).verdict == "inconclusive", gate


@pytest.mark.parametrize("gate", ["fpr <= 0.2", "fpr <= baseline.fpr + 0.2", "accuracy >= 0.8"])
def test_nothing_passes_while_one_customer_holds_a_tenth(judged: Judged, gate: str) -> None:
    small, large = (one(judged, holdout(300, 4, giant=rows), gate) for rows in (100, 200))
    assert small.verdict == "pass"
    assert large.verdict == "inconclusive"
    assert "one customer holds 14% of what this is about: at best a " in large.reason
    assert "customers' worth)" in large.reason
    assert "write `cluster: {by: customer_id, known: [...]}` with its value" in large.reason
    assert "today's labels can prove" not in large.reason
    assert (large.needs_clusters or 0) > 100


def test_what_one_customer_can_at_best_prove(judged: Judged) -> None:
    found = one(judged, holdout(300, 4, giant=300), "fpr <= 0.2")
    assert (
        "holds 20% of what this is about: at best a limit of 11.9% can be proven (24 customers' worth)" in found.reason
    )


def test_a_giant_that_fails_has_failed(judged: Judged) -> None:
    rows = holdout(300, 4, wrong=200, giant=300)
    assert one(judged, rows, "fpr <= 0.01").verdict == "fail"


def test_a_known_customers_rows_are_clusters_of_their_own(judged: Judged) -> None:
    rows = holdout(300, 4, giant=300)
    apart = rows.codes.copy()
    apart[1200:] = np.arange(1000, 1300)
    counted = compare(replace(rows, codes=apart))
    assert counted.clusters is not None
    whole = replace(counted.clusters.all, known=(300, 0, 300))
    known = replace(counted, clusters=replace(counted.clusters, all=whole, known=("acme",)))
    (found,) = judged(Case(known), "fpr <= 0.02", confidence=0.95)
    assert (found.verdict, found.clusters) == ("pass", 301)
    assert "1,500 negatives of 301 customers (300 of them of known customers, each for itself)" in found.reason


def test_a_slice_by_the_cluster_is_about_that_cluster(judged: Judged) -> None:
    rows = holdout(3, 200)
    named = replace(rows, slices={"customer_id": [str(code) for code in rows.codes.tolist()]})
    for gate in ("each(fpr, by=customer_id) <= 0.05", "worst(fpr, by=customer_id) <= 0.05"):
        clustered, alone = (
            judged(Case(compare(named, columns)), gate, confidence=0.95) for columns in (("customer_id",), ())
        )
        assert [found.verdict for found in clustered] == ["pass"] * len(clustered)
        assert [(found.verdict, found.interval) for found in clustered] == [
            (found.verdict, found.interval) for found in alone
        ]


def test_each_slice_has_its_own_effect(judged: Judged) -> None:
    rows = holdout(200, 4, wrong=10)
    few = replace(rows, slices={"plan": ["a" if code < 40 else "b" for code in rows.codes.tolist()]})
    found = judged(Case(compare(few)), "each(fpr, by=plan) <= 0.3", confidence=0.95)
    assert [result.clusters for result in found] == [40, 160]
    assert [result.effective_rows for result in found] == pytest.approx([40, 160], rel=1e-6)


@pytest.mark.parametrize(
    "gate", ["each(fpr, by=plan) <= 0.9", "worst(fpr, by=plan) <= 0.9", "gap(fpr, by=plan) <= 0.9"]
)
def test_slices_whose_clusters_were_not_counted_prove_nothing(judged: Judged, gate: str) -> None:
    comparison = compare(holdout(300, 4))
    assert comparison.clusters is not None
    blind = replace(comparison, clusters=replace(comparison.clusters, slices={}))
    for found in judged(Case(blind), gate, confidence=0.95):
        assert found.verdict == "inconclusive"
        assert "which rows belong together was not counted in the slices by plan; evaluate again" in found.reason


def test_clusters_of_other_rows_prove_nothing(judged: Judged) -> None:
    comparison, other = compare(holdout(300, 4)), compare(holdout(301, 4))
    (found,) = judged(Case(replace(comparison, clusters=other.clusters)), "fpr <= 0.9", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert "which rows belong together was not counted on the rows judged; evaluate again" in found.reason


def test_as_measured_it_may_be_noise(judged: Judged) -> None:
    found = one(judged, holdout(60, 10, wrong=2), "fpr <= 0.05", confidence=None)
    assert found.verdict == "pass"
    assert found.reason.endswith("but with 600 negatives of 60 customers (they count as 60) it may be noise")


WEIGHTED = [
    ("fpr <= 0.05", 1 / 23),
    ("accuracy >= 0.9", 22 / 23),
    ("each(fpr, by=plan) <= 0.2", None),
    ("fp <= 30", 10),  # a count is of the holdout's rows
]


@pytest.mark.parametrize(("gate", "value"), WEIGHTED)
def test_weighted_rates_are_the_measured_ones(judged: Judged, gate: str, value: float | None) -> None:
    rows = holdout(130, 1, wrong=10)
    heavy = replace(rows, weights=np.where(rows.codes < 110, 1.0, 6.0))
    for confidence in (None, 0.95):
        found = judged(Case(compare(heavy, ())), gate, confidence=confidence)
        if value is not None:
            assert found[0].value == pytest.approx(value)
        for result in found:
            assert (result.clusters, result.unit) == (None, "")


def test_weights_alone_count_rows_as_fewer(judged: Judged) -> None:
    rows = holdout(130, 1, wrong=10)
    heavy = replace(rows, weights=np.where(rows.codes < 110, 1.0, 6.0))
    (found,) = judged(Case(compare(heavy, ())), "fpr <= 0.2", confidence=0.95)
    assert found.verdict == "pass"
    assert "(10 of 130, weighted)" in found.reason
    assert "130 negatives that stand for 230, design effect" in found.reason


def test_rows_that_all_weigh_nothing_are_no_rows(judged: Judged) -> None:
    rows = holdout(130, 1)
    none = compare(replace(rows, weights=np.zeros(130)), ())
    kept = compare(rows).candidate.confusion
    both = replace(none, candidate=replace(none.candidate, confusion=kept), baseline=None)
    (found,) = judged(Case(both), "fpr <= 0.9", confidence=0.95)
    assert (found.verdict, found.value) == ("inconclusive", None)
    assert "all its rows have the weight 0" in found.reason


@pytest.mark.parametrize("confidence", [None, 0.95])
def test_a_metric_that_knows_no_weights_is_never_taken_unweighted(judged: Judged, confidence: float | None) -> None:
    rows = holdout(130, 1)
    heavy = replace(rows, weights=np.where(rows.codes < 110, 1.0, 6.0))
    comparison = compare(heavy, (), metrics_of_candidate={"lift": 3.0, "seconds": 2.0})
    lift, seconds = judged(Case(comparison), "lift >= 1", "seconds <= 3", confidence=confidence)
    assert lift.verdict == "inconclusive"
    assert "Lift was measured without `weight: weight`, which it does not know yet" in lift.reason
    assert seconds.verdict == "pass"


@dataclass(frozen=True)
class Scored:
    y_true: Bools
    candidate: Floats
    baseline: Floats | None = None


@dataclass(frozen=True)
class RowClusters:
    clusters: Codes | None = None
    weights: Floats | None = None


def scored(each: int, customers: int = 80, weights: Floats | None = None, **more: Any) -> Case:
    """Customers whose rows are alike, with rows of both classes in half of them."""
    rng = np.random.default_rng(4)
    y_true = np.repeat(rng.random(customers) < 0.4, each)
    score = np.clip(np.repeat(rng.normal(0.5 + 0.2 * y_true[::each], 0.15), each), 0, 1)
    codes = np.repeat(np.arange(customers), each)
    rows = Rows(y_true, score > 0.6, None, codes, weights)
    pairs = score[y_true][:, None] > score[~y_true]
    w = np.ones(len(codes)) if weights is None else weights
    auc = float(np.average(pairs.ravel(), weights=np.outer(w[y_true], w[~y_true]).ravel()))
    comparison = compare(rows, metrics_of_candidate={"auc": auc}, weighed=() if weights is None else ("auc",))
    found = more.pop("row_clusters", RowClusters(codes, weights))
    return Case(comparison, predictions=Scored(y_true, score), row_clusters=found)


def test_scores_are_drawn_by_cluster(judged: Judged) -> None:
    single, alike = (judged(scored(each), "auc >= 0.7", confidence=0.95)[0] for each in (1, 8))
    blind = scored(8)
    (rows,) = judged(replace(blind, comparison=replace(blind.comparison, clusters=None)), "auc >= 0.7", confidence=0.95)
    widths = [high - low for low, high in (one.interval or (0.0, 0.0) for one in (single, alike, rows))]
    assert widths[0] == pytest.approx(widths[1], rel=0.15)
    assert widths[2] < 0.6 * widths[1]
    assert "640 rows of 80 customers, resampled by customer" in alike.reason
    assert alike.design_effect is None


def test_weighted_scores_are_drawn_with_their_weights(judged: Judged) -> None:
    weights = np.random.default_rng(2).uniform(1, 5, 640)
    (found,) = judged(scored(8, weights=weights), "auc >= 0.7", confidence=0.95)
    assert found.interval is not None and found.value is not None
    assert found.interval[0] < found.value < found.interval[1]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (scored(8, row_clusters=None), "which scored rows belong together, or their weight, was not kept"),
        (scored(8, row_clusters=RowClusters()), "which scored rows belong together, or their weight, was not kept"),
        (scored(8, row_clusters=RowClusters(np.arange(640))), "are not those that were counted; evaluate again"),
        (scored(8, row_clusters=RowClusters(np.arange(9))), "the clusters are not those of the scored rows"),
        (scored(8, customers=30), "customers with positives are too few to resample; at least 20"),
    ],
)
def test_scores_whose_clusters_do_not_bear_it_prove_nothing(judged: Judged, case: Case, why: str) -> None:
    (found,) = judged(case, "auc >= 0.1", confidence=0.95)
    assert found.verdict == "inconclusive"
    assert why in found.reason


class Own:
    """A metric of the user's own whose resamples lie about its value."""

    def __init__(self, clustered: bool) -> None:
        self.names = ("lift",)
        self.clustered = clustered

    def __call__(self, name: str, baseline: bool) -> Floats:
        return np.random.default_rng(0).normal(3.0, 0.2, 500)


def own(clustered: bool, customers: int = 60, each: int = 5, **more: Any) -> Case:
    rng = np.random.default_rng(4)
    label = np.repeat(rng.random(customers) < 0.5, each)
    rows = Rows(label, label, None, np.repeat(np.arange(customers), each))
    return Case(compare(rows, metrics_of_candidate={"lift": 3.0}, **more), own=Own(clustered))


@pytest.mark.parametrize(
    ("case", "verdict", "why"),
    [
        (own(True), "pass", "resampled by customer"),
        (own(False), "inconclusive", "your own metric was resampled row by row, and rows belong together"),
        (own(True, customers=25), "inconclusive", "are too few to resample; at least 20"),
        (own(False, each=1), "pass", "proven with 95% confidence on 60 rows"),
    ],
)
def test_own_metrics(judged: Judged, case: Case, verdict: str, why: str) -> None:
    (found,) = judged(case, "lift >= 2.5", confidence=0.95)
    assert found.verdict == verdict
    assert why in found.reason


def anytime(judged: Judged, comparison: Comparison, **policy: Any) -> GateResult:
    (found,) = judged(Case(comparison), "fpr <= baseline.fpr + 0.02", confidence=0.95, method="anytime", **policy)
    return found


def test_evidence_at_any_time_bets_on_clusters(judged: Judged) -> None:
    comparison = compare(holdout(400, 5, apart=(2, 3)))
    found = anytime(judged, comparison)
    assert found.verdict == "pass"
    rows = anytime(judged, replace(comparison, clusters=None))
    assert rows.interval is not None and found.interval is not None
    assert rows.interval[1] < found.interval[1]
    larger = anytime(judged, comparison, largest=(50.0, 0.0, 50.0))
    assert larger.verdict == "inconclusive"
    assert larger.needs == pytest.approx(5 * (larger.needs_clusters or 0), abs=5)


def test_a_customer_that_grew_after_a_look_is_no_evidence_at_any_time(judged: Judged) -> None:
    found = anytime(judged, compare(holdout(400, 5)), grown="3 customers gained rows after a look at the same models")
    assert found.verdict == "inconclusive"
    assert "3 customers gained rows after a look at the same models" in found.reason


def test_clusters_that_were_not_kept_are_no_evidence_at_any_time(judged: Judged) -> None:
    comparison = compare(holdout(400, 5))
    assert comparison.clusters is not None
    blind = replace(comparison.clusters, all=replace(comparison.clusters.all, distinct=None))
    found = anytime(judged, replace(comparison, clusters=blind))
    assert found.verdict == "inconclusive"
    assert "e-values bet on each cluster" in found.reason


def test_seeds_stand_beside_the_clusters(judged: Judged) -> None:
    comparison = compare(holdout(400, 5, apart=(2, 3)))
    seeds = replace(comparison, seeds=(comparison,) * 5)
    (found,) = judged(Case(seeds), "fpr <= baseline.fpr + 0.02", confidence=0.95)
    assert found.verdict == "pass"
    assert "the seeds prove it too" in found.reason


@pytest.mark.parametrize("confidence", [None, 0.95])
def test_seeds_without_the_weights_are_not_taken_unweighted(judged: Judged, confidence: float | None) -> None:
    rows = holdout(130, 1)
    comparison = compare(replace(rows, weights=np.where(rows.codes < 110, 1.0, 6.0)), ())
    seeds = replace(comparison, seeds=(replace(comparison, clusters=None),) * 5)
    (found,) = judged(Case(seeds), "fpr <= 0.9", confidence=confidence)
    assert found.verdict == "inconclusive"
    assert "the seeds were counted without the weights of the rows" in found.reason


def test_no_columns_and_no_weight_are_independent_rows(judged: Judged) -> None:
    comparison = compare(holdout(400, 5))
    declared = replace(comparison, clusters=Clusters((), Moments()))
    plain = replace(comparison, clusters=None)
    assert judged(Case(declared), "fpr <= 0.01", confidence=0.95) == judged(Case(plain), "fpr <= 0.01", confidence=0.95)


@pytest.mark.parametrize(
    ("columns", "unit"),
    [
        (("customer_id",), "customers"),
        (("customerId",), "customers"),
        (("CUSTOMER_ID",), "customers"),
        (("patient",), "patients"),
        (("patients",), "patients"),
        (("device_uuid",), "devices"),
        (("company_key",), "companies"),
        (("address",), "addresses"),
        (("day",), "days"),
        (("store_no_2",), "stores"),
        (("user session id",), "user sessions"),
        (("id",), "clusters"),
        (("who",), "clusters"),
        (("uuid",), "clusters"),
        (("Kundennummer_ß",), "clusters"),
        (("shop", "customer"), "clusters"),
        ((), "clusters"),
    ],
)
def test_the_noun_of_a_column(columns: tuple[str, ...], unit: str) -> None:
    assert unit_of(columns) == unit


@pytest.mark.parametrize(
    ("unit", "single"),
    [("customers", "customer"), ("companies", "company"), ("addresses", "address"), ("boxes", "box"), ("days", "day")],
)
def test_one_of_them(unit: str, single: str) -> None:
    assert one_of(unit) == single


@pytest.mark.parametrize(
    ("rows", "clusters", "expected"),
    [
        (1036, 130, "about 130 more customers (1,036 rows) would decide it if the rates stay as they are"),
        (5, 1, "about 1 more customer (5 rows) would decide it if the rates stay as they are"),
        (10_000_000, 2_000_000, "it would take more than 10,000,000 further rows"),
        (None, None, "more rows alone are not expected to make it pass"),
        (413, None, "about 420 more would decide it if the rates stay as they are"),
    ],
)
def test_what_would_decide_it(rows: int | None, clusters: int | None, expected: str) -> None:
    assert more_clusters(rows, clusters, "rows", "customers") == expected

"""Differences that are more than noise, and those that may be none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml_ci.evaluation.clusters import Clusters, Moments
from ml_ci.evaluation.values import Comparison, Spread
from ml_ci.gates.differences import find_differences
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.statistics import tango
from ml_ci.gates.values import MOST_SLICES, Difference
from tests.gates.clusters import Rows, compare

Make = Callable[..., Case]
Judged = Callable[..., Any]
Cells = tuple[tuple[int, int, int, int], tuple[int, int, int, int]]

# Both err, only the candidate, only the baseline, neither: of the negatives, of the positives.
ALIKE: Cells = ((20, 8, 7, 965), (40, 6, 5, 351))
WORSE: Cells = ((20, 8, 7, 965), (40, 40, 5, 317))


@pytest.mark.parametrize(("cells", "told"), [(ALIKE, set()), (WORSE, {"fnr", "recall", "accuracy", "f1", "cost"})])
@pytest.mark.parametrize("confidence", [None, 0.95])
def test_what_is_more_than_noise(paired_case: Make, cells: Cells, told: set[str], confidence: float | None) -> None:
    found = find_differences(paired_case({"all": cells}, cost=(1.0, 5.0)), Policy(confidence)).metrics
    assert set(found) == {"fpr", "fnr", "precision", "recall", "accuracy", "f1", "cost", "cost_per_1000"}
    assert {name for name, one in found.items() if one.told} - {"cost_per_1000"} == told
    assert {one.level for one in found.values()} == {0.9 if confidence else 0.95}


def test_the_interval_is_the_gates(judged: Judged, paired_case: Make) -> None:
    """So that a table never says worse where the gate beside it is undecided, nor the other way round."""
    case = paired_case({"all": WORSE})
    (gate,) = judged(case, "fnr <= baseline.fnr", confidence=0.95)
    found = find_differences(case, Policy(0.95)).metrics["fnr"]
    assert (found.interval, found.level) == (gate.interval, gate.level)
    low, high = tango.bounds(40, 5, 402, 0.05)
    assert found.interval == (float(low[0]), float(high[0]))


def test_the_other_way_round_is_the_mirror_image(paired_case: Make) -> None:
    swapped: Cells = ((20, 7, 8, 965), (40, 5, 40, 317))
    one, other = (
        find_differences(paired_case({"all": cells}), Policy(0.95)).metrics["fnr"] for cells in (WORSE, swapped)
    )
    assert one.told and other.told and one.interval and other.interval
    assert other.interval == pytest.approx((-one.interval[1], -one.interval[0]))


def test_what_is_alike_needs_no_telling(paired_case: Make) -> None:
    """As many errors on other rows are no difference of the rate; equal rates have none to tell."""
    found = find_differences(paired_case({"all": ((20, 7, 7, 965), (40, 6, 5, 351))}), Policy(0.95)).metrics
    assert "fpr" not in found and "fnr" in found
    alone = paired_case({"all": ALIKE})
    assert not find_differences(Case(Comparison(alone.comparison.candidate)), Policy(0.95)).metrics


def test_nothing_can_be_told_where_the_ledger_has_nothing_left(paired_case: Make) -> None:
    found = find_differences(paired_case({"all": WORSE, "other": ALIKE}), Policy(0.95, alpha_spent=0.0))
    assert found.metrics["fnr"] == Difference() and not found.metrics["fnr"].told
    assert found.slices["region"]["all"]["fnr"] == Difference()


def test_the_method_is_the_gates(paired_case: Make) -> None:
    """Evidence that is valid at any time tells less."""
    case = paired_case({"all": ((20, 8, 7, 965), (40, 16, 5, 341))})
    assert find_differences(case, Policy(0.95)).metrics["fnr"].told
    assert not find_differences(case, Policy(0.95, "anytime")).metrics["fnr"].told


SPREADS = {"auc": Spread(0.01, 200), "log_loss": Spread(0.02, 1000), "ece": Spread(0.01, 1000, below=0.02, above=0.03)}


@pytest.mark.parametrize(
    ("auc", "log_loss", "ece", "told"),
    [
        (0.92, 0.26, 0.02, {"auc", "log_loss"}),
        (0.91, 0.31, 0.06, set()),
        (0.88, 0.36, 0.08, {"auc", "log_loss", "ece"}),
        (0.9, 0.3, 0.02, set()),
    ],
)
def test_metrics_of_scores_are_told_by_their_spread(
    paired_case: Make, auc: float, log_loss: float, ece: float, told: set[str]
) -> None:
    case = paired_case({"all": ALIKE}, metrics={"auc": auc, "log_loss": log_loss, "ece": ece, "lift": 2.0})
    old = {"auc": 0.9, "log_loss": 0.3, "ece": 0.02, "lift": 1.0}
    comparison = replace(case.comparison, baseline=replace(case.comparison.baseline, metrics=old), spreads=SPREADS)  # type: ignore[type-var]
    found = find_differences(replace(case, comparison=comparison), Policy(0.95)).metrics
    assert {name for name in SPREADS if name in found and found[name].told} == told
    assert "lift" not in found  # no test is known
    of_rows = replace(comparison, clusters=Clusters((), Moments(), weight="sampled"))
    assert not set(find_differences(replace(case, comparison=of_rows), Policy(0.95)).metrics) & set(SPREADS)


def _many(rng: np.random.Generator, number: int) -> dict[str, Cells]:
    """Draw slices in which both models err alike."""

    def draw(rows: int) -> tuple[int, int, int, int]:
        both, one, other, none = rng.multinomial(rows, [0.1, 0.05, 0.05, 0.8]).tolist()
        return both, one, other, none

    return {f"s{at}": (draw(200), draw(200)) for at in range(number)}


def test_of_many_slices_none_looks_worse_by_chance(paired_case: Make) -> None:
    """The twenty that moved furthest of a hundred would be told at their own level nearly always."""
    rng, told, alone = np.random.default_rng(3), 0, 0
    for _ in range(20):
        found = find_differences(paired_case(_many(rng, 100)), Policy(0.95)).slices["region"]
        assert len(found) == MOST_SLICES
        told += any(one.told for of_slice in found.values() for one in of_slice.values())
        alone += any(_alone(paired_case, cells)["fnr"].told for cells in _many(rng, 100).values())
    assert told <= 4 and alone >= 18


def _alone(paired_case: Make, cells: Cells) -> Any:
    metrics = find_differences(paired_case({"one": cells}), Policy(0.95)).metrics
    return {"fnr": metrics.get("fnr", Difference())}


def test_slices_that_did_move_are_told(paired_case: Make) -> None:
    cells = _many(np.random.default_rng(4), 30)
    cells |= dict.fromkeys(("s3", "s7", "s11"), ((20, 8, 7, 165), (20, 60, 2, 118)))
    found = find_differences(paired_case(cells), Policy(0.95)).slices["region"]
    assert {name for name, one in found.items() if one["fnr"].told} == {"s3", "s7", "s11"}
    levels = {one.level for of_slice in found.values() for one in of_slice.values()}
    assert levels == {round(1 - 2 * 0.05 * 3 / 60, 12)}


def test_slices_without_pairs_cannot_be_told(paired_case: Make) -> None:
    case = paired_case({"a": WORSE, "b": ALIKE})
    bare = replace(case, comparison=replace(case.comparison, paired=None, paired_slices={}))
    found = find_differences(bare, Policy(0.95))
    assert {one for of_slice in found.slices["region"].values() for one in of_slice.values()} == {Difference()}
    assert set(found.metrics.values()) == {Difference()}


@pytest.mark.parametrize("each", [1, 8])
def test_rows_that_belong_together_tell_as_many_times_as_they_are_clusters(judged: Judged, each: int) -> None:
    """Eight like rows for each of 150 customers say no more than one each; taken by themselves they would be told."""
    codes = np.repeat(np.arange(150), each)
    rows = Rows(np.zeros(len(codes), bool), codes < 8, (codes >= 8) & (codes < 11), codes)
    case = Case(compare(rows))
    found = find_differences(case, Policy(0.95)).metrics["fpr"]
    (gate,) = judged(case, "fpr <= baseline.fpr", confidence=0.95)
    assert found.interval == gate.interval
    assert not found.told
    by_row = replace(case, comparison=replace(case.comparison, clusters=None))
    assert find_differences(by_row, Policy(0.95)).metrics["fpr"].told == (each > 1)

"""The answers of several repetitions are counted together, those for one row as a cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.errors import StageFailed
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.evaluate import Holdout, compare
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.repeated import Repetitions, average, compare_repeated, join, stack
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.slices import Slices
from ml_ci.evaluation.values import Comparison

ROWS = 60


def holdout(grouping: Grouping | None = None) -> Holdout:
    label = np.arange(ROWS) % 3 == 0
    slices = tuple(
        Slices(name, codes.astype(np.uint8), ("a", "b"))
        for name, codes in (("region", np.arange(ROWS) % 2), ("customer", np.arange(ROWS) // 30))
    )
    return Holdout(Labels(label, label.astype(np.int32), ("0", "1")), slices, grouping=grouping)


def customers() -> Grouping:
    codes = np.arange(ROWS) // 30
    return Grouping(("customer",), codes=codes, number=2, alone=frozenset({"customer"}), distinct=True)


def repetitions(seed: int, number: int = 3) -> Repetitions:
    scores = np.random.default_rng(seed).random((number, ROWS))
    predictions = tuple(Predictions(one >= 0.5, "probability", one) for one in scores)
    return Repetitions(predictions, tuple({"seconds": float(place)} for place in range(number)))


def both(seed: int = 0, grouping: Grouping | None = None) -> Comparison:
    return compare_repeated(holdout(grouping), repetitions(seed), repetitions(seed + 1), distinct=True)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_counts_are_the_sums_of_the_repetitions(seed: int) -> None:
    found = both(seed)
    assert found.asked == len(found.repeats) == 3
    for side in ("candidate", "baseline"):
        whole, each = getattr(found, side), [getattr(one, side) for one in found.repeats]
        assert whole.confusion == sum((one.confusion for one in each), Confusion())
        assert whole.confusion.rows == 3 * ROWS
        assert whole.metrics["brier"] == pytest.approx(np.mean([one.metrics["brier"] for one in each]))
        assert whole.metrics["seconds"] == 1.0
        assert whole.slices["region"]["a"] == sum((one.slices["region"]["a"] for one in each), Confusion())


@pytest.mark.parametrize("grouping", [None, customers()], ids=["rows alone", "rows of customers"])
def test_each_repetition_is_counted_as_one_alone_is(grouping: Grouping | None) -> None:
    first, second = repetitions(0), repetitions(1)
    found = both(0, grouping)
    for place, one in enumerate(found.repeats):
        extra: list[Any] = [first.extra[place], second.extra[place]]
        pair = first.predictions[place], second.predictions[place]
        alone = compare(holdout(grouping), *pair, extra=extra[0], baseline_extra=extra[1])
        assert one == alone


@pytest.mark.parametrize(
    ("grouping", "clusters", "of_slice"),
    [(None, ROWS, ROWS // 2), (customers(), 2, ROWS // 2)],
    ids=["rows", "customers"],
)
def test_what_is_a_cluster(grouping: Grouping | None, clusters: int, of_slice: int) -> None:
    """Rows, or those that belong together already; in a slice by the clusters themselves each row."""
    found = both(0, grouping).clusters
    assert found is not None
    assert (found.repeats, found.all.clusters[2]) == (3, clusters)
    assert found.all.rows == tuple(int(total) for total in found.all.totals)
    assert sum(found.all.rows) == 3 * ROWS
    assert found.slices["customer"]["a"].clusters[2] == of_slice
    assert sum(found.slices["customer"]["a"].rows) == 3 * ROWS // 2


def test_moments_of_rows_are_those_of_each_row_by_itself() -> None:
    """The products sum v v' over the rows, v being how many of its answers are in each cell."""
    first, second, label = repetitions(0), repetitions(1), holdout().y_true
    products, which = np.zeros((8, 8)), np.arange(ROWS)
    cells = np.zeros((ROWS, 8))
    for one, other in zip(first.predictions, second.predictions, strict=True):
        cells[which, 4 * label + 2 * one.decision + other.decision] += 1
    products = cells.T @ cells
    found = both(0).clusters
    assert found is not None
    assert np.allclose(found.all.products, products)


def test_class_labels_that_only_one_repetition_gives() -> None:
    one = Predictions(np.array([True, False]), "label", None, np.array([0, 1], np.int32), ("cat", "dog"))
    other = Predictions(np.array([False, False]), "label", None, np.array([0, 1], np.int32), ("bird", "dog"))
    found = join([one, other])
    assert found.classes == ("bird", "cat", "dog")
    assert found.codes is not None
    assert found.codes.tolist() == [1, 2, 0, 2]


def test_repetitions_of_two_kinds_are_refused() -> None:
    scores = np.array([0.1, 0.9])
    kinds = [Predictions(scores > 0.5, kind, scores) for kind in ("probability", "margin")]
    with pytest.raises(StageFailed) as error:
        join(kinds)
    assert error.value.failure.code == "kinds-differ"
    assert "one repetition gives probability and another margin" in error.value.failure.message


def test_a_metric_that_one_repetition_leaves_undefined_has_no_mean() -> None:
    assert average([{"lift": 1.0, "gain": 2.0}, {"lift": 3.0, "gain": None}]) == {"lift": 2.0, "gain": None}


def test_weights_are_not_counted_so() -> None:
    weighted = holdout(Grouping(weight="n", weights=np.ones(ROWS)))
    with pytest.raises(ValueError, match="weighted"):
        stack(weighted, 2)

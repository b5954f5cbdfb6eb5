"""A behaviour's rows are counted, paired, sliced, clustered and weighed as those of an FPR."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.evaluation.behaved import count_broken
from ml_ci.evaluation.confusion import Confusion, PairedErrors
from ml_ci.evaluation.evaluate import Holdout
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.slices import Slices

ROWS = st.lists(st.tuples(*[st.booleans()] * 3, st.integers(0, 2), st.integers(0, 3)), max_size=40)


def bools(*values: int) -> np.ndarray:
    return np.array(values, np.bool_)


def make_holdout(region: list[int], cluster: list[int] | None = None, weights: list[float] | None = None) -> Holdout:
    labels = Labels(np.zeros(len(region), np.bool_), np.zeros(len(region), np.int64), ("0",))
    grouping = None
    if cluster is not None or weights is not None:
        grouping = Grouping(
            ("customer",) if cluster is not None else (),
            weight="w" if weights is not None else None,
            codes=None if cluster is None else np.array(cluster, np.int64),
            number=0 if cluster is None else max(cluster, default=-1) + 1,
            weights=None if weights is None else np.array(weights),
        )
    slices = Slices("region", np.array(region, np.uint8), ("north", "south", "west"))
    return Holdout(labels, (slices,), grouping=grouping)


def test_counts_the_rows_to_which_it_applies_and_no_other() -> None:
    found = count_broken(
        make_holdout([0, 0, 1, 1, 1]), bools(1, 1, 1, 1, 0), bools(1, 0, 1, 0, 1), bools(1, 1, 0, 0, 1)
    )
    assert found.candidate.confusion == Confusion(fp=2, tn=2) and found.baseline is not None
    assert found.baseline.confusion == Confusion(fp=2, tn=2)
    assert found.paired is not None and found.paired.negatives == PairedErrors(1, 1, 1, 1)
    assert found.candidate.slices["region"] == {
        "north": Confusion(fp=1, tn=1),
        "south": Confusion(fp=1, tn=1),
        "west": Confusion(),
    }
    assert found.paired_slices["region"]["north"].negatives == PairedErrors(both=1, baseline_only=1)


@pytest.mark.parametrize(("cluster", "weights"), [(None, None), ([0, 0, 1], None), (None, [1.0, 2.0, 3.0])])
def test_nothing_applies(cluster: list[int] | None, weights: list[float] | None) -> None:
    found = count_broken(make_holdout([0, 1, 2], cluster, weights), bools(0, 0, 0), bools(1, 1, 1))
    assert found.candidate.confusion == Confusion() and found.baseline is None and found.paired is None


def test_rows_of_weight_0_are_not_counted() -> None:
    holdout = make_holdout([0, 1, 2], weights=[2.0, 0.0, 3.0]).counted()
    found = count_broken(holdout, bools(1, 1, 1), bools(1, 1, 0))
    assert found.candidate.confusion == Confusion(fp=1, tn=1)
    assert found.clusters is not None and found.clusters.all.candidate.fpr == 2 / 5


@settings(max_examples=100, deadline=None)
@given(rows=ROWS)
def test_agrees_with_a_loop_over_the_rows(rows: list[tuple[bool, bool, bool, int, int]]) -> None:
    region, cluster = [row[3] for row in rows], [row[4] for row in rows]
    applies, ours, theirs = (np.array([row[place] for row in rows], np.bool_) for place in range(3))
    found = count_broken(make_holdout(region, cluster), applies, ours, theirs)
    kept = [row for row in rows if row[0]]
    assert found.candidate.confusion == Confusion(fp=sum(row[1] for row in kept), tn=sum(not row[1] for row in kept))
    assert found.paired is not None
    assert found.paired.negatives.candidate_only == sum(row[1] and not row[2] for row in kept)
    assert found.clusters is not None
    assert found.clusters.all.clusters[0] == len({row[4] for row in kept})
    broken = [sum(row[1] for row in kept if row[4] == one) for one in range(4)]
    squares = np.array(found.clusters.all.products)[2:4, 2:4].sum()
    assert squares == sum(number**2 for number in broken)

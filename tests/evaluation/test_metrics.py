from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from ml_ci.evaluation import metrics as ours
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.statistics import weighted
from ml_ci.spec.values import Cost

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])), min_size=2, max_size=50
)


@settings(max_examples=100, deadline=None)
@given(rows=ROWS)
def test_each_agrees_with_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    rows = [*rows, (True, 0.6), (False, 0.4)]
    y, score = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    drawn = ours.curve(y, score)
    assert ours.auc(drawn) == pytest.approx(theirs.roc_auc_score(y, score))
    assert ours.average_precision(drawn) == pytest.approx(theirs.average_precision_score(y, score))
    assert ours.log_loss(y, score) == pytest.approx(theirs.log_loss(y, score))
    assert ours.brier(y, score) == pytest.approx(theirs.brier_score_loss(y, score))
    fpr, tpr, _ = theirs.roc_curve(y, score, drop_intermediate=False)
    for at in (0.0, 0.1, 0.5, 1.0):
        assert ours.recall_at(drawn, at) == pytest.approx(tpr[fpr <= at].max())


SCORES = st.one_of(
    st.sampled_from([0.0, -0.0, 5e-324, 1e-300, 0.5, np.nextafter(0.5, 0), 1.0, 1e300, -1.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.tuples(st.booleans(), SCORES), max_size=30), positive=st.booleans())
def test_a_curve_counts_the_rows_at_or_above_each_score(rows: list[tuple[bool, float]], positive: bool) -> None:
    """Whether any score is negative or none is: the two are sorted in different ways."""
    y = np.array([row[0] for row in rows], np.bool_)
    score = np.array([abs(row[1]) if positive else row[1] for row in rows], np.float64)
    drawn = ours.curve(y, score)
    assert drawn.threshold.tolist() == sorted({*score.tolist()}, reverse=True)
    assert drawn.tp.tolist() == [int(np.sum(y & (score >= cut))) for cut in drawn.threshold]
    assert drawn.fp.tolist() == [int(np.sum(~y & (score >= cut))) for cut in drawn.threshold]
    assert (drawn.positives, drawn.negatives) == (int(y.sum()), int((~y).sum()))


def test_large_random_scores_agree() -> None:
    random = np.random.default_rng(1)
    y = random.random(20_000) < 0.2
    score = np.clip(random.normal(0.3 + 0.2 * y, 0.2), 0, 1).round(3)
    found = ours.of_scores(y, score, "probability")
    assert found["auc"] == pytest.approx(theirs.roc_auc_score(y, score), abs=1e-12)
    assert found["average_precision"] == pytest.approx(theirs.average_precision_score(y, score), abs=1e-12)
    assert found["log_loss"] == pytest.approx(theirs.log_loss(y, score))


def test_ece_by_hand() -> None:
    y = np.array([True, False, True, True])
    score = np.array([0.1, 0.1, 0.95, 1.0])
    # bin [1/15, 2/15): 1 of 2 positive, said 0.1; bin [14/15, 1]: 2 of 2 positive, said 0.975
    assert ours.ece(y, score) == pytest.approx((2 * 0.4 + 2 * 0.025) / 4)


@pytest.mark.parametrize(
    ("labels", "scores", "expected"),
    [
        ([True, True, False, False], [0.1, 0.1, 0.9, 0.9], 0.9),  # one bin says too little, the other too much
        ([True, False, True, False], [0.3, 0.3, 0.7, 0.7], 0.2),
        ([True, False], [0.2, 0.4], (0.8 + 0.4) / 2),  # 3/15 and 6/15: two bins
        ([True, False], [3.5 / 15, 3.9 / 15], (1 - 7.4 / 15) / 2),  # one bin of 15, and two of 16
        ([False, True], [0.0, 1.0], 0.0),
        ([True, False], [0.0, 1.0], 1.0),
        ([True, False], [0.93, 1.0], (0.07 + 1.0) / 2),  # [13/15, 14/15) and the last one, with its end
    ],
)
def test_ece_of_bins_on_either_side(labels: list[bool], scores: list[float], expected: float) -> None:
    assert ours.ece(np.array(labels), np.array(scores)) == pytest.approx(expected)


def test_all_scores_equal_and_a_single_class() -> None:
    half = np.full(4, 0.5)
    assert ours.of_scores(np.array([True, False, True, False]), half, "probability", ["auc"]) == {"auc": 0.5}
    only = ours.of_scores(np.ones(4, np.bool_), half, "probability", [*ours.OF_SCORES, "recall_at(fpr=0.1)"])
    assert only["auc"] is None
    assert only["recall_at(fpr=0.1)"] is None
    assert only["average_precision"] == 1.0
    assert (
        ours.of_scores(np.zeros(4, np.bool_), half, "probability", ["average_precision"])["average_precision"] is None
    )


def test_recall_at_counts_ties_together() -> None:
    y = np.array([True, True, False, False])
    assert ours.recall_at(ours.curve(y, np.array([0.9, 0.5, 0.5, 0.1])), 0.1) == 0.5
    assert ours.recall_at(ours.curve(y, np.array([0.5, 0.5, 0.5, 0.1])), 0.1) == 0.0


@pytest.mark.parametrize("negatives", [7, 10, 100, 1000])
def test_recall_at_an_fpr_that_is_reached_just_so(negatives: int) -> None:
    """0.29 of 100 rows are 29, though 0.29 * 100 is less in binary; by row and by weight alike."""
    for alarms in range(1, negatives, 1 + negatives // 50):
        score = np.r_[np.full(alarms, 0.9), np.full(negatives - alarms, 0.1), 0.9, 0.05]
        y = np.arange(len(score)) >= negatives
        for fpr, recall in ((alarms / negatives, 0.5), ((alarms - 0.001) / negatives, 0.0)):
            weigh = weighted.recall_at(fpr).prepare(score[~y], score[y])
            assert ours.recall_at(ours.curve(y, score), fpr) == recall
            assert weigh(np.ones((1, negatives)), np.ones((1, 2))).tolist() == [recall]


def test_undefined_by_kind() -> None:
    y, score = np.array([True, False]), np.array([3.0, -2.0])
    wanted = [*ours.OF_SCORES, "recall_at(fpr=0.5)"]
    margin = ours.of_scores(y, score, "margin", wanted)
    assert (margin["auc"], margin["log_loss"], margin["brier"], margin["ece"]) == (1.0, None, None, None)
    assert margin["recall_at(fpr=0.5)"] == 1.0
    assert set(ours.of_scores(y, None, "label", wanted).values()) == {None}
    empty = np.zeros(0)
    assert set(ours.of_scores(empty.astype(np.bool_), empty, "probability", wanted).values()) == {None}


def test_cost() -> None:
    assert ours.cost(Confusion(tp=1, fp=2, tn=3, fn=4), Cost(5, 120)) == 49.0
    assert ours.cost(Confusion(), Cost(5, 120)) is None

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.errors import StageFailed
from ml_ci.evaluation.scores import Predictions, decide
from ml_ci.evaluation.threshold import choose
from ml_ci.spec.values import Threshold

Y = np.array([True, True, False, True, False, False])
SCORE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.1])


def _scores(score: object, kind: str = "probability") -> Predictions:
    array = np.asarray(score, np.float64)
    return Predictions(array >= 0.5, kind, array)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (Threshold(), 0.5),
        (Threshold(0.3), 0.3),
        (Threshold(None, "fpr", 0.0), 0.8),
        (Threshold(None, "fpr", 0.34), 0.6),
        (Threshold(None, "fpr", 1.0), 0.1),
        (Threshold(None, "tnr", 1.0), 0.8),
        (Threshold(None, "recall", 0.6), 0.8),
        (Threshold(None, "fnr", 0.0), 0.6),
        (Threshold(None, "precision", 0.75), 0.6),
        (Threshold(None, "selection_rate", 0.5), 0.7),
    ],
)
def test_choice(threshold: Threshold, expected: float) -> None:
    assert choose(Y, _scores(SCORE), threshold) == expected


def test_no_allowed_cut_lies_above_every_score() -> None:
    cut = choose(np.array([False, True]), _scores([1.0, 0.5]), Threshold(None, "fpr", 0.01))
    assert not decide(_scores([1.0, 0.5]), cut).decision.any()


def test_margins_are_cut_on_their_own_scale() -> None:
    margins = _scores([900.0, 800.0, 700.0, 600.0, -5.0, -10.0], "margin")
    assert choose(Y, margins, Threshold(None, "fpr", 0.0)) == 800.0
    assert choose(Y, margins, Threshold(0.5)) == 0.0


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=40), at=st.floats(0, 1))
def test_fpr_is_held_and_no_other_cut_finds_more(rows: list[tuple[bool, int]], at: float) -> None:
    rows = [*rows, (True, 5), (False, 5)]
    y, score = np.array([row[0] for row in rows]), np.array([row[1] / 10 for row in rows])
    cut = choose(y, _scores(score), Threshold(None, "fpr", at))
    assert (score[~y] >= cut).mean() <= at
    others = [score[y] >= other for other in score if (score[~y] >= other).mean() <= at]
    assert all((score[y] >= cut).sum() >= other.sum() for other in others)


@pytest.mark.parametrize(
    ("y", "predictions", "threshold", "message"),
    [
        (Y, Predictions(Y, "label"), Threshold(None, "fpr", 0.1), "the model gives labels and no scores"),
        (Y & False, _scores(SCORE), Threshold(None, "fpr", 0.1), "the validation rows hold no positives"),
        (Y | True, _scores(SCORE), Threshold(None, "fpr", 0.1), "the validation rows hold no negatives"),
        (Y, _scores(SCORE), Threshold(None, "auc", 0.1), "'auc' is not one of"),
        (~Y, _scores(SCORE), Threshold(None, "precision", 0.9), "no threshold reaches it (the best is 0.5)"),
    ],
)
def test_undefined(y: object, predictions: Predictions, threshold: Threshold, message: str) -> None:
    with pytest.raises(StageFailed) as caught:
        choose(np.asarray(y), predictions, threshold)
    assert caught.value.failure.code == "threshold-undefined"
    assert message in caught.value.failure.message

from __future__ import annotations

import numpy as np
import pytest

from ml_ci.errors import StageFailed
from ml_ci.evaluation.scores import Predictions
from ml_ci.steps.working.folds import pool

FOLD_OF = np.array([1, 0, 2, 0, 1], np.uint8)


def _scores(*values: float, kind: str = "probability") -> Predictions:
    score = np.array(values)
    return Predictions(score >= 0.5, kind, score)


def _labels(codes: list[int], *classes: str) -> Predictions:
    found = np.array(codes, np.int32)
    return Predictions(np.array([classes[code] == "b" for code in codes]), "label", None, found, classes)


def test_scores_come_in_the_order_of_the_table() -> None:
    found = pool(FOLD_OF, [_scores(0.1, 0.2), _scores(0.3, 0.9), _scores(0.5)])
    assert found.kind == "probability"
    assert found.score is not None
    assert found.score.tolist() == [0.3, 0.1, 0.5, 0.2, 0.9]
    assert found.decision.tolist() == [False, False, True, False, True]


def test_a_decision_is_its_own_folds() -> None:
    """Each fold may have chosen another threshold on the validation rows."""
    low, high = _scores(0.4, 0.6), _scores(0.4, 0.6)
    low = Predictions(np.array([True, True]), "probability", low.score)
    assert pool(np.array([0, 1, 0, 1], np.uint8), [low, high]).decision.tolist() == [True, False, True, True]


def test_classes_are_those_of_all_folds_together() -> None:
    found = pool(FOLD_OF, [_labels([0, 1], "a", "b"), _labels([1, 0], "b", "c"), _labels([0], "c")])
    assert found.score is None
    assert found.codes is not None
    assert [found.classes[code] for code in found.codes] == ["c", "a", "c", "b", "b"]
    assert found.decision.tolist() == [False, False, False, True, True]


def test_folds_that_give_different_things_are_not_counted_together() -> None:
    with pytest.raises(StageFailed) as caught:
        pool(np.array([0, 1], np.uint8), [_scores(0.1), _labels([0], "a")])
    assert caught.value.failure.code == "kinds-differ"
    assert "not counted together" in caught.value.failure.message

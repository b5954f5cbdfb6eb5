from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from ml_ci.evaluation import metrics
from ml_ci.gates.statistics import weighted
from ml_ci.gates.statistics.values import Floats


def _value(name: str, negatives: Floats, positives: Floats, weights_n: Floats, weights_p: Floats) -> float:
    prepared = weighted.named(name).prepare(negatives, positives)
    # A second set of weights beside it: no replicate may leak into another.
    twice = prepared(np.stack([weights_n, np.ones_like(weights_n)]), np.stack([weights_p, np.ones_like(weights_p)]))
    return float(twice[0])


@st.composite
def samples(draw: st.DrawFn) -> tuple[Floats, Floats, Floats, Floats]:
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    steps = draw(st.sampled_from([1, 4, 20, 10**6]))  # few steps: many ties
    sides = [generator.integers(0, steps + 1, draw(st.integers(1, 60))) / steps for _ in range(2)]
    weights = [generator.integers(0, 4, len(side)).astype(float) for side in sides]
    for column in weights:
        column[0] += 1
    return sides[0], sides[1], weights[0], weights[1]


@given(samples())
@settings(deadline=None)
def test_scikit_learn_agrees_on_weighted_rows(sample: tuple[Floats, Floats, Floats, Floats]) -> None:
    negatives, positives, weights_n, weights_p = sample
    y_true = np.repeat([0, 1], [len(negatives), len(positives)])
    score, weight = np.concatenate([negatives, positives]), np.concatenate([weights_n, weights_p])
    theirs = {
        "auc": roc_auc_score(y_true, score, sample_weight=weight),
        "average_precision": average_precision_score(y_true, score, sample_weight=weight),
        "brier": brier_score_loss(y_true, score, sample_weight=weight),
        "log_loss": log_loss(y_true, score, sample_weight=weight),
    }
    for name, value in theirs.items():
        assert _value(name, *sample) == pytest.approx(value, rel=1e-9, abs=1e-12), name


@given(samples(), st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_weights_are_repeated_rows_to_the_evaluation(sample: tuple[Floats, Floats, Floats, Floats], fpr: float) -> None:
    negatives, positives, weights_n, weights_p = sample
    repeated = [
        np.repeat(side, weights.astype(int)) for side, weights in ((negatives, weights_n), (positives, weights_p))
    ]
    y_true = np.repeat([False, True], [len(side) for side in repeated])
    names = (*weighted.METRICS, f"recall_at(fpr={fpr})")
    measured = metrics.of_scores(y_true, np.concatenate(repeated), "probability", names)
    for name in names:
        assert _value(name, *sample) == pytest.approx(measured[name], rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("name", ["auc", "average_precision", "recall_at(fpr=0.1)"])
def test_without_positives_a_ranking_is_undefined(name: str) -> None:
    some, none = np.array([0.2, 0.4]), np.zeros(0)
    assert math.isnan(weighted.named(name).prepare(some, none)(np.ones((1, 2)), np.ones((1, 0)))[0])


@pytest.mark.parametrize("name", ["auc", "recall_at(fpr=0.1)"])
def test_without_negatives_a_ranking_is_undefined(name: str) -> None:
    some, none = np.array([0.2, 0.4]), np.zeros(0)
    assert math.isnan(weighted.named(name).prepare(none, some)(np.ones((1, 0)), np.ones((1, 2)))[0])


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        weighted.named("loss")

"""Metrics of the counts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import arrays, exact, metrics_of
from ml_ci.metrics import OF_COUNTS

COMPAS = Confusion(tp=2035, fp=1282, tn=2681, fn=1216)


def test_published_rates() -> None:
    assert round(float(exact(COMPAS, "fpr") or 0), 4) == 0.3235
    assert round(float(exact(COMPAS, "fnr") or 0), 4) == 0.374
    assert exact(COMPAS, "fpr") == Fraction(1282, 3963)


def test_scikit_learn_agrees() -> None:
    y_true = [1] * 3251 + [0] * 3963
    y_pred = [1] * 2035 + [0] * 1216 + [1] * 1282 + [0] * 2681
    ours = metrics_of(COMPAS)
    assert ours["precision"] == pytest.approx(sk.precision_score(y_true, y_pred))
    assert ours["recall"] == ours["tpr"] == pytest.approx(sk.recall_score(y_true, y_pred))
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(y_true, y_pred))
    assert ours["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y_true, y_pred))
    assert ours["f1"] == pytest.approx(sk.f1_score(y_true, y_pred))
    assert ours["mcc"] == pytest.approx(sk.matthews_corrcoef(y_true, y_pred))


UNDEFINED = [
    (Confusion(), OF_COUNTS - {"tp", "fp", "tn", "fn", "rows", "positives", "negatives"}),
    (Confusion(fp=3, tn=4), {"fnr", "tpr", "recall", "balanced_accuracy", "mcc"}),
    (Confusion(tp=3, fn=4), {"fpr", "tnr", "balanced_accuracy", "mcc"}),
    (Confusion(tn=3, fn=4), {"precision", "mcc"}),
    (Confusion(tp=3, fp=4), {"npv", "mcc"}),
    (Confusion(tn=9), {"fnr", "tpr", "recall", "precision", "f1", "mcc", "balanced_accuracy"}),
]


@pytest.mark.parametrize(("counts", "names"), UNDEFINED)
def test_undefined_is_never_zero(counts: Confusion, names: set[str]) -> None:
    for name in names:
        assert exact(counts, name) is None


def test_another_metric_is_no_metric_of_counts() -> None:
    with pytest.raises(KeyError):
        exact(COMPAS, "auc")


@given(st.builds(Confusion, *[st.integers(0, 50)] * 4), st.sampled_from(sorted(OF_COUNTS)))
def test_arrays_agree_with_single_counts(counts: Confusion, name: str) -> None:
    alone = exact(counts, name)
    side = Confusion(
        *(  # type: ignore[arg-type]
            np.array([value], dtype=float) for value in (counts.tp, counts.fp, counts.tn, counts.fn)
        )
    )
    together = float(arrays(side, name)[0])
    assert np.isnan(together) if alone is None else together == pytest.approx(float(alone))

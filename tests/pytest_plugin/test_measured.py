"""The objects behind the fixtures, on arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError

TEXTS = {
    "region": ["EU", "EU", "US", "US", "US", ""],
    "age": ["1", "1.0", "2", "2", "3e0", "3"],
    "label": ["1", "0", "1", "1", "0", "0"],
}


@pytest.fixture
def scored() -> Any:
    """Six rows: two found, one missed, one false alarm, two left alone."""
    import numpy as np

    from ml_ci.evaluation.scores import Predictions
    from ml_ci.steps.examination.rows import HoldoutTable, Scored

    score = np.array([0.9, 0.8, 0.7, 0.1, 0.2, 0.3])
    return Scored(
        HoldoutTable(None, tuple(TEXTS), 6),
        np.array(TEXTS["label"]) == "1",
        Predictions(score >= 0.5, "probability", score),
        None,
        "new model",
        {name: np.array(values) for name, values in TEXTS.items()},
    )


@pytest.fixture
def measured(scored: Any) -> Any:
    from pytest_ml_ci.holdout import Holdout
    from pytest_ml_ci.measured import Measured

    from ml_ci.spec.values import Cost

    price = Cost(fp=5, fn=120, currency="USD")
    whole = {"seconds": 2.0, "own": float("nan")}
    return Measured("candidate of m", Holdout(scored), scored.y_true, scored.candidate, price, whole)


def test_counts_are_builtin_numbers(measured: Any) -> None:
    counts = [measured.tp, measured.fp, measured.tn, measured.fn, measured.rows, measured.positives, measured.negatives]
    assert counts == [2, 1, 2, 1, 6, 3, 3]
    assert {type(count) for count in counts} == {int}
    assert type(measured.fpr) is type(measured.auc) is float


@pytest.mark.parametrize(
    ("metric", "value"),
    [("fpr", 1 / 3), ("fnr", 1 / 3), ("precision", 2 / 3), ("auc", 5 / 9), ("cost", 125 / 6), ("seconds", 2.0)],
)
def test_every_metric_is_an_attribute(measured: Any, metric: str, value: float) -> None:
    assert getattr(measured, metric) == pytest.approx(value)
    assert measured.metrics[metric] == pytest.approx(value)
    assert metric in dir(measured)


@pytest.mark.parametrize(
    ("column", "value", "rows"),
    [("region", "EU", 2), ("age", 1, 2), ("age", "1.00", 2), ("age", 3.0, 2), ("region", None, 1), ("region", "", 1)],
)
def test_where_compares_values_as_ml_ci_does(measured: Any, column: str, value: object, rows: int) -> None:
    assert measured.where(column, value).rows == rows


def test_where_may_be_chained_in_any_order(measured: Any) -> None:
    one = measured.where("region", "US").where("age", 2)
    other = measured.where("age", 2).where("region", "US")
    assert one.confusion == other.confusion
    assert (one.rows, one.tp, one.fn) == (2, 1, 1)
    assert repr(one) == "<candidate of m, region = US, age = 2: 2 rows, FPR undefined (0 of 0), FNR 50.0% (1 of 2)>"


@pytest.mark.parametrize(
    ("column", "value", "message", "hint"),
    [
        ("regoin", "EU", "the holdout has no column 'regoin'", "Did you mean 'region'?"),
        ("zzz", "EU", "the holdout has no column 'zzz'", "Its columns are: region, age, label."),
        ("region", "EUR", "no row of the holdout has region = EUR", "Did you mean 'EU'?"),
        ("age", True, "no row of the holdout has age = True", "It has: 1, 1.0, 2, 3, 3e0."),
    ],
)
def test_where_refuses_what_is_not_there(measured: Any, column: str, value: object, message: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        measured.where(column, value)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_where_refuses_an_empty_selection(measured: Any) -> None:
    with pytest.raises(UserError, match="no row is left: candidate of m, region = EU, age = 2"):
        measured.where("region", "EU").where("age", 2)


def test_an_undefined_metric_raises_and_passes_no_comparison(measured: Any) -> None:
    with pytest.raises(UserError, match=r"fpr of .* is undefined\nThere are no negatives among these rows."):
        assert measured.where("age", 2).fpr <= 0.1
    with pytest.raises(UserError, match=r"own of .* is undefined"):
        assert measured.own <= 1
    assert measured.where("age", 2).metrics["fpr"] is None


def test_metrics_of_the_job_are_not_those_of_a_slice(measured: Any) -> None:
    with pytest.raises(AttributeError, match="has no metric 'seconds'"):
        assert measured.where("region", "US").seconds


def test_an_unknown_metric_gets_a_suggestion(measured: Any) -> None:
    with pytest.raises(AttributeError, match="has no metric 'acuracy', did you mean 'accuracy'"):
        assert measured.acuracy


def test_labels_have_no_auc(scored: Any) -> None:
    from pytest_ml_ci.holdout import Holdout
    from pytest_ml_ci.measured import Measured

    from ml_ci.evaluation.scores import Predictions

    measured = Measured("m", Holdout(scored), scored.y_true, Predictions(scored.candidate.decision, "label"))
    assert measured.fpr == pytest.approx(1 / 3)
    with pytest.raises(UserError, match="The model gives a label"):
        assert measured.auc


def test_holdout_as_pandas_has_types_and_order(scored: Any, tmp_path: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    from pytest_ml_ci.holdout import Holdout

    frame = Holdout(scored).to_pandas()
    assert list(frame.columns) == ["region", "age", "label"]
    assert frame["age"].tolist() == [1, 1, 2, 2, 3, 3]
    assert repr(Holdout(scored)) == "<holdout: 6 rows, 3 columns>"


@pytest.mark.parametrize(
    ("metric", "value"),
    [("fpr", 4 / 7), ("fnr", 3 / 5), ("precision", 2 / 6), ("auc", 14 / 35), ("cost", (5 * 4 + 120 * 3) / 12)],
)
def test_metrics_count_each_row_as_often_as_it_weighs(scored: Any, metric: str, value: float) -> None:
    """One of two that were found weighs nothing; one is missed, one is a false alarm."""
    import numpy as np
    from pytest_ml_ci.holdout import Holdout
    from pytest_ml_ci.measured import Measured

    from ml_ci.spec.values import Cost

    price, weights = Cost(fp=5, fn=120, currency="USD"), np.array([2.0, 4.0, 0.0, 3.0, 1.0, 2.0])
    found = Measured("m", Holdout(scored), scored.y_true, scored.candidate, price, {}, weights)
    assert [found.tp, found.fp, found.tn, found.fn, found.rows] == [1, 1, 2, 1, 5]
    assert getattr(found, metric) == pytest.approx(value)
    assert repr(found) == "<m: 5 rows, FPR 57.1% by weight (1 of 3), FNR 60.0% by weight (1 of 2)>"
    europe = found.where("region", "EU")
    assert (europe.rows, europe.fpr, europe.fnr) == (2, 1.0, 0.0)

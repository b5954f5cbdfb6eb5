"""What is said of a whole array is what is said of its values one by one: the law of the child's two ways."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml_ci.child import answers, prediction
from ml_ci.child import arrays as ways
from ml_ci.child.calls import NOW
from ml_ci.child.failures import JobFailed
from ml_ci.child.labels import Classes
from ml_ci.child.prediction import Scores, write_predictions
from ml_ci.child.returned import Column, values_of
from ml_ci.errors import StageFailed
from ml_ci.evaluation.predictions import read
from ml_ci.evaluation.scores import write
from ml_ci.spec.values import Positive
from ml_ci.tables.table import Table

# Whole and odd values, those beside 0 and 1, and any other.
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 1.0 + 5e-7, 1.0 + 2e-6, -1e-9, 2.0, 30.0, float("nan"), float("inf")]),
    st.floats(0, 1, width=16),
    st.floats(width=16),
)
TYPES = st.sampled_from([np.float16, np.float32, np.float64])
COLUMNS = TYPES.flatmap(lambda kind: arrays(kind, st.integers(0, 12), elements=FLOATS))
CLASSES = [
    Classes((), (1,)),
    Classes(("0", "1"), (1,)),
    Classes(("0", "1"), (0,)),
    Classes(("0.5", "2", "30"), (30,)),
    Classes(("good", "bad"), ("bad",)),
    Classes(("0", "30"), (), (">=", 30)),
    Classes(("0", "1"), (), (">=", 0.5)),
]
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def both(array: Any) -> tuple[Column, Column]:
    """Give a column by the way of arrays and by the way of lists."""
    quick = values_of(array, "it")
    assert quick.array is not None
    return quick, values_of([*array], "it")


def outcome(call: Callable[[], Any]) -> Any:
    """Give what a call gives, or how it fails."""
    try:
        return call()
    except JobFailed as error:
        return error.code, error.message, error.hint


def same(one: list[Any], other: list[Any]) -> bool:
    """Say whether values are equal to the last bit, and of the same type."""
    return [type(value) for value in one] == [type(value) for value in other] and list(map(repr, one)) == list(
        map(repr, other)
    )


@given(COLUMNS)
def test_the_same_values(array: Any) -> None:
    quick, slow = both(array)
    assert same(quick.values, slow.values)
    assert (quick.length, quick.has_floats()) == (slow.length, slow.has_floats())
    if slow.length:
        assert quick.precision == slow.precision
        places = list(range(slow.length))[::-1]
        assert same(quick.in_order(places).values, slow.in_order(places).values)


@given(COLUMNS, st.sampled_from(CLASSES), st.sampled_from(["", "score", "prediction"]))
def test_the_same_meaning_and_the_same_refusals(array: Any, classes: Classes, said: str) -> None:
    quick, slow = both(array)
    slow.precision = quick.precision  # an empty list has no type
    kinds = [outcome(lambda one=one: answers.classify(one, said, classes, "it")) for one in (quick, slow)]
    assert kinds[0] == kinds[1]
    for kind in ("probability", "margin", "number", "label", "outcome"):
        for count in (None, slow.length, 5):
            found = [outcome(lambda one=one: answers.check(one, kind, count, "it")) for one in (quick, slow)]  # noqa: B023
            assert found[0] == found[1]


@given(TYPES.flatmap(lambda kind: arrays(kind, st.tuples(st.integers(0, 9), st.just(3)), elements=FLOATS)))
def test_the_same_sums(table: Any) -> None:
    for places in ([0], [0, 2], [0, 1, 2]):
        columns = [table[:, place] for place in places]
        one = answers.add_up(columns, "it")
        total = sum(columns[1:], columns[0])
        rounded = [1.0 if 1.0 < value < 1.0 + 1e-6 else value for value in total.tolist()]
        assert one.array is not None
        assert same(one.values, rounded)


@given(arrays(np.float64, st.integers(990, 1_100), elements=FLOATS))
def test_the_distinct_values_of_many(array: Any) -> None:
    present = array[~np.isnan(array)].tolist()
    assert set(map(repr, ways.distinct(array))) == set(map(repr, present))


@pytest.mark.parametrize(
    "column",
    [
        [0.5],
        np.array([1, 2]),
        np.array([0.5], object),
        np.array([0.5], np.longdouble),
        np.ma.MaskedArray([0.5], [True]),
        np.array([0.5], ">f8"),
        np.array([[0.5]]),
        None,
    ],
    ids=["list", "whole", "objects", "long", "masked", "other order", "table", "nothing"],
)
def test_anything_else_goes_the_way_of_lists(column: Any) -> None:
    assert ways.floats_of(column) is None


def test_nothing_is_an_array_where_numpy_was_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.array([0.5])
    monkeypatch.delitem(__import__("sys").modules, "numpy")
    assert ways.floats_of(array) is None


@given(arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
@pytest.mark.parametrize("kind", ["probability", "margin"])
def test_the_same_record_to_the_byte(tmp_path_factory: Any, kind: str, array: Any, threshold: float) -> None:
    folder = tmp_path_factory.mktemp("both")
    (folder / "holdout.csv").write_text("y\n" + "0\n" * len(array))
    holdout = Table.open(folder / "holdout.csv")
    found = []
    for column in both(array):
        name = write_predictions(str(folder), Scores(kind, column))
        told = read(folder / name, holdout, "y", Positive((1,)), threshold=threshold, kind=kind, shown="the scores")
        write(told, folder / "record.parquet")
        found.append((name, (folder / "record.parquet").read_bytes()))
    assert [name for name, _ in found] == ["predictions.npy", "predictions.csv"]
    assert found[0][1] == found[1][1]


def _pickled(path: Path) -> None:
    np.save(path, np.array([{"a": 1}, None], object), allow_pickle=True)


def _archive(path: Path) -> None:
    with path.open("wb") as stream:
        np.savez(stream, np.zeros(2))


@pytest.mark.parametrize(
    ("make", "code", "says"),
    [
        (lambda at: at.write_bytes(b""), "predictions-unreadable", "cannot be read"),
        (lambda at: at.write_bytes(pickle.dumps([0.5, 0.5])), "predictions-unreadable", "cannot be read"),
        (_pickled, "predictions-unreadable", "cannot be read"),
        (_archive, "predictions-unreadable", "cannot be read"),
        (lambda at: np.save(at, np.zeros(2, np.float32)), "predictions-unreadable", "float32"),
        (lambda at: np.save(at, np.zeros((2, 1))), "predictions-unreadable", "(2, 1)"),
        (lambda at: np.save(at, np.zeros(3)), "row-count", "has 3 rows, and the holdout h.csv has 2"),
        (lambda at: np.save(at, np.array([0.5, np.nan])), "score-missing", "row 2"),
        (lambda at: np.save(at, np.array([0.5, 1.5])), "score-range", "row 2"),
    ],
)
def test_a_file_that_holds_no_scores_is_refused(
    tmp_path: Path, make: Callable[[Path], Any], code: str, says: str
) -> None:
    (tmp_path / "h.csv").write_text("y\n0\n1\n")
    holdout = Table.open(tmp_path / "h.csv", shown="h.csv")
    make(tmp_path / "predictions.npy")
    with pytest.raises(StageFailed) as found:
        read(tmp_path / "predictions.npy", holdout, "y", Positive((1,)), kind="probability", shown="the scores")
    assert found.value.failure.code == code
    assert says in found.value.failure.message


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("y\n0\n1\n")
    at = tmp_path / "predictions.npy"
    np.save(at, np.zeros(2))
    at.write_bytes(at.read_bytes()[:-3])
    with pytest.raises(StageFailed, match="cannot be read"):
        read(at, Table.open(tmp_path / "h.csv"), "y", Positive((1,)), kind="probability")


class Model:
    classes_ = np.array([0, 1])

    def predict_proba(self, rows: Any) -> Any:
        return np.column_stack([1 - rows.x, rows.x])


class Turned(Model):
    classes_ = np.array([1, 0])

    def decision_function(self, rows: Any) -> Any:
        return rows.x - 0.5

    predict_proba = None  # type: ignore[assignment]


@pytest.mark.parametrize("model", [Model(), Turned()])
def test_a_model_answers_alike_by_arrays_and_by_lists(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    monkeypatch.setitem(NOW, "owner", os.getpid())
    rows = pandas.DataFrame({"x": [0.125, 0.25, 0.75]}, index=[7, 8, 9])
    request = {"positive": asdict(Positive((1,))), "entry": None, "count": 3, "folder": "/nowhere"}
    quick = prediction.score_rows(model, rows, None, request)
    assert quick.column.array is not None
    monkeypatch.setattr("ml_ci.child.returned.floats_of", lambda column: None)
    slow = prediction.score_rows(model, rows, None, request)
    assert slow.column.array is None
    assert (quick.kind, same(quick.values, slow.values)) == (slow.kind, True)


LABELS = ["a", " a ", "1", 1, True, 1.0, 0.0, -0.0, b"a", b" 1", 10**30, False, 0, "a"]


@pytest.mark.parametrize("values", [LABELS, LABELS[::-1], []])
def test_labels_are_written_one_by_one(tmp_path: Path, values: list[Any]) -> None:
    """True is no 1, and -0.0 no 0.0, though they are equal."""
    name = write_predictions(str(tmp_path), Scores("label", Column(values)))
    lines = ["prediction", *(prediction.write(value) for value in values)]
    assert (tmp_path / name).read_text().splitlines() == lines

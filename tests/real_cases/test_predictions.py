"""What a prediction means is never guessed: right counts, or a refusal in words that name what is not clear."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from ml_ci.child.calls import NOW
from ml_ci.child.failures import JobFailed
from ml_ci.child.prediction import Scores, score_rows, write_predictions
from ml_ci.errors import StageFailed
from ml_ci.evaluation.evaluate import compare, read_holdout
from ml_ci.evaluation.labels import known_labels
from ml_ci.evaluation.predictions import read
from ml_ci.spec.notation import positive as read_positive
from ml_ci.spec.values import Positive
from ml_ci.tables.table import Table


@pytest.fixture(autouse=True)
def this_process_is_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOW, "owner", os.getpid())


class Judge:
    """Judge predictions of a small holdout as a run does, without its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def holdout(self, labels: list[Any], **columns: list[Any]) -> Table:
        """Write a holdout with the labels in the column `y`, beside a column `x` of 0, 1, 2, ..."""
        path = self.folder / "holdout.csv"
        frame = pd.DataFrame({"x": range(len(labels)), **columns, "y": labels})
        frame.to_csv(path, index=False)
        return Table.open(path, shown="holdout.csv")

    def scored(self, table: Table, positive: Positive, model: Any, function: Any = None, rows: Any = None) -> Scores:
        """Score the holdout by a model's own methods, or by a function, as the child does."""
        request = {
            "positive": asdict(positive),
            "labels": known_labels(table, "y", positive),
            "entry": "own:score" if function else None,
            "count": table.rows,
            "folder": "/nowhere",
        }
        if rows is None:
            rows = pd.read_csv(table.path).drop(columns="y")
        return score_rows(model, rows, function, request)

    def counts(self, table: Table, positive: Positive, scores: Scores | Path, **options: Any) -> str:
        """Give tp/fp/tn/fn of what a child scored, or of a file that a command left."""
        if isinstance(scores, Path):
            path = scores
        else:
            path = self.folder / write_predictions(str(self.folder), scores)
            kind = "outcome" if scores.outcome else scores.kind
            options = {"kind": kind, "precision": scores.precision, **options}
        found = read(path, table, "y", positive, shown="predictions.csv", **options)
        of = compare(read_holdout(table, "y", positive), found).candidate.confusion
        return f"{of.tp}/{of.fp}/{of.tn}/{of.fn}"

    def file(self, content: str | pd.DataFrame) -> Path:
        """Write what a command leaves."""
        path = self.folder / "predictions.csv"
        path.write_text(content) if isinstance(content, str) else content.to_csv(path, index=False)
        return path


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


def model(classes: Any = None, **methods: Any) -> Any:
    """Give a model whose methods answer with these values."""
    own: dict[str, Any] = {name: lambda rows, answer=answer: answer for name, answer in methods.items()}
    if classes is not None:
        own["classes_"] = classes
    return SimpleNamespace(**own)


def refused(call: Callable[[], object]) -> Any:
    """Give what was refused: the failure of a job or of a stage."""
    with pytest.raises((JobFailed, StageFailed)) as caught:
        call()
    return caught.value.failure if isinstance(caught.value, StageFailed) else caught.value


ONE = np.array([[0.9], [0.9], [0.9], [0.9]])
TWO = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
THREE = np.array([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.4, 0.3, 0.3]])

# predict_proba's columns belong to the classes that `classes_` names.
PROBA = [
    ("one class, not the positive one", [0, 1, 0, 1], 1, [0], ONE, "0/0/2/2"),
    ("one class, the positive one", [0, 1, 0, 1], 1, [1], ONE, "2/2/0/0"),
    ("one class as text", ["ham", "spam", "ham", "spam"], "spam", ["ham"], ONE, "0/0/2/2"),
    ("one class in one dimension", [0, 1, 0, 1], 1, [0], ONE[:, 0], "0/0/2/2"),
    ("one class, of several positive ones", ["a", "b", "c", "c"], ["a", "b"], ["b"], ONE, "2/2/0/0"),
    ("one class as a list of lists", [0, 1, 0, 1], 1, [0], ONE.tolist(), "0/0/2/2"),
    ("one class as a table", [0, 1, 0, 1], 1, [0], pd.DataFrame(ONE), "0/0/2/2"),
    ("two of three classes", ["a", "b", "c", "c"], "c", ["a", "b"], TWO, "0/0/2/2"),
    ("two classes", [0, 1, 0, 1], 1, [0, 1], TWO, "2/0/2/0"),
    ("class 0 is positive", [0, 1, 0, 1], 0, [0, 1], TWO, "2/0/2/0"),
    ("classes the other way round", [0, 1, 0, 1], 1, [1, 0], TWO, "0/2/0/2"),
    ("several positive classes are added", ["a", "b", "c", "c"], ["a", "b"], ["a", "b", "c"], THREE, "2/2/0/0"),
    ("classes beyond 2^53", [2**53, 2**53 + 1, 2**53, 2**53 + 1], 2**53 + 1, np.array([2**53, 2**53 + 1]), TWO, "2/0/2/0"),
    ("booleans", [False, True, False, True], True, np.array([False, True]), TWO, "2/0/2/0"),
    ("floats for whole labels", [0, 1, 0, 1], 1, np.array([0.0, 1.0]), TWO, "2/0/2/0"),
    ("float32 classes", [0.3, 0.7, 0.3, 0.7], 0.7, np.array([0.3, 0.7], np.float32), TWO, "2/0/2/0"),
    ("0 and 1 of a model for other words", ["ham", "spam", "ham", "spam"], "spam", [0, 1], TWO, "2/0/2/0"),
    ("0 of a model for other words, which saw no positive", ["ham", "spam", "ham", "spam"], "spam", [0], ONE, "0/0/2/2"),
    ("a table names its columns", [0, 1, 0, 1], 1, [0, 1], pd.DataFrame(TWO[:, ::-1], columns=["1", "0"]), "2/0/2/0"),
    ("a table without classes_", ["ham", "spam", "ham", "spam"], "ham", None, pd.DataFrame(TWO, columns=["spam", "ham"]), "0/2/0/2"),
    ("two columns that nothing names, positive last", ["ham", "spam", "ham", "spam"], "spam", None, TWO, "2/0/2/0"),
    ("classes that are compared", [1, 4, 2, 5], ">= 3", [1, 2, 4], THREE, "0/1/1/2"),
    ("no class is compared as positive", [1, 4, 2, 5], ">= 3", [1, 2], TWO, "0/0/2/2"),
    ("true and false of what is compared", [1, 4, 2, 5], ">= 3", [False, True], TWO, "2/0/2/0"),
    ("0 and 1 of what is compared", [2, 4, 2, 5], "<= 3", [0, 1], TWO, "0/2/0/2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive", "classes", "proba", "expected"), [row[1:] for row in PROBA], ids=[row[0] for row in PROBA]
)
def test_a_column_of_probabilities_belongs_to_its_class(
    judge: Judge, labels: list[Any], positive: Any, classes: Any, proba: Any, expected: str
) -> None:
    table, wanted = judge.holdout(labels), read_positive(positive)
    scores = judge.scored(table, wanted, model(classes, predict_proba=proba))
    assert judge.counts(table, wanted, scores) == expected


UNCLEAR = [
    ("one column without classes_", [0, 1, 0, 1], 1, model(predict_proba=ONE), "model-classes", "no classes_ that say for which class"),
    ("three columns without classes_", ["a", "b", "c", "c"], "c", model(predict_proba=THREE), "model-classes", "no classes_"),
    ("two columns without classes_, positive first", ["ham", "spam", "ham", "spam"], "ham", model(predict_proba=TWO), "model-classes", "no classes_"),
    ("one column of two classes", [0, 1, 0, 1], 1, model([0, 1], predict_proba=ONE), "predict-raised", "gives 1 columns, and the model has 2 classes"),
    ("a class that no label is", ["ham", "spam", "ham", "spam"], "spam", model(["Ham"], predict_proba=ONE), "model-classes", "none of them is the positive value 'spam'"),
    ("0 and 1 of numbers of which some are 0 and 1", [0, 1, 4, 5], ">= 3", model([0, 1], predict_proba=TWO), "ambiguous-prediction", "may be labels or mean positive and not"),
    ("true and false for labels 0 and 1, positive 0", [0, 1, 0, 1], 0, model([False, True], predict_proba=TWO), "ambiguous-prediction", "`positive:` is 0"),
    ("7.0 where 7 and 007 are labels", ["007", "7", "007", "x"], "007", model([7.5, 7.0], predict_proba=TWO), "model-classes", "several labels of the holdout have that value: '007', '7'"),
    ("several outputs", [0, 1, 0, 1], 1, model([0, 1], predict_proba=[TWO, TWO]), "predict-raised", "several outputs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive", "of", "code", "said"), [row[1:] for row in UNCLEAR], ids=[row[0] for row in UNCLEAR]
)
def test_a_class_that_is_not_clear_is_refused(
    judge: Judge, labels: list[Any], positive: Any, of: Any, code: str, said: str
) -> None:
    table, wanted = judge.holdout(labels), read_positive(positive)
    found = refused(lambda: judge.scored(table, wanted, of))
    assert (found.code, said in found.message) == (code, True), found.message
    assert found.hint or code == "predict-raised"


# A command's column `prediction`: the labels of the holdout, `positive:`, what was written, and the counts.
WRITTEN = [
    ("class 0 is positive", [0, 1, 0, 1], 0, ["0", "1", "0", "0"], "2/1/1/0"),
    ("as floats", [0, 1, 0, 1], 0, ["0.0", "1.0", "0.0", "0.0"], "2/1/1/0"),
    ("a model that never says 0", [0, 1, 0, 1], 0, ["1", "1", "1", "1"], "0/0/2/2"),
    ("False is positive", [False, True, False, True], False, ["False", "True", "FALSE", "false"], "2/1/1/0"),
    ("a model that never says False", [False, True, False, True], False, ["True"] * 4, "0/0/2/2"),
    ("labels 1 and 2", [1, 2, 1, 2], 2, ["1", "2", "2", "1"], "1/1/1/1"),
    ("labels 1 and 2, only 1", [1, 2, 1, 2], 2, ["1"] * 4, "0/0/2/2"),
    ("labels 0, 1 and 2, positive 2", [0, 1, 2, 2], 2, ["0", "1", "1", "1"], "0/0/2/2"),
    ("no label is called so: 1 is positive", ["ham", "spam", "ham", "spam"], "ham", ["1", "0", "1", "0"], "2/0/2/0"),
    ("no label is called so: True is positive", ["ham", "spam", "ham", "spam"], "ham", ["True", "False", "True", "False"], "2/0/2/0"),
    ("0 and 1 for True and False alike", [True, False, True, False], True, ["1", "0", "0", "0"], "1/0/2/1"),
    ("numbers that are compared", [3, 40, 20, 50], ">= 30", ["29.9", "30", "31", "2"], "1/1/1/1"),
    ("the outcome of a comparison", [3, 40, 20, 50], ">= 30", ["0", "1", "1", "0"], "1/1/1/1"),
    ("numbers beyond 2^53", [2**53, 2**53 + 1], f">= {2**53 + 1}", [str(2**53), str(2**53 + 1)], "1/0/1/0"),
    ("a text in quotes", ["007", "7", "007", "7"], "007", ["007", "7", "7", "007"], "1/1/1/1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive", "given", "expected"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN]
)
def test_0_and_1_are_labels_where_a_label_is_called_so(
    judge: Judge, labels: list[Any], positive: Any, given: list[str], expected: str
) -> None:
    path = judge.file("prediction\n" + "\n".join(given) + "\n")
    assert judge.counts(judge.holdout(labels), read_positive(positive), path) == expected


@pytest.mark.parametrize(
    ("labels", "positive", "given", "code"),
    [
        ([1, 2, 1, 2], 2, ["1", "0", "1", "0"], "unknown-class"),
        ([False, True, False, True], False, ["0", "1", "0", "1"], "ambiguous-prediction"),
        ([0, 1, 0, 1], 0, ["False", "True", "False", "True"], "ambiguous-prediction"),
        ([0, 1, 4, 5], ">= 3", ["0", "1", "1", "0"], "ambiguous-prediction"),
        ([0, 1, 0, 1], 1, ["0", "1", "true", "0"], "unknown-class"),
        (["7", "007", "7", "x"], "007", ["7.0", "7.0", "x", "x"], "unknown-class"),
    ],
)
def test_0_and_1_that_may_be_either_are_refused(
    judge: Judge, labels: list[Any], positive: Any, given: list[str], code: str
) -> None:
    path = judge.file("prediction\n" + "\n".join(given) + "\n")
    assert refused(lambda: judge.counts(judge.holdout(labels), read_positive(positive), path)).code == code


WORDS = ["healthy", "cancer", "healthy", "cancer"]
# What `predict` (of MLflow's pyfunc, or a function) gives as a table, and the counts; positive: cancer.
NAMED = [
    ("pandas, positive first", pd.DataFrame({"cancer": [0.1, 0.8, 0.3, 0.6], "healthy": [0.9, 0.2, 0.7, 0.4]}), "2/0/2/0"),
    ("pandas, positive last", pd.DataFrame({"healthy": [0.9, 0.2, 0.7, 0.4], "cancer": [0.1, 0.8, 0.3, 0.6]}), "2/0/2/0"),
    ("polars", pl.DataFrame({"cancer": [0.1, 0.8, 0.3, 0.6], "healthy": [0.9, 0.2, 0.7, 0.4]}), "2/0/2/0"),
    ("pyarrow", pa.table({"cancer": [0.1, 0.8, 0.3, 0.6], "healthy": [0.9, 0.2, 0.7, 0.4]}), "2/0/2/0"),
    ("only the positive's", pd.DataFrame({"cancer": [0.1, 0.8, 0.3, 0.6]}), "2/0/2/0"),
    ("beside the label, as H2O does", pd.DataFrame({"predict": WORDS, "cancer": [0.1, 0.8, 0.3, 0.6], "healthy": [0.9, 0.2, 0.7, 0.4]}), "2/0/2/0"),
    ("a column named score", pd.DataFrame({"id": [4, 3, 2, 1], "score": [0.1, 0.8, 0.3, 0.6]}), "2/0/2/0"),
    ("a column named prediction", pd.DataFrame({"id": [4, 3, 2, 1], "prediction": ["healthy", "cancer", "cancer", "healthy"]}), "1/1/1/1"),
    ("one column of any name", pd.DataFrame({"anything": ["healthy", "cancer", "cancer", "healthy"]}), "1/1/1/1"),
    ("one column without a name", pd.DataFrame(["healthy", "cancer", "cancer", "healthy"]), "1/1/1/1"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "expected"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED])
def test_a_table_is_read_by_the_names_of_its_columns(judge: Judge, table: Any, expected: str) -> None:
    holdout, wanted = judge.holdout(WORDS), Positive(("cancer",))
    pyfunc = SimpleNamespace(from_registry=True, predict=lambda rows: table)
    assert judge.counts(holdout, wanted, judge.scored(holdout, wanted, pyfunc)) == expected
    assert judge.counts(holdout, wanted, judge.scored(holdout, wanted, None, lambda model, rows: table)) == expected


def test_two_columns_without_names_are_the_classes_in_order_of_a_registered_model_only(judge: Judge) -> None:
    pyfunc = SimpleNamespace(from_registry=True, predict=lambda rows: TWO)
    holdout = judge.holdout(WORDS)
    last = judge.scored(holdout, Positive(("healthy",)), pyfunc)
    assert last.values == [0.1, 0.8, 0.3, 0.6]
    assert refused(lambda: judge.scored(holdout, Positive(("cancer",)), pyfunc)).code == "predict-shape"
    assert (
        refused(lambda: judge.scored(holdout, Positive(("healthy",)), None, lambda m, r: TWO)).code == "predict-shape"
    )


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"p0": [0.1] * 4, "p1": [0.9] * 4}),
        pd.DataFrame({"healthy": [0.1] * 4}),
        pd.DataFrame({"healthy": [0.1] * 4, "other": [0.1] * 4}),
        pd.DataFrame([[0.1, 0.9]] * 4, columns=["cancer", "cancer"]),
        pd.DataFrame({"score": [0.1] * 4, "prediction": [1] * 4}),
    ],
)
def test_a_table_that_does_not_name_the_positive_is_refused(judge: Judge, table: Any) -> None:
    holdout = judge.holdout(WORDS)
    pyfunc = SimpleNamespace(from_registry=True, predict=lambda rows: table)
    found = refused(lambda: judge.scored(holdout, Positive(("cancer",)), pyfunc))
    assert found.code == "predict-shape"
    assert "which is cancer" in found.message
    assert found.hint


def index_of(values: list[Any], kind: type = pd.Index) -> Any:
    return kind(values)


ROWS = pd.DataFrame({"x": [0.1, 0.9, 0.2, 0.8]})
LETTERS = ROWS.set_axis(["a", "b", "c", "d"])
SHUFFLED = ROWS.set_axis([2, 0, 3, 1])
# What comes back, for rows whose x is also the score that each has to get.
INDEXED = [
    ("sorted by a column", ROWS, ROWS.x.sort_values()),
    ("drawn anew", ROWS, ROWS.x.sample(frac=1, random_state=1)),
    ("a table, sorted", ROWS, ROWS.sort_values("x")),
    ("grouped", ROWS, pd.concat([ROWS.x[ROWS.x > 0.5], ROWS.x[ROWS.x <= 0.5]])),
    ("in order", ROWS, ROWS.x),
    ("an array", ROWS, ROWS.x.to_numpy()),
    ("the rows' own letters, sorted", LETTERS, LETTERS.x.sort_values()),
    ("numbered anew over letters", LETTERS, LETTERS.x.reset_index(drop=True)),
    ("the rows' own numbers, sorted", SHUFFLED, SHUFFLED.x.sort_index()),
    ("the rows' own numbers", SHUFFLED, SHUFFLED.x),
    ("of two levels", ROWS.set_axis(pd.MultiIndex.from_product([["a", "b"], [1, 2]])), ROWS.x.set_axis(pd.MultiIndex.from_product([["a", "b"], [1, 2]])).sort_values()),
    ("dates", ROWS.set_axis(pd.date_range("2024-01-01", periods=4)), ROWS.x.set_axis(pd.date_range("2024-01-01", periods=4)).iloc[::-1]),
    ("polars, which has none", pl.from_pandas(ROWS), pl.Series([0.1, 0.9, 0.2, 0.8])),
    ("pandas of polars' rows, sorted", pl.from_pandas(ROWS), ROWS.x.sort_values()),
    ("pandas of a path, sorted", "rows.csv", ROWS.x.sort_values()),
    ("a list of a path", "rows.csv", [0.1, 0.9, 0.2, 0.8]),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "answer"), [row[1:] for row in INDEXED], ids=[row[0] for row in INDEXED])
def test_a_series_comes_back_by_its_index(judge: Judge, rows: Any, answer: Any) -> None:
    table = judge.holdout([0, 1, 0, 1])
    scores = judge.scored(table, Positive((1,)), None, lambda model, rows: answer, rows)
    assert scores.values == [0.1, 0.9, 0.2, 0.8]
    assert judge.counts(table, Positive((1,)), scores) == "2/0/2/0"


def sorts_in_place(rows: Any) -> Any:
    rows.sort_values("x", inplace=True)
    return rows.x.to_numpy()


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        (SHUFFLED, lambda rows: rows.x.reset_index(drop=True)),  # numbers them anew, or means the rows' own numbers
        (LETTERS, lambda rows: rows.x.set_axis(["a", "b", "c", "e"])),
        (LETTERS, lambda rows: rows.x.set_axis([1, 2, 3, 4])),
        (ROWS, lambda rows: rows.x.set_axis([1, 2, 3, 4])),
        (ROWS.set_axis([0, 0, 1, 1]), lambda rows: rows.x.sort_values()),
        (ROWS, lambda rows: rows.x.set_axis([0, 0, 1, 2])),
        (ROWS, sorts_in_place),
        (pl.from_pandas(ROWS), lambda rows: ROWS.x.set_axis(["a", "b", "c", "d"])),
    ],
)
def test_an_index_that_is_not_the_rows_is_refused(judge: Judge, rows: Any, answer: Any) -> None:
    table = judge.holdout([0, 1, 0, 1])
    rows = rows.copy() if hasattr(rows, "copy") else rows
    found = refused(lambda: judge.scored(table, Positive((1,)), None, lambda model, rows: answer(rows), rows))
    assert (found.code, "which row each" in found.message) == ("predict-index", True)
    assert found.hint


class Odd:
    """An object that nobody can judge."""

    def __repr__(self) -> str:
        return "<odd>"


class Unreadable:
    """An answer whose own code fails when it is read."""

    shape = (4,)

    def tolist(self) -> Any:
        raise OSError("the device is gone")


def stops() -> Any:
    yield 0.5
    raise RuntimeError("half way")


# What a function gives, and the code with which it is refused; never `internal`.
SHAPES = [
    ("a sparse column", scipy.sparse.csr_matrix(np.array([[0.1], [0.9], [0.2], [0.8]])), "predict-shape", "csr_matrix"),
    ("a sparse array", scipy.sparse.coo_array(np.eye(4)), "predict-shape", "coo_array"),
    ("a number", 0.5, "predict-shape", "float"),
    ("numpy's number", np.float64(0.5), "predict-shape", "float64"),
    ("numpy without dimension", np.array(0.5), "predict-shape", "shape ()"),
    ("three dimensions", np.zeros((4, 1, 1)), "predict-shape", "shape (4, 1, 1)"),
    ("two columns", TWO, "predict-shape", "shape (4, 2)"),
    ("no column", np.zeros((4, 0)), "predict-shape", "shape (4, 0)"),
    ("two columns as lists", TWO.tolist(), "predict-shape", "(4, 2)"),
    ("rows of other lengths", [[0.1], [0.2, 0.8], [0.1], [0.1]], "predict-shape", "different lengths"),
    ("rows and numbers", [[0.1], 0.2, [0.1], [0.1]], "predict-shape", "different lengths"),
    ("nothing", None, "predict-shape", "NoneType"),
    ("a text", "0101", "predict-shape", "str"),
    ("a dict", {"score": [0.1, 0.9, 0.2, 0.8]}, "predict-shape", "dict"),
    ("a set, which has no order", {0.1, 0.9, 0.2, 0.8}, "predict-shape", "set"),
    ("an object", Odd(), "predict-shape", "Odd"),
    ("polars' lazy table", pl.LazyFrame({"x": [0.1]}), "predict-shape", "LazyFrame"),
    ("what fails when it is read", Unreadable(), "predict-shape", "the device is gone"),
    ("a generator that fails", stops, "predict-shape", "half way"),
    ("a row too few", [0.1, 0.9, 0.2], "row-count", "3 values for 4 rows"),
    ("a Series too long", pd.Series([0.1, 0.9, 0.2, 0.8, 0.1]), "row-count", "5 values for 4 rows"),
    ("no rows", [], "row-count", "0 values"),
    ("NaN", [0.1, float("nan"), 0.2, 0.8], "score-missing", "row 2"),
    ("None", [0.1, None, 0.2, 0.8], "score-missing", "row 2"),
    ("None between labels", ["a", None, "b", "a"], "score-missing", "row 2"),
    ("pandas' NA", pd.array([1, None, 0, 1], "Int64"), "score-missing", "row 2"),
    ("pandas' NA of floats", pd.Series([0.1, None, 0.2, 0.8], dtype="Float64"), "score-missing", "row 2"),
    ("NaT", pd.Series([pd.NaT, pd.Timestamp(0), pd.Timestamp(0), pd.Timestamp(0)]), "score-missing", "row 1"),
    ("a table without columns", pd.DataFrame(index=range(4)), "predict-shape", "shape (4, 0)"),
    ("polars' null", pl.Series([0.1, None, 0.2, 0.8]), "score-missing", "row 2"),
    ("pyarrow's null", pa.array([0.1, None, 0.2, 0.8]), "score-missing", "row 2"),
    ("a masked value", np.ma.masked_array([0.1, 0.9, 0.2, 0.8], [0, 1, 0, 0]), "score-missing", "row 2"),
    ("a masked column", np.ma.masked_array([[0.1], [0.9], [0.2], [0.8]], [[0], [1], [0], [0]]), "score-missing", "row 2"),
    ("objects", [Odd(), Odd(), Odd(), Odd()], "predict-value", "a Odd for row 1"),
    ("dates", list(pd.date_range("2024-01-01", periods=4)), "predict-value", "Timestamp for row 1"),
    ("dicts", [{"score": 0.5}] * 4, "predict-value", "dict for row 1"),
    ("complex numbers", [0.5j] * 4, "predict-value", "complex for row 1"),
    ("infinity", [0.1, float("inf"), 0.2, 0.8], "score-range", "inf for row 2"),
    ("a percentage", [10.0, 90.5, 20.0, 80.0], "score-range", "10.0 for row 1"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "said"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_an_answer_that_is_no_prediction_is_refused_by_its_name(
    judge: Judge, answer: Any, code: str, said: str
) -> None:
    table = judge.holdout([0, 1, 0, 1])
    found = refused(
        lambda: judge.scored(table, Positive((1,)), None, lambda m, r: answer() if answer is stops else answer)
    )
    assert (found.code, said in found.message) == (code, True), found.message


ACCEPTED = [
    ("a list", [0.1, 0.9, 0.2, 0.8]),
    ("a tuple", (0.1, 0.9, 0.2, 0.8)),
    ("a generator", (one for one in [0.1, 0.9, 0.2, 0.8])),
    ("one column", np.array([[0.1], [0.9], [0.2], [0.8]])),
    ("one column as lists", [[0.1], [0.9], [0.2], [0.8]]),
    ("one column as arrays", [np.array([0.1]), np.array([0.9]), np.array([0.2]), np.array([0.8])]),
    ("numpy's numbers", [np.float32(0.1), np.float32(0.9), np.float32(0.2), np.float32(0.8)]),
    ("a masked array without a mask", np.ma.masked_array([0.1, 0.9, 0.2, 0.8])),
    ("a matrix", np.matrix([[0.1], [0.9], [0.2], [0.8]])),
    ("nullable floats", pd.Series([0.1, 0.9, 0.2, 0.8], dtype="Float64")),
    ("polars", pl.Series([0.1, 0.9, 0.2, 0.8])),
    ("a table of polars", pl.DataFrame({"p": [0.1, 0.9, 0.2, 0.8]})),
    ("pyarrow", pa.chunked_array([[0.1, 0.9], [0.2, 0.8]])),
    ("booleans", [False, True, False, True]),
    ("integers", np.array([0, 1, 0, 1], np.int8)),
    ("texts", ["0", "1", "0", "1"]),
    ("categories", pd.Series(["0", "1", "0", "1"], dtype="category")),
    ("bytes", [b"0", b"1", b"0", b"1"]),
    ("floats that are labels", [0.0, 1.0, 0.0, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize("answer", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_one_value_per_row_of_any_type_is_read(judge: Judge, answer: Any) -> None:
    table = judge.holdout([0, 1, 0, 1])
    scores = judge.scored(table, Positive((1,)), None, lambda model, rows: answer)
    assert judge.counts(table, Positive((1,)), scores) == "2/0/2/0"


# What a function gives, the labels, `positive:`, and what it is by its type alone; or the code of a refusal.
KINDS = [
    ("numbers inside [0, 1] that are compared", [0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8], ">= 0.3", "number"),
    ("numbers a hair outside", [-0.001, 0.9, 0.2, 1.001], [0.1, 0.9, 0.2, 0.8], ">= 0.3", "number"),
    ("integers that are compared", [3, 31, 2, 40], [3, 31, 2, 40], ">= 30", "number"),
    ("true and false for a comparison", [False, True, False, True], [3, 31, 2, 40], ">= 30", "label"),
    ("0 and 1 for a comparison", [0, 1, 0, 1], [3, 31, 2, 40], ">= 30", "label"),
    ("0 and 1 where they are numbers too", [0, 1, 0, 1], [0, 31, 1, 40], ">= 30", "ambiguous-prediction"),
    ("probabilities of what is compared", [0.1, 0.9, 0.2, 0.8], [3, 31, 2, 40], ">= 30", "ambiguous-prediction"),
    ("the same, said to be scores", pd.Series([0.1, 0.9, 0.2, 0.8], name="score"), [3, 31, 2, 40], ">= 30", "probability"),
    ("the same, said to be predictions", pd.Series([0.1, 0.9, 0.2, 0.8], name="prediction"), [3, 31, 2, 40], ">= 30", "number"),
    ("probabilities", [0.1, 0.9, 0.2, 0.8], [0, 1, 0, 1], 1, "probability"),
    ("certain probabilities", [0.0, 1.0, 0.0, 1.0], ["a", "b", "a", "b"], "b", "probability"),
    ("0.0 and 1.0, alike as labels", [0.0, 1.0, 0.0, 1.0], [0, 1, 0, 1], 1, "probability"),
    ("0.0 and 1.0, the reverse as labels", [0.0, 1.0, 0.0, 1.0], [0, 1, 0, 1], 0, "ambiguous-prediction"),
    ("1.0 of labels 1 and 2", [1.0, 1.0, 1.0, 1.0], [1, 2, 1, 2], 2, "ambiguous-prediction"),
    ("labels 1 and 2 as floats", [1.0, 2.0, 1.0, 2.0], [1, 2, 1, 2], 2, "label"),
    ("labels inside [0, 1]", [0.25, 0.75, 0.25, 0.25], [0.25, 0.75, 0.25, 0.75], 0.75, "label"),
    ("float32 labels inside [0, 1]", np.array([0.3, 0.7, 0.3, 0.3], np.float32), [0.3, 0.7, 0.3, 0.7], 0.7, "label"),
    ("integers", [0, 1, 0, 1], [0, 1, 0, 1], 0, "label"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "labels", "positive", "kind"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_the_type_of_values_says_what_they_are(
    judge: Judge, answer: Any, labels: list[Any], positive: Any, kind: str
) -> None:
    table, wanted = judge.holdout(labels), read_positive(positive)
    score = lambda: judge.scored(table, wanted, None, lambda model, rows: answer)  # noqa: E731
    if "-" in kind:
        assert refused(score).code == kind
    else:
        assert score().kind == kind


SCORES = [0.7, 0.1, 0.69, 0.71]
LABELS = [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("kind", "threshold"),
    [("float32", 0.7), ("float16", 0.7), ("float64", 0.7), ("float16", 0.1), ("float32", 0.69), ("float16", 0.69)],
)
def test_a_threshold_is_compared_in_the_scores_own_type_by_every_route(
    judge: Judge, kind: str, threshold: float
) -> None:
    """numpy's answer; float32's 0.7 is 0.699999988 as a float64, float16's 0.1 is 0.0999756."""
    table, wanted = judge.holdout(LABELS), Positive((1,))
    own = np.array(SCORES, kind)
    tn, fp, fn, tp = confusion_matrix(np.array(LABELS), own >= threshold, labels=[0, 1]).ravel()
    expected = f"{tp}/{fp}/{tn}/{fn}"
    frame = pd.DataFrame({"score": own})
    frame.to_parquet(judge.folder / "p.parquet")
    answers: list[Any] = [own, frame.score, frame, list(own), own.reshape(-1, 1), pa.array(own)]
    if kind != "float16":  # which polars does not know
        answers.append(pl.Series(own))
    routes: list[Any] = [judge.file(frame), judge.folder / "p.parquet"]
    routes += [judge.scored(table, wanted, None, lambda model, rows, answer=one: answer) for one in answers]
    both = np.column_stack([1 - own, own])
    routes.append(judge.scored(table, wanted, model([0, 1], predict_proba=both)))
    assert [judge.counts(table, wanted, route, threshold=threshold) for route in routes] == [expected] * len(routes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.lists(st.floats(0, 1, width=32), min_size=2, max_size=8), at=st.integers(0, 7), digits=st.integers(1, 6)
)
def test_float32_scores_are_decided_as_numpy_does(judge: Judge, scores: list[float], at: int, digits: int) -> None:
    threshold = min(max(round(scores[at % len(scores)], digits), 0.001), 0.999)
    own = np.array([*scores, threshold], np.float32)
    table, wanted = judge.holdout([0, 1] + [1] * (len(own) - 2)), Positive((1,))
    pd.DataFrame({"score": own}).to_parquet(judge.folder / "p.parquet")
    expected = (own >= threshold).tolist()
    inside = judge.scored(table, wanted, None, lambda model, rows: own)
    handed = judge.folder / write_predictions(str(judge.folder), inside)
    written = judge.file(pd.DataFrame({"score": own}))
    for path, precision in ((judge.folder / "p.parquet", ""), (handed, "float32"), (written, "")):
        kind = inside.kind if path == handed else None
        found = read(path, table, "y", wanted, threshold=threshold, precision=precision, kind=kind)
        assert found.decision.tolist() == expected


def shared(order: list[int], **columns: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame({**columns, "score": [0.1, 0.9, 0.2, 0.8]})
    return frame.iloc[order]


ID, DAY, PAIR = [7, 3, 9, 1], ["mon", "mon", "tue", "tue"], [1, 2, 1, 2]
# What a command wrote beside the score, in which order, and the counts or the code of the refusal; labels 0, 1, 0, 1.
SHARED = [
    ("an id, in order", shared([0, 1, 2, 3], id=ID), "2/0/2/0"),
    ("an id, sorted", shared([3, 1, 0, 2], id=ID), "2/0/2/0"),
    ("an id as a float", shared([3, 1, 0, 2], id=[7.0, 3.0, 9.0, 1.0]), "2/0/2/0"),
    ("two columns that are one key together", shared([1, 0, 3, 2], day=DAY, pair=PAIR), "2/0/2/0"),
    ("three columns", shared([3, 2, 1, 0], id=ID, day=DAY, pair=PAIR), "2/0/2/0"),
    ("an id in order beside a column made anew", shared([0, 1, 2, 3], id=ID, day=["1", "1", "2", "2"]), "2/0/2/0"),
    ("an id sorted beside a column made anew", shared([3, 1, 0, 2], id=ID, day=["1", "1", "2", "2"]), "2/0/2/0"),
    ("a column that tells no rows apart, in order", shared([0, 1, 2, 3], day=DAY), "2/0/2/0"),
    ("a column that tells no rows apart, in another order", shared([2, 3, 0, 1], day=DAY), "rows-differ"),
    ("a feature made anew", shared([0, 1, 2, 3], x=[0.0, 0.3, 0.6, 0.9]), "unknown-id"),
    ("an id twice", shared([0, 1, 2, 3], id=[7, 3, 3, 1]), "duplicate-id"),
    ("another id", shared([0, 1, 2, 3], id=[7, 3, 9, 2]), "unknown-id"),
    ("an id is missing", shared([0, 1, 2, 3], id=[7, 3, 9, None]), "missing-id"),
    ("two ids that disagree", shared([0, 1, 2, 3], id=[1, 3, 7, 9], x=[1, 0, 2, 3]), "rows-differ"),
    ("a row too few", shared([0, 1, 2], id=ID), "missing-id"),
    ("a row too many", pd.concat([shared([0, 1, 2, 3], id=ID), pd.DataFrame({"id": [5], "score": [0.5]})]), "unknown-id"),
    ("a row twice", shared([0, 1, 2, 3, 3], id=ID), "duplicate-id"),
    ("the labels, in order", shared([0, 1, 2, 3], y=[0, 1, 0, 1]), "2/0/2/0"),
    ("the labels, in another order", shared([0, 2, 1, 3], y=[0, 1, 0, 1]), "rows-differ"),
    ("labels that the model predicted", shared([0, 1, 2, 3], y=[0, 1, 1, 1]), "2/0/2/0"),
    ("pandas' numbers, which are no column", shared([0, 1, 2, 3], **{"": [0, 1, 2, 3]}), "2/0/2/0"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), [row[1:] for row in SHARED], ids=[row[0] for row in SHARED])
def test_predictions_that_share_a_column_are_joined_by_it_or_refused(
    judge: Judge, given: pd.DataFrame, expected: str
) -> None:
    table = judge.holdout([0, 1, 0, 1], id=ID, day=DAY, pair=PAIR)
    path, wanted = judge.file(given), Positive((1,))
    if "-" not in expected:
        assert judge.counts(table, wanted, path) == expected
        return
    found = refused(lambda: judge.counts(table, wanted, path))
    assert (found.code, bool(found.hint)) == (expected, True), found.message
    assert "predictions.csv" in found.message


def test_a_score_that_is_a_column_of_the_holdout_too_joins_nothing(judge: Judge) -> None:
    table = judge.holdout([0, 1, 0, 1], score=[0.8, 0.2, 0.9, 0.1])
    assert judge.counts(table, Positive((1,)), judge.file("score\n0.1\n0.9\n0.2\n0.8\n")) == "2/0/2/0"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), keys=st.lists(st.integers(-50, 50), min_size=6, max_size=6, unique=True))
def test_the_order_of_rows_with_a_key_changes_no_count(judge: Judge, order: list[int], keys: list[int]) -> None:
    table = judge.holdout([0, 1, 0, 1, 1, 0], key=keys)
    frame = pd.DataFrame({"key": keys, "other": range(6), "score": [0.1, 0.9, 0.8, 0.2, 0.7, 0.3]})
    assert judge.counts(table, Positive((1,)), judge.file(frame.iloc[list(order)])) == "2/1/2/1"


CLASSES = st.sampled_from(
    [["a", "b", "c"], [0, 1], [0, 1, 2], [True, False], [2**53, 2**53 + 1, 7], ["007", "7", "x"], [-1, 1], ["0", "00"]]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_counts_are_those_of_scikit_learn(judge: Judge, data: st.DataObject) -> None:
    classes = data.draw(CLASSES)
    positive = data.draw(st.sampled_from(classes))
    true = [*classes, *data.draw(st.lists(st.sampled_from(classes), max_size=12))]
    given = data.draw(st.lists(st.sampled_from(classes), min_size=len(true), max_size=len(true)))
    expected = confusion_matrix(
        [one == positive for one in true], [one == positive for one in given], labels=[False, True]
    )
    (tn, fp), (fn, tp) = expected.tolist()
    table, wanted = judge.holdout(true), Positive((positive,))
    routes: list[Any] = [judge.file("prediction\n" + "\n".join(map(str, given)) + "\n")]
    proba = np.array([[float(one is name) for name in classes] for one in given])
    routes.append(judge.scored(table, wanted, model(classes, predict_proba=proba)))
    routes.append(judge.scored(table, wanted, model(classes, predict=given)))
    assert {judge.counts(table, wanted, route) for route in routes} == {f"{tp}/{fp}/{tn}/{fn}"}

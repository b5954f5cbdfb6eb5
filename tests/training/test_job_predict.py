"""Scoring with a stored model, and the user's own metrics."""

# ruff: noqa: E501 (a row of a table stays on its line)

from __future__ import annotations

import csv
import os
import pickle
import sys
import types
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy
import pytest

from ml_ci.child.calls import NOW
from ml_ci.child.canonical import equal
from ml_ci.child.failures import JobFailed
from ml_ci.child.prediction import score_rows
from ml_ci.errors import Failure
from ml_ci.spec.values import Positive
from ml_ci.training.values import ScoredRows

Failed = Callable[[Callable[[], object]], Failure]
ROWS = "x\n0.1\n0.2\n0.9\n"


def values(scored: ScoredRows) -> tuple[str, list[str]]:
    """Give the column's name and its values as text, by whichever way they were written."""
    if scored.predictions.suffix == ".npy":
        array = numpy.load(scored.predictions, allow_pickle=False)
        assert (array.dtype, array.ndim) == (numpy.float64, 1)
        return "score", list(map(repr, array.tolist()))
    with scored.predictions.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    return header[0], [row[0] for row in rows]


def score(
    body: str, positive: Positive, function: Callable[..., Any] | None = None, count: int | None = None
) -> tuple[str, list[Any]]:
    """Score three rows in this process by a `Model` with this body, or by a function; the child's own code, without the child."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    names: dict[str, Any] = {"np": numpy}
    exec("class Model:\n" + "".join(f"    {line}\n" for line in body.splitlines()), names)
    request = {
        "positive": asdict(positive),
        "entry": "own:score" if function else None,
        "count": count,
        "folder": "/nowhere",
    }
    scores = score_rows(names["Model"](), pandas.DataFrame({"x": [0.125, 0.25, 0.75]}), function, request)
    return scores.kind, scores.values


@pytest.fixture(autouse=True)
def this_process_is_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOW, "owner", os.getpid())


PROBA = "def predict_proba(self, rows): return np.column_stack([1 - rows.x, rows.x])"
THREE = "def predict_proba(self, rows): return np.tile([0.25, 0.25, 0.5], (len(rows), 1))"
SECOND, FIRST = [0.125, 0.25, 0.75], [0.875, 0.75, 0.25]


@pytest.mark.parametrize(
    ("classes", "positive", "expected"),
    [
        ("[0, 1]", (1,), SECOND),
        ("[0, 1]", (0,), FIRST),
        ("['no', ' yes']", ("yes",), SECOND),
        ("np.array([0.0, 1.0])", ("1",), SECOND),
        ("[False, True]", ("TRUE",), SECOND),
        ("[0, 1]", (">50K",), SECOND),
        ("np.array([0.0, 1.0])", ("spam",), SECOND),
        ("[False, True]", ("spam",), SECOND),
        ("['1e0', 'x']", (1,), FIRST),
        (None, (1,), SECOND),
        ("None", (1,), SECOND),
        (None, (0,), FIRST),
        (None, ("spam",), SECOND),
    ],
)
def test_the_positive_class_is_found(classes: str | None, positive: Any, expected: list[float]) -> None:
    body = (f"classes_ = {classes}\n" if classes else "") + PROBA
    assert score(body, Positive(positive)) == ("probability", expected)


@pytest.mark.parametrize(("positive", "expected"), [(("b",), 0.25), (("a", "c"), 0.75), (("a", "b", "c"), 1.0)])
def test_several_positive_classes_add_up(positive: Any, expected: float) -> None:
    body = f"classes_ = ['a', 'b', 'c']\n{THREE}"
    assert score(body, Positive(positive)) == ("probability", [expected] * 3)


MARGIN = "def decision_function(self, rows): return rows.x.to_numpy() - 0.5"
MARGINS = "def decision_function(self, rows): return np.tile([0.5, -1.0, 2.0], (len(rows), 1))"
LABELS = "def predict(self, rows): return ['a', 'b', 'c']"


@pytest.mark.parametrize(
    ("body", "positive", "kind", "expected"),
    [
        (f"classes_ = ['a', 'b']\n{MARGIN}", ("b",), "margin", [-0.375, -0.25, 0.25]),
        (f"classes_ = ['a', 'b']\n{MARGIN}", ("a",), "margin", [0.375, 0.25, -0.25]),
        (f"classes_ = ['a', 'b', 'c']\n{MARGINS}\n{LABELS}", ("c",), "margin", [2.0, 2.0, 2.0]),
        (f"classes_ = ['a', 'b', 'c']\n{MARGINS}\n{LABELS}", ("a", "c"), "label", ["a", "b", "c"]),
        ("def predict(self, rows): return ['yes', 'no', 'no']", ("yes",), "label", ["yes", "no", "no"]),
        ("def predict(self, rows): return np.array([0.1, 0.5, 1.0])", ("yes",), "probability", [0.1, 0.5, 1.0]),
        ("def predict(self, rows): return rows.x > 0.5", ("yes",), "label", [False, False, True]),
        ("def predict(self, rows): return (rows.x > 0.5).to_frame().astype(int)", (1,), "label", [0, 0, 1]),
        ("classes_ = [0.0, 1.0]\ndef predict(self, rows): return np.array([1.0, 0.0, 1.0])", (1,), "label", [1.0, 0.0, 1.0]),
    ],
)  # fmt: skip
def test_the_method_decides_the_kind(body: str, positive: Any, kind: str, expected: list[Any]) -> None:
    assert score(body, Positive(positive)) == (kind, expected)


def test_columns_that_a_model_cannot_name_are_all_given() -> None:
    body = f"@property\ndef feature_names_in_(self): raise KeyError('names')\nclasses_ = [0, 1]\n{PROBA}"
    assert score(body, Positive((1,))) == ("probability", SECOND)


def test_a_regressor_predicts_the_labels_that_a_comparison_judges() -> None:
    body = "def predict(self, rows): return rows.x.to_numpy()"
    assert score(body, Positive(comparison=(">=", 0.2))) == ("number", SECOND)


@pytest.mark.parametrize(
    ("body", "positive", "code", "message", "hint"),
    [
        (f"classes_ = ['ham', 'spam']\n{PROBA}", ("Spam",), "model-classes", "knows the classes 'ham', 'spam', and none of them is the positive value 'Spam'", "predict: module:function"),
        (f"classes_ = [-1, 1]\n{PROBA}", ("yes",), "model-classes", "knows the classes -1, 1", "predict: module:function"),
        (f"classes_ = ['a', 'b', 'c']\n{PROBA}", ("a",), "predict-raised", "gives 2 columns, and the model has 3 classes", ""),
        (MARGIN, (1,), "model-classes", "no classes_", "predict: module:function"),
        ("def predict(self, rows): return [1, 0]", (1,), "row-count", "Model.predict gave 2 values for 3 rows", "order of the rows"),
        ("def predict(self, rows): return [0.5, float('nan'), 0.5]", (1,), "score-missing", "no value (nan) for row 2", ""),
        ("def predict(self, rows): return ['a', None, 'b']", (1,), "score-missing", "no value (None) for row 2", ""),
        ("def predict(self, rows): return ['a', ' ', 'b']", (1,), "score-missing", "no value (' ') for row 2", ""),
        ("def predict(self, rows): return [0.5, 0.5, 1.2]", (1,), "score-range", "gave 1.2 for row 3, outside [0, 1]", "class labels"),
        ("def predict(self, rows): return [0.5, 0.5, float('inf')]", (1,), "score-range", "gave inf for row 3", "class labels"),
        (f"classes_ = [0, 1]\n{PROBA.replace('rows.x]', 'rows.x * np.nan]')}", (1,), "score-missing", "no value (nan) for row 1", ""),
        (f"classes_ = [0, 1]\n{PROBA.replace('rows.x]', 'rows.x * np.inf]')}", (1,), "score-range", "gave inf for row 1", ""),
        (f"classes_ = [0, 1]\n{MARGIN} * np.inf", (1,), "score-range", "gave -inf for row 1", ""),
        ("def predict(self, rows): return 1", (1,), "predict-shape", "returned int instead of one value per row", ""),
        ("def predict(self, rows): return np.zeros((3, 2))", (1,), "predict-shape", "shape (3, 2)", "[:, 1]"),
        ("def predict(self, rows): raise KeyError('age')", (1,), "predict-raised", "`Model.predict` raised KeyError: 'age'", "`predict: adapter:predict`"),
        ("pass", (1,), "predict-raised", "a Model has no predict_proba", "predict: module:function"),
        (f"@property\ndef classes_(self): raise KeyError('fold')\n{PROBA}", (0,), "predict-raised", "`Model.classes_` raised KeyError: 'fold'", ""),
    ],
)  # fmt: skip
def test_names_how_scoring_failed(body: str, positive: Any, code: str, message: str, hint: str) -> None:
    with pytest.raises(JobFailed) as caught:
        score(body, Positive(positive))
    assert caught.value.code == code
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "kind", "expected"),
    [
        ([1.0, 0.0, 0.5], "probability", [1.0, 0.0, 0.5]),
        ([1, 0, 0.5], "probability", [1, 0, 0.5]),
        ([1, 0, 1], "label", [1, 0, 1]),
        ([1.0, 3.0, 2.0], "label", [1.0, 3.0, 2.0]),
        ((x for x in [True, False, True]), "label", [True, False, True]),
    ],
)
def test_what_a_function_of_the_users_own_returns(answer: Any, kind: str, expected: list[Any]) -> None:
    assert score("pass", Positive((1,)), lambda model, rows: answer) == (kind, expected)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, "1.000e+00", True), (1, True, False), ("True", "TRUE ", True), (True, "true", True), ("a", " a\t", True),
        ("a", "A", False), ("nan", "NaN", False), ("1_0", 10, False), ("inf", "Infinity", False), ("", "0", False),
    ],
)  # fmt: skip
def test_labels_are_compared_in_their_canonical_form(left: object, right: object, same: bool) -> None:
    assert equal(left, right) is same


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A stored model that is no model: for functions of the user's own."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"factor": 1}))
    return path


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("def score(model, rows): return rows.x * model['factor']", "probability", ["0.1", "0.2", "0.9"]),
        ("import polars as pl\ndef score(model, rows: pl.DataFrame): return rows['x']", "probability", ["0.1", "0.2", "0.9"]),
        ("from pathlib import Path\ndef score(model: Path, rows: Path): return [model.suffix, rows.name, 'b']", "label", [".pkl", "rows.csv", "b"]),
    ],
)  # fmt: skip
def test_a_function_of_the_users_own_scores(
    jobs: Any, stored: Path, source: str, kind: str, expected: list[str]
) -> None:
    jobs.write("own.py", source)
    scored = jobs.scored(stored, ROWS, entry="own:score", count=3)
    assert (scored.kind, scored.rows) == (kind, 3)
    assert values(scored) == ("prediction" if kind == "label" else "score", expected)


def test_rows_that_were_given_as_a_path_are_counted_too(jobs: Any, stored: Path, failed: Failed) -> None:
    jobs.write("own.py", "from pathlib import Path\ndef score(model, rows: Path): return [0.5]")
    found = failed(lambda: jobs.scored(stored, ROWS, entry="own:score", count=3))
    assert (found.stage, found.code, found.message) == (
        "evaluation",
        "row-count",
        "`own:score` gave 1 values for 3 rows",
    )


@pytest.mark.parametrize(
    ("name", "content", "message", "hint"),
    [
        ("model.pkl", b"garbage", "the model model.pkl does not load", "a whole file"),
        ("model.pkl", b"", "the model model.pkl does not load", "a whole file"),
        ("model.pkl", b"c__main__\nEncoder\n.", "does not load: AttributeError", "class or function of the script that trained it"),
        ("model.pkl", b"cnowhere_at_all\nModel\n.", "No module named 'nowhere_at_all'", "Install it"),
        ("model.rds", b"x", "model.rds is a file of R, which no library of Python loads", "predict: module:function"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_load(
    jobs: Any, tmp_path: Path, failed: Failed, name: str, content: bytes, message: str, hint: str
) -> None:
    (tmp_path / name).write_bytes(content)
    found = failed(lambda: jobs.scored(tmp_path / name, ROWS))
    assert found.code == "model-load"
    assert message in found.message
    assert hint in found.hint


def test_a_model_saved_by_joblib_under_a_pickles_name(jobs: Any, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    model = linear_model.LogisticRegression().fit([[0.0], [0.1], [0.9], [1.0]], ["no", "no", "yes", "yes"])
    joblib.dump(model, tmp_path / "model.pkl", compress=3)
    scored = jobs.scored(tmp_path / "model.pkl", ROWS, positive=Positive(("yes",)))
    assert scored.kind == "probability"
    assert [float(score) > 0.5 for score in values(scored)[1]] == [False, False, True]


def test_a_model_saved_by_joblib_names_the_module_that_is_missing(
    jobs: Any, tmp_path: Path, failed: Failed, monkeypatch: pytest.MonkeyPatch
) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    module = types.ModuleType("gone_by_now")
    exec("class Model:\n    pass\n", vars(module))
    monkeypatch.setitem(sys.modules, "gone_by_now", module)
    joblib.dump(module.Model(), tmp_path / "model.pkl", compress=3)
    found = failed(lambda: jobs.scored(tmp_path / "model.pkl", ROWS))
    assert found.code == "model-load"
    assert "No module named 'gone_by_now'" in found.message
    assert found.hint == "Install it in the job's interpreter, or put it where `cwd:` finds it."


def test_the_columns_that_the_model_was_fitted_on_are_chosen(jobs: Any) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    jobs.table("train", "id,x,churned\n7,0.1,0\n8,0.2,0\n9,0.9,1\n")
    model = jobs.function(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "def train(train, seed):\n    return DecisionTreeClassifier(random_state=seed).fit(train[['x']], train.churned)\n"
    )
    assert values(jobs.scored(model.artifact, "id,x\n1,0.1\n2,0.9\n"))[1] == ["0.0", "1.0"]


def test_scoring_cannot_change_the_parent(jobs: Any, tmp_path: Path, failed: Failed) -> None:
    class Exits:
        def __reduce__(self) -> Any:
            import os

            return os._exit, (0,)

    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Exits()))
    found = failed(lambda: jobs.scored(tmp_path / "model.pkl", ROWS))
    assert (found.stage, found.code) == ("evaluation", "no-result")


TABLE = "y_true,score\n1,0.9\n0,0.2\n"


def test_own_metrics(jobs: Any) -> None:
    jobs.write(
        "own.py",
        "def total(y_true, score): return (y_true * score).sum()\n"
        "def nothing(y_true, score): return None\ndef nan(y_true, score): return float('nan')\n",
    )
    metrics = {"total": "own:total", "nothing": "own:nothing", "nan": "own:nan"}
    assert jobs.measured(metrics, TABLE) == {"total": 0.9, "nothing": None, "nan": None}


@pytest.mark.parametrize("value", ["Infinity", "NaN", "true", '"1"', "[1]"])
def test_a_value_that_the_job_forged_is_refused(jobs: Any, failed: Failed, value: str) -> None:
    forged = f'{{"format": 1, "ok": true, "metrics": {{"m": {value}}}}}'
    at = str(jobs.work / "metric" / "result.json")
    jobs.write(
        "own.py", f"import os\ndef m(y_true, score):\n    open({at!r}, 'w').write({forged!r})\n    os._exit(0)\n"
    )
    (jobs.work / "metric").mkdir()
    found = failed(lambda: jobs.measured({"m": "own:m"}, TABLE))
    assert (found.code, "does not hold together" in found.message) == ("no-result", True)


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("def m(y_true, score): return 'high'", "metric-value", "metric `m` (`own:m`) gave str, which is no number"),
        (
            "def m(y_true, score): raise ValueError('one class')",
            "metric-raised",
            "`own:m` raised ValueError: one class",
        ),
        ("x = 1", "import", "`metrics: own:m`: own.py has no function `m`"),
    ],
)
def test_own_metrics_that_fail(jobs: Any, failed: Failed, source: str, code: str, message: str) -> None:
    jobs.write("own.py", source)
    found = failed(lambda: jobs.measured({"m": "own:m"}, TABLE))
    assert (found.stage, found.code) == ("evaluation", code)
    assert message in found.message

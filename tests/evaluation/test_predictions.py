from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.predictions import read
from ml_ci.evaluation.scores import Predictions, decide, load, own_scale, write
from ml_ci.spec.values import Positive
from ml_ci.tables.table import Table

Make = Callable[..., Table]
YES = Positive(("yes",))


@pytest.fixture
def holdout(make: Make) -> Table:
    return make("id,y\n7,yes\n8,no\n9,no\n", "h.csv")


def _read(tmp_path: Path, content: str, holdout: Table, positive: Positive = YES, **options: object) -> Predictions:
    path = tmp_path / "p.csv"
    path.write_text(content)
    return read(path, holdout, "y", positive, shown="predictions.csv", **options)  # type: ignore[arg-type]


def test_scores(tmp_path: Path, holdout: Table) -> None:
    found = _read(tmp_path, "score\n0.5\n0.49\n1\n", holdout)
    assert found.kind == "probability"
    assert found.score is not None
    assert found.score.tolist() == [0.5, 0.49, 1.0]
    assert found.decision.tolist() == [True, False, True]
    assert _read(tmp_path, "score\n0.5\n0.49\n1\n", holdout, threshold=0.6).decision.tolist() == [False, False, True]


@pytest.mark.parametrize("margin", ["inf", "-inf"])
def test_a_margin_has_any_size_but_none_without_end(tmp_path: Path, holdout: Table, margin: str) -> None:
    with pytest.raises(StageFailed) as caught:
        _read(tmp_path, f"score\n0\n{margin}\n800\n", holdout, kind="margin")
    assert caught.value.failure.code == "score-range"
    assert caught.value.failure.message == f"predictions.csv, row 2: the score {margin} is no finite number"


def test_margins_are_decided_at_zero_and_kept(tmp_path: Path, holdout: Table) -> None:
    found = _read(tmp_path, "score\n0\n-0.001\n800\n", holdout, kind="margin")
    assert found.kind == "margin"
    assert found.decision.tolist() == [True, False, True]
    assert found.score is not None
    assert found.score.tolist() == [0.0, -0.001, 800.0]
    assert found.within_one().tolist() == pytest.approx([0.5, 1 / (1 + np.exp(0.001)), 1.0])
    high = _read(tmp_path, "score\n2.19\n2.2\n-9\n", holdout, kind="margin", threshold=0.9)
    assert high.decision.tolist() == [False, True, False]
    assert own_scale("margin", 1.0) == np.inf
    assert own_scale("margin", 0.0) == -np.inf


def test_parquet(tmp_path: Path, holdout: Table) -> None:
    path = tmp_path / "p.parquet"
    duckdb.execute(f"COPY (SELECT * FROM (VALUES (0.1::FLOAT), (0.9), (0.5)) t(score)) TO '{path}' (FORMAT parquet)")
    assert read(path, holdout, "y", YES).decision.tolist() == [False, True, True]


@pytest.mark.parametrize("content", ["1\n0\n0\n", "1.0\n0.0\n0.0\n", "True\nFalse\nFalse\n", "yes\nno\n no\n"])
def test_predictions_in_any_words(tmp_path: Path, holdout: Table, content: str) -> None:
    found = _read(tmp_path, "prediction\n" + content, holdout)
    assert found.kind == "label"
    assert found.score is None
    assert found.decision.tolist() == [True, False, False]
    assert found.within_one().tolist() == [1.0, 0.0, 0.0]


def test_0_and_1_are_class_labels_where_the_labels_are_called_so(tmp_path: Path, make: Make) -> None:
    holdout = make("id,y\n1,0\n2,1\n")
    assert _read(tmp_path, "prediction\n1\n0\n", holdout, Positive((0,))).decision.tolist() == [False, True]
    own = _read(tmp_path, "prediction\n1\n0\n", holdout, Positive((0,)), kind="label")
    assert own.decision.tolist() == [False, True]
    assert own.classes == ("0", "1")


def test_labels_1_and_2(tmp_path: Path, make: Make) -> None:
    holdout = make("id,y\n1,1\n2,2\n")
    assert _read(tmp_path, "prediction\n1\n2\n", holdout, Positive((2,))).decision.tolist() == [False, True]
    assert _read(tmp_path, "prediction\n1\n1\n", holdout, Positive((2,))).decision.tolist() == [False, False]
    with pytest.raises(StageFailed, match="row 2: the prediction '0' is none of the labels '1', '2'"):
        _read(tmp_path, "prediction\n1\n0\n", holdout, Positive((2,)))
    ours = _read(tmp_path, "prediction\n1\n1\n", holdout, Positive((2,)), kind="label")
    assert ours.decision.tolist() == [False, False]


def test_class_labels_are_kept(tmp_path: Path, make: Make) -> None:
    holdout = make("id,y\n1,a\n2,b\n3,c\n")
    found = _read(tmp_path, "prediction\nc\nb\na\n", holdout, Positive(("a", "b")))
    assert found.decision.tolist() == [False, True, True]
    assert found.codes is not None
    assert [found.classes[code] for code in found.codes] == ["c", "b", "a"]


def test_predicted_numbers_are_compared(tmp_path: Path, make: Make) -> None:
    holdout = make("id,y\n1,31\n2,4\n")
    positive = Positive(comparison=(">=", 30.0))
    assert _read(tmp_path, "prediction\n29.99\n30\n", holdout, positive).decision.tolist() == [False, True]
    assert _read(tmp_path, "prediction\n1\n0\n", holdout, positive).decision.tolist() == [True, False]
    with pytest.raises(StageFailed, match="'high' in column 'prediction' is no number"):
        _read(tmp_path, "prediction\nhigh\n30\n", holdout, positive)


def test_ids_join_the_rows(tmp_path: Path, holdout: Table) -> None:
    found = _read(tmp_path, "id,score\n9.0,0.9\n7,0.7\n8,0.1\n", holdout, id="id")
    assert found.score is not None
    assert found.score.tolist() == [0.7, 0.1, 0.9]
    words = _read(tmp_path, "id,prediction\n9,no\n8,yes\n7,no\n", holdout, id="id")
    assert words.decision.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("score\n0.1\n0.2\n", "row-count", "predictions.csv has 2 rows, and the holdout data/holdout.csv has 3"),
        ("score\n0.1\n0.2\n0.3\n0.4\n", "row-count", "predictions.csv has 4 rows"),
        ("score\n0.1\nnan\n0.3\n", "score-missing", "predictions.csv, row 2: the score is missing or NaN (1 rows are)"),
        ('score\n0.1\n0.3\n""\n', "score-missing", "predictions.csv, row 3: the score is missing or NaN"),
        ("score\n0.1\ninf\n0.3\n", "score-range", "predictions.csv, row 2: the score inf is not in [0, 1]"),
        ("score\n0.1\n0.3\n1.01\n", "score-range", "predictions.csv, row 3: the score 1.01 is not in [0, 1]"),
        ("score\n-0.1\n0.3\n1\n", "score-range", "predictions.csv, row 1: the score -0.1 is not in [0, 1]"),
        ("score\nyes\nno\nno\n", "score-not-number", "predictions.csv, line 2: 'yes' in column 'score' is no number"),
        ("score,prediction\n1,1\n0,0\n0,0\n", "both-columns", "predictions.csv has both `score` and `prediction`"),
        (
            "proba\n1\n0\n0\n",
            "no-column",
            "predictions.csv has neither `score` nor `prediction`; its columns are: proba",
        ),
        ("prediction\nyes\n\n\nno\n", "row-count", "predictions.csv has 2 rows"),
        ('prediction\nyes\n""\nno\n', "prediction-missing", "predictions.csv, row 2: the prediction is missing"),
        (
            "prediction\nyes\nno\nmaybe\n",
            "unknown-class",
            "predictions.csv, row 3: the prediction 'maybe' is none of the labels 'no', 'yes'",
        ),
        (
            "prediction\nyes\n1\nno\n",
            "unknown-class",
            "predictions.csv, row 2: the prediction '1' is none of the labels",
        ),
        ("", "predictions-unreadable", "predictions.csv is empty"),
        ("score\n", "predictions-unreadable", "predictions.csv has a header and no rows"),
        ("score,x\n1,2\n3\n", "predictions-unreadable", "predictions.csv, line 3: 1 values, and the table has 2"),
    ],
)
def test_what_is_no_prediction(tmp_path: Path, holdout: Table, content: str, code: str, message: str) -> None:
    with pytest.raises(StageFailed) as caught:
        _read(tmp_path, content, holdout)
    assert caught.value.failure.stage == "evaluation"
    assert caught.value.failure.code == code
    assert caught.value.failure.message.startswith(message)


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("prediction\n31\nnan\n10\n", "prediction-missing", "predictions.csv, row 2: the prediction is missing or NaN"),
        ("prediction\n31\n10\ninf\n", "prediction-missing", "predictions.csv, row 3: the prediction is inf"),
        ("prediction\n31\nmany\n10\n", "unknown-class", "predictions.csv, line 3: 'many' in column 'prediction'"),
    ],
)
def test_what_a_comparison_cannot_judge(tmp_path: Path, make: Make, content: str, code: str, message: str) -> None:
    days = make("id,y\n7,31\n8,2\n9,40\n", "days.csv")
    with pytest.raises(StageFailed) as caught:
        _read(tmp_path, content, days, Positive(comparison=(">=", 30.0)))
    assert caught.value.failure.code == code
    assert caught.value.failure.message.startswith(message)


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("score\n1\n0\n0\n", "no-id", "predictions.csv has no column 'id', which `id:` names"),
        ("id,score\n7,1\n8,0\n8.0,0\n", "duplicate-id", "predictions.csv, row 3: id '8' was in row 2 already"),
        ("id,score\n7,1\n8,0\n", "missing-id", "predictions.csv has no row for id '9' of the holdout"),
        ("id,score\n7,1\n8,0\n10,0\n", "unknown-id", "predictions.csv, row 3: the holdout has no id '10'"),
        ("id,score\n7,1\n8,0\n,0\n", "missing-id", "predictions.csv, row 3: no value in the id column 'id'"),
    ],
)
def test_ids_that_do_not_join(tmp_path: Path, holdout: Table, content: str, code: str, message: str) -> None:
    with pytest.raises(StageFailed) as caught:
        _read(tmp_path, content, holdout, id="id")
    assert caught.value.failure.code == code
    assert caught.value.failure.message.startswith(message)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("id,score\n7,1\n9,0\n", "predictions.csv has no row for id '8' of the holdout"),
        ("id,score\n7,1\n8,0\n9,0\n10,0\n", "predictions.csv, row 4: the holdout has no id '10'"),
        ("id,score\n7,1\n8,0\n9,0\n9,0\n", "9"),
    ],
)
def test_of_another_number_of_rows_the_one_that_is_wrong_is_named(
    tmp_path: Path, holdout: Table, content: str, told: str
) -> None:
    with pytest.raises(StageFailed) as caught:
        _read(tmp_path, content, holdout)
    assert told in caught.value.failure.message
    assert "leave it out of the predictions" in caught.value.failure.hint


def test_ids_of_the_holdout_are_the_users_to_correct(tmp_path: Path, make: Make) -> None:
    twice = make("id,y\n7,yes\n7.0,no\n")
    with pytest.raises(UserError, match=r"data/holdout.csv, line 3: id '7' occurs twice \(first in row 1\)"):
        _read(tmp_path, "id,score\n7,1\n8,0\n", twice, id="id")
    missing = make("id,y\n7,yes\n,no\n")
    with pytest.raises(UserError, match=r"data/holdout.csv, line 3: no value in the id column 'id'"):
        _read(tmp_path, "id,score\n7,1\n8,0\n", missing, id="id")


def test_a_missing_file_is_the_jobs_failure(tmp_path: Path, holdout: Table) -> None:
    with pytest.raises(StageFailed) as caught:
        read(tmp_path / "p.csv", holdout, "y", YES, shown="out/p.csv")
    assert caught.value.failure.code == "no-predictions"
    assert caught.value.failure.message == "the job left no predictions file at out/p.csv"


@pytest.mark.parametrize(
    "predictions",
    [
        Predictions(np.array([True, False]), "probability", np.array([0.75, 0.1])),
        Predictions(np.array([True, False]), "margin", np.array([7.5, -1e3])),
        Predictions(np.array([True, False]), "label"),
        Predictions(np.array([True, False]), "label", None, np.array([1, 0], np.int32), ("b", "it's")),
    ],
)
def test_what_is_written_is_loaded(tmp_path: Path, predictions: Predictions) -> None:
    path = tmp_path / "new" / "p.parquet"
    write(predictions, path)
    found = load(path)
    assert found.kind == predictions.kind
    assert found.decision.tolist() == predictions.decision.tolist()
    assert (found.score is None) == (predictions.score is None)
    if found.score is not None and predictions.score is not None:
        assert found.score.tolist() == predictions.score.tolist()
    assert found.classes == predictions.classes
    if found.codes is not None and predictions.codes is not None:
        assert found.codes.tolist() == predictions.codes.tolist()
    assert [file.name for file in path.parent.iterdir()] == ["p.parquet"]


def test_deciding_again_leaves_labels() -> None:
    scores = Predictions(np.array([True, True]), "probability", np.array([0.5, 0.9]))
    assert decide(scores, 0.6).decision.tolist() == [False, True]
    labels = Predictions(np.array([True, False]), "label")
    assert decide(labels, 0.6) is labels


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (Predictions(np.array([False, False]), "label"), True),
        (Predictions(np.array([True, True]), "label"), True),
        (Predictions(np.array([False, False]), "label", None, np.array([0, 0], np.int32), ("0",)), True),
        (Predictions(np.array([True, True]), "label", None, np.array([0, 0], np.int32), ("1",)), True),
        (
            Predictions(np.array([True, True]), "label", None, np.array([0, 0], np.int32), ("0",)),
            False,
        ),  # 0 is positive
        (Predictions(np.array([False, False]), "label", None, np.array([0, 0], np.int32), ("no",)), False),
        (Predictions(np.array([False, True]), "label"), False),
        (Predictions(np.array([False, False]), "probability", np.array([0.0, 0.0])), False),
        (Predictions(np.array([], np.bool_), "label"), False),
    ],
)
def test_nothing_but_0_or_1_is_what_a_probability_would_say(predictions: Predictions, expected: bool) -> None:
    assert predictions.is_one_number() is expected

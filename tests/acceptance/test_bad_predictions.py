"""Predictions that a command leaves and that do not fit the holdout."""

from __future__ import annotations

from typing import Any

import pytest

CONFIG = """\
version: 1
models:
  shop:
    run: cp {data.answers} {out}/predictions.csv
    outputs: {predictions: "{out}/predictions.csv"}
    data: {answers: data/answers.csv, holdout: data/holdout.csv}
    label: bought
    positive: "yes"
    gates: [fpr <= 0.5]
"""
HOLDOUT = "id,x,bought\na,1,no\nb,2,yes\nc,3,no\nd,4,yes\n"
RIGHT = "score\n0.1\n0.9\n0.2\n0.8\n"

# predictions → code, what is said; with an id where the first line has one
CASES = {
    "a row too few": ("score\n0.1\n0.9\n0.2\n", "row-count", "3 rows"),
    "a row too many": (RIGHT + "0.5\n", "row-count", "5 rows"),
    "no row": ("score\n", "predictions-unreadable", "no rows"),
    "not a number": ("score\n0.1\nnan\n0.2\n0.8\n", "score-missing", "row 2"),
    "nothing": ('score\n0.1\n0.9\n""\n0.8\n', "score-missing", "row 3"),
    "above one": ("score\n0.1\n0.9\n0.2\n1.8\n", "score-range", "row 4"),
    "below zero": ("score\n-0.1\n0.9\n0.2\n0.8\n", "score-range", "row 1"),
    "infinite": ("score\n0.1\ninf\n0.2\n0.8\n", "score-range", "row 2"),
    "words": ("score\n0.1\nhigh\n0.2\n0.8\n", "score-not-number", "line 3: 'high'"),
    "no column": ("answer\n0.1\n0.9\n0.2\n0.8\n", "no-column", "neither `score` nor `prediction`"),
    "duplicated id": ("id,score\na,0.1\nb,0.9\nc,0.2\nc,0.8\n", "", "c"),
    "missing id": ("id,score\na,0.1\nb,0.9\nc,0.2\n", "", "d"),
    "unknown id": ("id,score\na,0.1\nb,0.9\nc,0.2\nd,0.8\nz,0.8\n", "", "z"),
    "no id column": (RIGHT.replace("score", "score"), "", "id"),
    "not text": ("score\n\x00\x00\n", "", ""),
}


@pytest.mark.parametrize("case", CASES)
def test_predictions_that_do_not_fit(make: Any, case: str) -> None:
    answers, code, said = CASES[case]
    by_id = "id" in case
    config = CONFIG.replace("    label:", "    id: id\n    label:") if by_id else CONFIG
    project = make({"ml-ci.yaml": config, "data/answers.csv": answers, "data/holdout.csv": HOLDOUT})
    answer = project.run()
    model = project.model()
    assert (answer.code, model["verdict"], model["candidate"]) == (1, "error", None)
    failure = model["failure"]
    assert "predictions.csv" in failure["message"]
    assert said in failure["message"]
    assert code in failure["code"]
    assert failure["hint"]
    project.verify()


@pytest.mark.parametrize("order", ["abcd", "dbca"])
def test_rows_are_joined_by_id(make: Any, order: str) -> None:
    scores = {"a": 0.1, "b": 0.9, "c": 0.2, "d": 0.8}
    answers = "id,score\n" + "".join(f"{key},{scores[key]}\n" for key in order)
    config = CONFIG.replace("    label:", "    id: id\n    label:")
    project = make({"ml-ci.yaml": config, "data/answers.csv": answers, "data/holdout.csv": HOLDOUT})
    assert project.run().code == 0
    model = project.model()["candidate"]
    assert (model["tp"], model["fp"], model["tn"], model["fn"]) == (2, 0, 2, 0)
    project.verify()


def test_the_order_of_the_holdout_is_the_order_of_the_predictions(make: Any) -> None:
    project = make({"ml-ci.yaml": CONFIG, "data/answers.csv": RIGHT, "data/holdout.csv": HOLDOUT})
    assert project.run().code == 0
    assert project.model()["candidate"]["tp"] == 2


FUNCTIONS = {
    "too few": ("[0.5]", "row-count", "gave 1 values for 200 rows"),
    "a NaN": ("[float('nan')] * 200", "score-missing", "row 1"),
    "too much": ("[0.5] * 199 + [1.5]", "score-range", "row 200, outside [0, 1]"),
    "nothing": ("None", "predict-shape", "returned NoneType instead of one value per row"),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_that_scores_wrongly(known: Any, case: str) -> None:
    source, code, said = FUNCTIONS[case]
    known.edit("model.py", "def score(", f"def score(model, rows: Path):\n    return {source}\n\n\ndef other(")
    answer = known.run()
    assert (answer.code, known.model()["failure"]["code"]) == (1, code)
    assert said in known.model()["failure"]["message"]
    known.verify()

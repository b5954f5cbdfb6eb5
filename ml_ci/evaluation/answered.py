"""Read what a command or a service answered for some rows: a row without an answer is told, and refuses no other."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_ci.child.labels import YES
from ml_ci.errors import UserError
from ml_ci.evaluation.comparison import precision_of, stand
from ml_ci.evaluation.joining import fail, order
from ml_ci.evaluation.labels import ABSENT, classes_of
from ml_ci.evaluation.predictions import are_words, find_column, open_left, refuse_long, say_outcome
from ml_ci.evaluation.scores import own_scale
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import brief, canonical
from ml_ci.tables.table import Table


@dataclass(frozen=True, eq=False)
class Answered:
    """Scores of the positive class, float64, NaN where there is none; `decisions`, int8, 1, 0 and -1 for no answer."""

    scores: NDArray[np.float64]
    decisions: NDArray[np.int8]
    errors: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Yardstick:
    """By what answers are decided: the label's column and its table, the positive class, and the cut in [0, 1]."""

    label: str
    labelled: Table
    positive: Positive
    threshold: float = 0.5


def read_answered(path: Path, rows: Table, by: Yardstick, shown: str) -> Answered:
    """Read a table with a column `score` or `prediction`, one line for each of `rows` and in their order.

    StageFailed for another number of rows, and `rows-differ` where columns that both have stand in another order.
    """
    table = open_left(path, shown, rows)
    column = find_column(table, rows, shown)
    refuse_long(table, rows, shown)
    places = order(table, rows, None, by.label, column, shown)
    if not np.array_equal(places, np.arange(rows.rows)):
        message = f"{shown}: its rows are those that were asked for, in another order"
        raise fail("rows-differ", message, "Answer in the order of {rows}: one score a line, the first row's first.")
    if column == "score":
        return _read_scores(table, by, shown)
    return _read_predictions(table, by, shown)


def _read_scores(table: Table, by: Yardstick, shown: str) -> Answered:
    try:
        scores = table.numbers("score")
    except UserError as error:
        hint = "Class labels go in a column named `prediction`, scores in `score`."
        raise fail("score-not-number", error.message, hint) from None
    errors = {}
    for row in np.flatnonzero(~((scores >= 0) & (scores <= 1))).tolist():
        errors[row] = f"{shown}: no score" if np.isnan(scores[row]) else f"{shown}: {scores[row]:g} is not in [0, 1]"
        scores[row] = np.nan
    decisions = (scores >= own_scale("probability", by.threshold, precision_of(table, "score"))).astype(np.int8)
    decisions[list(errors)] = -1
    return Answered(scores, decisions, errors)


def _read_predictions(table: Table, by: Yardstick, shown: str) -> Answered:
    codes, values = table.codes(["prediction"])
    texts = [value for (value,) in values]
    present = [text for text in texts if text not in ABSENT]
    errors = {place: "no prediction" for place, text in enumerate(texts) if text in ABSENT}
    compared = by.positive.comparison is not None and not are_words(table)
    if not compared and say_outcome(present, by.labelled, by.label, by.positive, shown):
        said = [canonical(text) in YES for text in texts]
    elif by.positive.comparison is not None:
        return _compare(table, by, shown)
    else:
        classes = classes_of(by.labelled.counts(by.label), by.positive)
        errors |= {
            place: f"{brief(text)} is no label of the holdout"
            for place, text in enumerate(texts)
            if place not in errors and classes.of(text) is None
        }
        said = [classes.is_positive(text) for text in texts]
    found = np.array([-1 if place in errors else int(one) for place, one in enumerate(said)], np.int8)[codes]
    wrong = {row: f"{shown}: {errors[int(codes[row])]}" for row in np.flatnonzero(found == -1).tolist()}
    return Answered(np.full(len(found), np.nan), found, wrong)


def _compare(table: Table, by: Yardstick, shown: str) -> Answered:
    assert by.positive.comparison is not None  # noqa: S101 - asked by who calls
    try:
        numbers, positive = stand(table, "prediction", by.positive.comparison)
    except UserError as error:
        hint = "`positive:` is a comparison: predict numbers, or 0/1 for its outcome."
        raise fail("unknown-class", error.message, hint) from None
    finite = np.isfinite(numbers)
    decisions = np.where(finite, positive, -1).astype(np.int8)
    errors = dict.fromkeys(np.flatnonzero(~finite).tolist(), f"{shown}: no prediction")
    return Answered(np.full(len(decisions), np.nan), decisions, errors)

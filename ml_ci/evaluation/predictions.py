"""Read the predictions that a job left, and refuse what is no prediction of every row of the holdout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_ci.child.labels import WORDS, YES, Classes
from ml_ci.errors import UserError
from ml_ci.evaluation.comparison import Comparison, precision_of, stand
from ml_ci.evaluation.joining import Rows, fail, order, refuse_parts
from ml_ci.evaluation.labels import ABSENT, classes_of, known_labels
from ml_ci.evaluation.scores import Predictions, decide, own_scale
from ml_ci.spec.values import Positive
from ml_ci.tables.bounds import Bounds, for_rows
from ml_ci.tables.canonical import brief, canonical
from ml_ci.tables.duck import trim
from ml_ci.tables.table import Table


def read(
    path: Path,
    holdout: Table,
    label: str,
    positive: Positive,
    *,
    id: str | None = None,  # noqa: A002
    threshold: float = 0.5,
    kind: str | None = None,
    precision: str = "",
    shown: str | None = None,
    labelled: Table | None = None,
) -> Predictions:
    """Read a predictions file (text or Parquet) with a column `score` or `prediction`, one row per holdout row.

    Rows are in the holdout's order, or joined by the column `id`, or by a column that the holdout has too. Scores are
    in [0, 1] (margins of any size where `kind` is "margin"); a row is positive when its score is >= `threshold`, which
    is in [0, 1] for both and compared in the scores' own type: `precision` names it where a text cannot. Predictions of
    0/1 or true/false are class labels where a label of the holdout is called so, and mean positive by 1 and true
    otherwise; others are numbers where `positive` compares them, else class labels. `kind` says what they are where the
    model was scored here. `labelled` is the table whose labels may be predicted, where the holdout is a part of it.
    StageFailed, stage `evaluation`, with the row of what is wrong; UserError when ids of the holdout are.
    """
    name = shown or path.name
    if path.suffix == ".npy" and kind is not None:
        score, scored = _read_array(path, holdout, kind, name), kind
        return decide(Predictions(score >= 0, scored, score), own_scale(scored, threshold, precision))
    table = open_left(path, name, holdout)
    column = find_column(table, holdout, name)
    refuse_long(table, holdout, name)
    rows = order(table, holdout, id, label, column, name)
    if kind is None and id is None:
        refuse_parts(table, holdout, rows, name)
    if column == "score":
        score = _scores(table, name, bounded=kind != "margin")[rows]
        scored = "margin" if kind == "margin" else "probability"
        cut = own_scale(scored, threshold, precision or precision_of(table, column))
        return decide(Predictions(score >= 0, scored, score), cut)
    return _predict(table, labelled or holdout, label, positive, rows, kind, precision, name)


def open_left(path: Path, name: str, holdout: Table) -> Table:
    """Open what a job left for the rows of a table, which bounds how much of it is read."""
    if not path.exists():
        raise fail(
            "no-predictions",
            f"the job left no predictions file at {name}",
            "Check `outputs: {predictions: ...}` against where the job writes it.",
        )
    try:
        return Table.open(path, shown=name, bounds=_bounds(holdout))
    except UserError as error:
        raise fail("predictions-unreadable", error.message, error.hint) from None


def _bounds(holdout: Table) -> Bounds:
    return for_rows(holdout.rows, holdout.layout.size, holdout.layout.longest, len(holdout.names))


def refuse_long(table: Table, holdout: Table, name: str) -> None:
    """Refuse a Parquet file of which one value, written once, stands for more bytes in its rows than may be read."""
    if not table.layout.parquet:
        return
    bounds = _bounds(holdout)
    for column in table.names:
        if column in ("score", "prediction") or holdout.has(column):
            try:
                bounds.refuse_size(table.text_bytes(column), f"the column {column} of {name}")
            except UserError as error:
                raise fail("predictions-unreadable", error.message, error.hint) from None


def find_column(table: Table, holdout: Table, name: str) -> str:
    """Give the column of what is predicted, `score` or `prediction`: exactly one is there."""
    there = [column for column in ("score", "prediction") if table.has(column)]
    if len(there) == 1:
        return there[0]
    code, said = (
        ("both-columns", "both `score` and `prediction`")
        if there
        else ("no-column", "neither `score` nor `prediction`")
    )
    raise fail(
        code,
        f"{name} has {said}; its columns are: {', '.join(table.names[:20])}",
        "Write exactly one column named `score` (in [0, 1]) or `prediction` (a class label).",
    )


def _read_array(path: Path, holdout: Table, kind: str, name: str) -> NDArray[np.float64]:
    """Read scores that the child program left as NumPy's own file; nothing but floats, one for each row, is read."""
    try:
        found = np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise fail("predictions-unreadable", f"{name} cannot be read: {error}") from None
    if found.dtype != np.float64 or found.ndim != 1:
        raise fail("predictions-unreadable", f"{name} are an array of {found.dtype}, of shape {found.shape}")
    if len(found) != holdout.rows:
        message = f"{name} has {len(found):,} rows, and the holdout {holdout.shown} has {holdout.rows:,}"
        raise fail("row-count", message, "Write one value for each row of the holdout, in its order.")
    score = np.array(found)
    _refuse_wrong(score, lambda row: f"{name}, row {row + 1}", bounded=kind != "margin")
    return score


def _scores(table: Table, name: str, bounded: bool) -> NDArray[np.float64]:
    try:
        score = table.numbers("score")
    except UserError as error:
        raise fail(
            "score-not-number", error.message, "Class labels go in a column named `prediction`, scores in `score`."
        ) from None
    _refuse_wrong(score, table.row, bounded)
    return score


def _refuse_wrong(score: NDArray[np.float64], name_row: Callable[[int], str], bounded: bool) -> None:
    for row in np.flatnonzero(np.isnan(score))[:1]:
        raise fail(
            "score-missing",
            f"{name_row(int(row))}: the score is missing or NaN ({int(np.isnan(score).sum()):,} rows are)",
            "A model has to score every row: handle missing values before it predicts.",
        )
    wrong = ~((score >= 0) & (score <= 1)) if bounded else ~np.isfinite(score)
    for row in np.flatnonzero(wrong)[:1]:
        raise fail(
            "score-range",
            f"{name_row(int(row))}: the score {score[row]:g} is {'not in [0, 1]' if bounded else 'no finite number'}",
            "Write probabilities of the positive class; predicted numbers or labels go in a column `prediction`."
            if bounded
            else "A margin may have any size, and has to be a number: look at what the model does with this row.",
        )


def _predict(
    table: Table,
    holdout: Table,
    label: str,
    positive: Positive,
    rows: Rows,
    kind: str | None,
    precision: str,
    name: str,
) -> Predictions:
    if positive.comparison is not None and (kind == "number" or (kind is None and not are_words(table))):
        return Predictions(_compare(table, positive.comparison, precision)[rows], "number")
    codes, values = table.codes(["prediction"])
    texts = [value for (value,) in values]
    _refuse_missing(codes, texts, table)
    if kind == "outcome" or (kind is None and say_outcome(texts, holdout, label, positive, name)):
        decision = np.array([canonical(text) in YES for text in texts])
        return Predictions(decision[codes][rows], "label")
    if positive.comparison is not None:
        return Predictions(_compare(table, positive.comparison, precision)[rows], "number")
    classes = classes_of(holdout.counts(label), positive)
    _refuse_unknown(texts, codes, holdout.counts(label), classes, table)
    names = [classes.of(text) or "" for text in texts]
    kept = sorted(set(names))
    place = {one: position for position, one in enumerate(kept)}
    places = np.array([place[one] for one in names], np.int32)
    decision = np.array([one in classes.positive for one in names])
    return Predictions(decision[codes][rows], "label", None, places[codes][rows], tuple(kept))


def are_words(table: Table) -> bool:
    """Say whether every prediction is 0, 1, true or false, in any spelling."""
    value = table.sql("prediction")
    may_be = f"{table.number_sql('prediction')} IN (0, 1) OR lower({trim(value)}) IN ('true', 'false')"
    return not table.count_where(f"NOT coalesce({may_be}, false)")


def say_outcome(texts: Sequence[str], holdout: Table, label: str, positive: Positive, name: str) -> bool:
    """Say whether the predictions say positive by 1 or true, rather than name a class or give a number."""
    if any(canonical(text) not in WORDS for text in texts):
        return False
    classes = Classes(known_labels(holdout, label, positive), positive.values, positive.comparison)
    found = classes.meaning(texts)
    if found == "unclear":
        said = " and ".join(sorted(map(canonical, texts)))
        raise fail(
            "ambiguous-prediction",
            f"{name}: the predictions are only {said}, which may be labels, or say whether a row is positive",
            "Write the labels as the holdout spells them, or scores (1 for positive) in a column named `score`.",
        )
    return found == "outcome"


def _compare(table: Table, comparison: Comparison, precision: str) -> NDArray[np.bool_]:
    try:
        numbers, found = stand(table, "prediction", comparison, precision)
    except UserError as error:
        raise fail(
            "unknown-class", error.message, "`positive:` is a comparison: predict numbers, or 0/1 for its outcome."
        ) from None
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        is_missing = "missing or NaN" if np.isnan(numbers[row]) else f"{numbers[row]:g}"
        message = f"{table.row(row)}: the prediction is {is_missing}"
        raise fail("prediction-missing", message, "A model has to predict every row, by a finite number.")
    return found


def _refuse_missing(codes: NDArray[np.int32], values: Sequence[str], table: Table) -> None:
    absent = [place for place, value in enumerate(values) if value in ABSENT]
    rows = np.flatnonzero(np.isin(codes, absent))
    if len(rows):
        raise fail(
            "prediction-missing",
            f"{table.row(int(rows[0]))}: the prediction is missing or NaN ({len(rows):,} rows are)",
            "A model has to predict every row.",
        )


def _refuse_unknown(
    texts: Sequence[str], codes: NDArray[np.int32], counts: Mapping[str, int], classes: Classes, table: Table
) -> None:
    unknown = [place for place, text in enumerate(texts) if classes.of(text) is None]
    if not unknown:
        return
    row = int(np.flatnonzero(np.isin(codes, unknown))[0])
    text = texts[codes[row]]
    if classes.several(text):
        alike = ", ".join(map(brief, classes.find_spelled(text)))
        said = f"{table.row(row)}: the prediction {brief(text)} has the value of several labels: {alike}"
        raise fail("unknown-class", said, "Predict the labels as the holdout spells them.")
    listed = ", ".join(brief(value) for value in sorted(counts)[:8])
    raise fail(
        "unknown-class",
        f"{table.row(row)}: the prediction {brief(text)} is none of the labels {listed}",
        "Predict the labels as the holdout spells them, or 1 for positive and 0 for all others.",
    )

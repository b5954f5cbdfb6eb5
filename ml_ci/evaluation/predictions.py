"""Read the predictions that a job left, and refuse what is no prediction of every row of the holdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed, UserError
from ml_ci.evaluation.labels import ABSENT, COMPARE
from ml_ci.evaluation.scores import Predictions, decide, own_scale
from ml_ci.spec.values import Positive
from ml_ci.tables.canonical import brief, canonical, same
from ml_ci.tables.table import Table

BOOLEANS = ({"0", "1"}, {"true", "false"})


def read(
    path: Path,
    holdout: Table,
    label: str,
    positive: Positive,
    *,
    id: str | None = None,  # noqa: A002
    threshold: float = 0.5,
    kind: str | None = None,
    shown: str | None = None,
) -> Predictions:
    """Read a predictions file (text or Parquet) with a column `score` or `prediction`, one row per holdout row.

    Rows are in the holdout's order, or joined by the column `id`. Scores are in [0, 1] (margins of any size where
    `kind` is "margin"); a row is positive when its score is >= `threshold`, which is in [0, 1] for both.
    Predictions of 0/1 or true/false mean positive by 1 and true; others are class labels, matched canonically. With
    `kind` "label" they come from the model itself, and 0/1 are its class labels where the holdout has them.
    StageFailed, stage `evaluation`, with the row of what is wrong; UserError when ids of the holdout are.
    """
    name = shown or path.name
    table = _open(path, name)
    column = _column(table, holdout, name)
    order = _order(table, holdout, id, name)
    if column == "score":
        score = _scores(table, name, bounded=kind != "margin")[order]
        scored = "margin" if kind == "margin" else "probability"
        return decide(Predictions(score >= 0, scored, score), own_scale(scored, threshold))
    return _labelled(table, holdout, label, positive, order, kind, name)


def _failed(code: str, message: str, hint: str = "") -> StageFailed:
    return StageFailed(Failure("evaluation", code, message, hint))


def _open(path: Path, name: str) -> Table:
    if not path.exists():
        raise _failed(
            "no-predictions",
            f"the job left no predictions file at {name}",
            "Check `outputs: {predictions: ...}` against where the job writes it.",
        )
    try:
        return Table.open(path, shown=name)
    except UserError as error:
        raise _failed("predictions-unreadable", error.message, error.hint) from None


def _column(table: Table, holdout: Table, name: str) -> str:
    there = [column for column in ("score", "prediction") if table.has(column)]
    if len(there) == 1:
        return there[0]
    code, said = (
        ("both-columns", "both `score` and `prediction`")
        if there
        else ("no-column", "neither `score` nor `prediction`")
    )
    raise _failed(
        code,
        f"{name} has {said}; its columns are: {', '.join(table.names[:20])}",
        "Write exactly one column named `score` (in [0, 1]) or `prediction` (a class label).",
    )


def _order(table: Table, holdout: Table, id: str | None, name: str) -> NDArray[np.intp]:  # noqa: A002
    """Give for each row of the holdout its row in the predictions."""
    if id is None:
        if table.rows != holdout.rows:
            raise _failed(
                "row-count",
                f"{name} has {table.rows:,} rows, and the holdout {holdout.shown} has {holdout.rows:,}",
                "Write one row for each row of the holdout, in its order, under one header line.",
            )
        return np.arange(table.rows)
    wanted = _holdout_ids(holdout, id)
    given = _given_ids(table, id, name)
    if unknown := [key for key in given if key not in wanted]:
        raise _failed(
            "unknown-id",
            f"{name}, row {given[unknown[0]] + 1}: the holdout has no {id} {brief(unknown[0])}",
            "Write one row for each row of the holdout, and no other.",
        )
    if absent := [key for key in wanted if key not in given]:
        raise _failed(
            "missing-id",
            f"{name} has no row for {id} {brief(absent[0])} of the holdout (nor for {len(absent) - 1:,} more)",
            "Write one row for each row of the holdout.",
        )
    return np.fromiter((given[key] for key in wanted), np.intp, len(wanted))


def _holdout_ids(holdout: Table, id: str) -> dict[str, int]:  # noqa: A002
    keys = [canonical(text) for text in holdout.text(id)]
    if "" in keys:
        raise UserError(f"{holdout.where(keys.index(''))}: no value in the id column {id!r}")
    if repeated := _repeated(keys):
        key, first, second = repeated
        raise UserError(
            f"{holdout.where(second)}: {id} {brief(key)} occurs twice (first in row {first + 1})",
            hint="The column that `id:` names has to tell the rows of the holdout apart.",
        )
    return {key: row for row, key in enumerate(keys)}


def _given_ids(table: Table, id: str, name: str) -> dict[str, int]:  # noqa: A002
    if not table.has(id):
        raise _failed(
            "no-id",
            f"{name} has no column {id!r}, which `id:` names; its columns are: {', '.join(table.names[:20])}",
            "Write the id beside each prediction, or remove `id:` when the rows are in the holdout's order.",
        )
    keys = [canonical(text) for text in table.text(id)]
    if "" in keys:
        message = f"{name}, row {keys.index('') + 1}: no value in the id column {id!r}"
        raise _failed("missing-id", message, "Write the holdout's id beside each prediction.")
    if repeated := _repeated(keys):
        key, first, second = repeated
        message = f"{name}, row {second + 1}: {id} {brief(key)} was in row {first + 1} already"
        raise _failed("duplicate-id", message, "Write one row for each row of the holdout.")
    return {key: row for row, key in enumerate(keys)}


def _repeated(keys: Sequence[str]) -> tuple[str, int, int] | None:
    seen: dict[str, int] = {}
    for row, key in enumerate(keys):
        if key in seen:
            return key, seen[key], row
        seen[key] = row
    return None


def _scores(table: Table, name: str, bounded: bool) -> NDArray[np.float64]:
    try:
        score = table.numbers("score")
    except UserError as error:
        raise _failed(
            "score-not-number", error.message, "Class labels go in a column named `prediction`, scores in `score`."
        ) from None
    for row in np.flatnonzero(np.isnan(score))[:1]:
        raise _failed(
            "score-missing",
            f"{name}, row {row + 1}: the score is missing or NaN ({int(np.isnan(score).sum()):,} rows are)",
            "A model has to score every row: handle missing values before it predicts.",
        )
    wrong = ~((score >= 0) & (score <= 1)) if bounded else ~np.isfinite(score)
    for row in np.flatnonzero(wrong)[:1]:
        raise _failed(
            "score-range",
            f"{name}, row {row + 1}: the score {score[row]:g} is {'not in [0, 1]' if bounded else 'no finite number'}",
            "Write probabilities of the positive class; predicted numbers or labels go in a column `prediction`."
            if bounded
            else "A margin may have any size, and has to be a number: look at what the model does with this row.",
        )
    return score


def _labelled(
    table: Table,
    holdout: Table,
    label: str,
    positive: Positive,
    order: NDArray[np.intp],
    kind: str | None,
    name: str,
) -> Predictions:
    codes, values = table.codes(["prediction"])
    _refuse_missing(codes, [value for (value,) in values], name)
    keys = [canonical(value) for (value,) in values]
    known = {canonical(value): value for value in holdout.counts(label)}
    if _boolean(keys, known, positive, kind, name):
        decision = np.array([key in ("1", "true") for key in keys])
        return Predictions(decision[codes][order], "label")
    if positive.comparison is not None:
        return Predictions(_compared(table, positive.comparison)[order], "label")
    _refuse_unknown(keys, codes, known, positive, name)
    wanted = same(positive.values)
    classes = sorted(set(keys))
    place = np.array([classes.index(key) for key in keys], np.int32)
    decision = np.array([key in wanted for key in keys])
    return Predictions(decision[codes][order], "label", None, place[codes][order], tuple(classes))


def _boolean(keys: Sequence[str], known: Mapping[str, str], positive: Positive, kind: str | None, name: str) -> bool:
    """Say whether the predictions say positive by 1 or true, rather than name a class."""
    given = set(keys)
    if not any(given <= words for words in BOOLEANS):
        return False
    if kind == "label" and given <= set(known):
        return False
    if positive.comparison is not None:
        return True
    yes = given & {"1", "true"}
    other_class = yes & set(known) - same(positive.values)
    if other_class and given == yes and not {"0", "false"} & set(known):
        word = other_class.pop()
        raise _failed(
            "ambiguous-prediction",
            f"{name}: every prediction is {word}, which may mean positive, or the class {word}, which is not positive",
            "Write scores, or 0/1 for not positive/positive with both occurring, or set `positive:` to other words.",
        )
    return True


def _compared(table: Table, comparison: tuple[str, float]) -> NDArray[np.bool_]:
    try:
        numbers = table.numbers("prediction")
    except UserError as error:
        raise _failed(
            "unknown-class", error.message, "`positive:` is a comparison: predict numbers, or 0/1 for its outcome."
        ) from None
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise _failed("prediction-missing", f"{table.shown}, row {row + 1}: the prediction is {numbers[row]:g}")
    symbol, bound = comparison
    return np.asarray(COMPARE[symbol](numbers, bound), np.bool_)


def _refuse_missing(codes: NDArray[np.int32], values: Sequence[str], name: str) -> None:
    absent = [place for place, value in enumerate(values) if value in ABSENT]
    rows = np.flatnonzero(np.isin(codes, absent))
    if len(rows):
        raise _failed(
            "prediction-missing",
            f"{name}, row {rows[0] + 1}: the prediction is missing or NaN ({len(rows):,} rows are)",
            "A model has to predict every row.",
        )


def _refuse_unknown(
    keys: Sequence[str], codes: NDArray[np.int32], known: Mapping[str, str], positive: Positive, name: str
) -> None:
    unknown = [place for place, key in enumerate(keys) if key not in known and key not in same(positive.values)]
    if unknown:
        row = int(np.flatnonzero(np.isin(codes, unknown))[0])
        listed = ", ".join(brief(value) for value in list(known.values())[:8])
        raise _failed(
            "unknown-class",
            f"{name}, row {row + 1}: the prediction {brief(keys[codes[row]])} is none of the labels {listed}",
            "Predict the labels as the holdout spells them, or 1 for positive and 0 for all others.",
        )

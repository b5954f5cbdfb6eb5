"""What each side predicts for the base's rows: from the scores that there are; only what has none is scored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from ml_ci.digests import digest
from ml_ci.errors import UserError
from ml_ci.evaluation.scores import FILE, Predictions, load, write
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import PREDICTIONS
from ml_ci.records.codec import pack
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging.yardsticks.rows import BaseRows, scores_all
from ml_ci.steps.planning.decide import find_keys
from ml_ci.steps.planning.folds import cut_folds, find_folds
from ml_ci.steps.values import Side
from ml_ci.steps.working.compare import load_predictions
from ml_ci.steps.working.folds import is_folded
from ml_ci.steps.working.score import choose_threshold, read_predictions, score_rows, score_side
from ml_ci.steps.working.train import find_predictions, train_side
from ml_ci.steps.working.workshop import Workshop, open_workshop
from ml_ci.tables.columns import without
from ml_ci.tables.membership import number_folds
from ml_ci.tables.parts import PART, select
from ml_ci.tables.table import Table
from ml_ci.training.inputs import describe_writing
from ml_ci.training.values import Input, Whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Predicted:
    """What one side predicts for the rows that it can score: `predictions` of the rows `places` of the base's table.

    `anew` says that rows were scored which the change's own yardstick does not look at.
    """

    places: NDArray[np.intp]
    predictions: Predictions
    anew: bool = False


def predict(shop: Workshop, side: Side, model: ModelSpec, rows: BaseRows, *, alike: bool) -> Predicted:
    """Give what a side predicts for the kept rows of the base.

    `alike` says that label and positive are the change's own, so that the scores that there are mean the same here.
    StageFailed and UserError when what has to be scored anew cannot be.
    """
    training = train_side(shop, side)
    left = find_predictions(training)
    known = None
    if alike:
        known = load_predictions(score_side(shop, side))
    elif left is not None and not is_folded(shop):
        known = read_predictions(model, side, left, shop.holdout, None)
    has = rows.kept & (rows.place >= 0) if known is not None else np.zeros(rows.table.rows, np.bool_)
    missing = rows.kept & ~has
    if left is not None or not missing.any() or not scores_all(rows.table, shop.holdout, _labels(shop, model)):
        missing = np.zeros(rows.table.rows, np.bool_)
    parts = [] if known is None else [Predicted(np.flatnonzero(has), known.take(rows.place[has]))]
    if missing.any():
        found = _scored(shop, side, model, rows, missing)
        parts.append(Predicted(np.flatnonzero(missing), found, anew=bool((rows.place[missing] < 0).any())))
    return parts[0] if len(parts) == 1 else _join(parts)


def _labels(shop: Workshop, model: ModelSpec) -> frozenset[str]:
    return frozenset({model.label, shop.sides.candidate.model.label})


def _scored(shop: Workshop, side: Side, model: ModelSpec, rows: BaseRows, missing: NDArray[np.bool_]) -> Predictions:
    """Give a side's predictions of some rows of the base's holdout: from their record, or scored now and kept."""
    store, chosen = shop.project.store, hashlib.sha256(missing.tobytes()).hexdigest()
    base = shop.sides.baseline
    asked = [model.label, pack(model.positive), base.declared.holdout if base is not None else "", pack(model.holdout)]
    known = find_keys(shop.project, shop.sides, side)
    key = digest(["rows of the base", known.predictions, asked, chosen])
    record = store.find(PREDICTIONS, key)
    if record is not None:
        return load(record.file(FILE))
    found = _score_by_folds(shop, side, model, rows, missing)
    with store.draft() as draft:
        write(found, draft / FILE)
        content = {"model": side.model.name, "training": known.training, "rows": found.rows, "kind": found.kind}
        store.keep(draft, PREDICTIONS, key, {**content, "metrics": {}})
    return found


def _score_by_folds(
    shop: Workshop, side: Side, model: ModelSpec, rows: BaseRows, missing: NDArray[np.bool_]
) -> Predictions:
    """Have each row scored by the model that did not see it, where the sides are judged by folds."""
    folds = cut_folds(shop.project, shop.sides, side)
    if not folds:
        return _score(shop, side, model, rows.table, missing)
    fold_of, parts = _number_folds(shop, side, rows), []
    for fold in folds:
        chosen = missing & (fold_of == fold.number)
        if chosen.any():
            with open_workshop(shop.project, fold.sides) as inner:
                found = _score(inner, fold.side, model, rows.table, chosen)
            parts.append(Predicted(np.flatnonzero(chosen), found))
    return parts[0].predictions if len(parts) == 1 else _join(parts).predictions


def _number_folds(shop: Workshop, side: Side, rows: BaseRows) -> NDArray[np.uint8]:
    """Give the fold of each of the base's rows; one that the candidate has too is in the fold that it has there."""
    part = find_folds(shop.sides.candidate.model)
    assert part is not None  # noqa: S101 - only what is folded is asked
    found = number_folds(rows.table, part)
    there = rows.place >= 0
    if side.name == "candidate" and there.any():
        found[there] = number_folds(shop.holdout, part)[rows.place[there]]
    return found


def _score(shop: Workshop, side: Side, model: ModelSpec, table: Table, missing: NDArray[np.bool_]) -> Predictions:
    """Have a side's model score rows of the base's holdout, without its label."""
    folder = shop.work / f"{side.name}-base-rows"
    labelled, bare = folder / table.path.name, folder / "unlabelled" / table.path.name
    python = shop.python(side)
    flags = select(table, missing, labelled, python=python)
    names = None if table.layout.header or table.layout.parquet else table.names
    chosen = Table.open(labelled, names, shown=table.shown)
    bare.parent.mkdir(parents=True)
    without(labelled, model.label, bare, columns=names, shown=table.shown, python=python)
    kept = None if names is None else tuple(name for name in names if name != model.label)
    whole = Whole(str(table.path), str(flags), PART, names, model.label)
    given = Input(str(bare), kept, describe_writing(table.layout), whole)
    training = train_side(shop, side)
    what = "rows of the base"
    with shop.project.journal.noting("score", side.name, side.model.name):
        found = score_rows(shop, side, training, what, given, chosen.rows, model.positive)
        read = read_predictions(model, side, found.predictions, chosen, found, table)
        return choose_threshold(shop, side, training, read, "validation for the base")


def _join(parts: list[Predicted]) -> Predicted:
    """Put predictions of different rows together, in the order of the rows; UserError where they are of two kinds."""
    if not parts:
        raise UserError("no row of it has a score")
    found = [part.predictions for part in parts]
    first = found[0]
    for other in found[1:]:
        if first.kind != other.kind or (first.score is None) != (other.score is None):
            raise UserError(f"its rows were scored in two ways: {first.kind} and {other.kind}")
    places = np.concatenate([part.places for part in parts])
    order = np.argsort(places)
    decision = np.concatenate([one.decision for one in found])[order]
    scores = [one.score for one in found if one.score is not None]
    score = np.concatenate(scores)[order] if scores else None
    anew = any(part.anew for part in parts)
    return Predicted(places[order], Predictions(decision, first.kind, score), anew)


def take_rows(found: Predicted, places: NDArray[np.intp]) -> Predictions:
    """Give the predictions of some of the rows; `places` are sorted, and all of them there."""
    return found.predictions.take(np.searchsorted(found.places, places))

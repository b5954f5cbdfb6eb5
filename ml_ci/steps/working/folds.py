"""Pool what the folds of a side predict: each row by the model that did not see it, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.scores import FILE, Predictions, load
from ml_ci.evaluation.values import KINDS
from ml_ci.frozen import dataclass
from ml_ci.records.record import Record
from ml_ci.spec.values import PartEntry
from ml_ci.steps.planning.folds import Fold, cut_folds, find_folds
from ml_ci.steps.values import Project, Side
from ml_ci.steps.working.side_by_side import hand_out
from ml_ci.steps.working.workshop import Workshop, open_workshop
from ml_ci.tables.membership import number_folds
from ml_ci.training.values import ScoredRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPEED = "milliseconds_per_row"
# Give the record of a side's predictions of the holdout of a workshop: what no record answers is made.
Score = Callable[[Workshop, Side], Record]


@dataclass(frozen=True)
class Pooled:
    """The predictions of all folds together; `milliseconds` is what their models took to score a row, None unknown."""

    predictions: Predictions
    milliseconds: float | None


def is_folded(shop: Workshop) -> bool:
    """Say whether the sides of a workshop are judged by folds."""
    return find_folds(shop.sides.candidate.model) is not None


def is_fold(shop: Workshop) -> bool:
    """Say whether the sides of a workshop are one fold of others."""
    holdout = shop.sides.candidate.model.holdout
    return isinstance(holdout, PartEntry) and holdout.fold is not None


def name_rows(shop: Workshop, what: str) -> str:
    """Name the rows that are scored: `the holdout`, `fold 2 of 5`."""
    holdout = shop.sides.candidate.model.holdout
    if what != "holdout" or not isinstance(holdout, PartEntry) or holdout.fold is None:
        return f"the {what}"
    return f"fold {holdout.fold + 1} of {holdout.folds}"


def pool_folds(shop: Workshop, side: Side, score: Score) -> Pooled:
    """Train and score the folds of a side, as many at a time as there are slots, and put their predictions together.

    StageFailed names the fold that fails, and where two folds give different things.
    """
    part = find_folds(shop.sides.candidate.model)
    assert part is not None  # noqa: S101 - only what is folded is pooled
    folds = cut_folds(shop.project, shop.sides, side)
    records = hand_out(shop.project, [partial(_score, fold=fold, part=part, score=score) for fold in folds])
    found = [load(record.file(FILE)) for record in records]
    speeds = [(record.content["metrics"].get(SPEED), one.rows) for record, one in zip(records, found, strict=True)]
    known = [(speed, rows) for speed, rows in speeds if speed is not None]
    rows = sum(rows for _, rows in known)
    milliseconds = sum(speed * rows for speed, rows in known) / rows if rows else None
    return Pooled(pool(number_folds(shop.holdout, part), found), milliseconds)


def _score(project: Project, fold: Fold, part: PartEntry, score: Score) -> Record:
    # A workshop of its own: its holdout is this fold, and what another training left in its copy is not there.
    with open_workshop(project, fold.sides) as inner:
        try:
            return score(inner, fold.side)
        except StageFailed as error:
            message = f"fold {fold.number + 1} of {part.folds}: {error.failure.message}"
            raise StageFailed(replace(error.failure, message=message)) from None


def pool(fold_of: NDArray[np.uint8], found: Sequence[Predictions]) -> Predictions:
    """Put the predictions of each fold's rows in the order of the table; `fold_of` names the fold of each row.

    StageFailed `kinds-differ` where the folds give different things.
    """
    kinds = {one.kind for one in found}
    if len(kinds) > 1:
        said = " and ".join(sorted(KINDS.get(kind, kind) for kind in kinds))
        message = f"the models of the folds give {said}, which are not counted together"
        raise StageFailed(Failure("evaluation", "kinds-differ", message, "Have each training give the same."))
    decision = np.zeros(len(fold_of), np.bool_)
    scored = all(one.score is not None for one in found)
    score = np.zeros(len(fold_of), np.float64) if scored else None
    named = all(one.codes is not None for one in found)
    classes = tuple(sorted({name for one in found for name in one.classes}))
    codes = np.zeros(len(fold_of), np.int32) if named else None
    for number, one in enumerate(found):
        rows = fold_of == number
        decision[rows] = one.decision
        if score is not None and one.score is not None:
            score[rows] = one.score
        if codes is not None and one.codes is not None:
            codes[rows] = np.array([classes.index(name) for name in one.classes], np.int32)[one.codes]
    return Predictions(decision, kinds.pop(), score, codes, classes if named else ())


def measure_job(training: Record, cost: ScoredRows | Pooled | None, rows: int) -> dict[str, float | None]:
    """Give what the job and the model cost: seconds and megabytes of the training, milliseconds per scored row.

    Of folds they are those of the training on all rows, and of the folds' models.
    """
    speed = cost.milliseconds if isinstance(cost, Pooled) else None if cost is None else 1000 * cost.seconds / rows
    return {"seconds": training.content["seconds"], "megabytes": training.content["megabytes"], SPEED: speed}

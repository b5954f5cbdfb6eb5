"""Hold that a table can be cut in folds that can be trained on, and that each fold left a model of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml_ci.digests import digest
from ml_ci.errors import UserError
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.stream import LARGE_ROWS, is_large
from ml_ci.plan.plan import TRAININGS
from ml_ci.records.record import Record
from ml_ci.records.record import digest as file_digest
from ml_ci.spec.values import ModelSpec, PartEntry
from ml_ci.steps.planning.folds import cut_folds, find_folds
from ml_ci.steps.working.train import find_artifact
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.membership import number_folds
from ml_ci.tables.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEWER = "Choose fewer folds, or another `seed:`."


def check_folds(table: Table, model: ModelSpec) -> None:
    """Refuse folds that cannot be trained on and scored; UserError says which, and of what there is too little."""
    part = find_folds(model)
    if part is None or part.folds is None:
        return
    said = f"`data.holdout`: folds: {part.folds}"
    if is_large(table):
        message = f"{said}, and {table.shown} has {table.rows:,} rows: more than {LARGE_ROWS:,} are not cross-validated"
        raise UserError(message, hint="So many rows can spare a holdout: `share: 0.2`.")
    y_true = read_labels(table, model.label, model.positive).y_true
    for kind, count in _count(table, part, y_true):
        if count < part.folds:
            message = f"{said}, but {table.shown} has only {count:,} {kind}"
            raise UserError(message, hint=f"Choose at most {count} folds." if count > 1 else "Label more rows.")
    _refuse_uneven(table, part, y_true, said)


def _count(table: Table, part: PartEntry, y_true: NDArray[np.bool_]) -> list[tuple[str, int]]:
    """Count what has to be spread over the folds."""
    positives = int(y_true.sum())
    counts = [("rows", table.rows), ("positives", positives), ("negatives", table.rows - positives)]
    if part.by is not None:
        counts.insert(1, (f"different values in column {part.by!r}", len(table.counts(part.by))))
    return counts


def _refuse_uneven(table: Table, part: PartEntry, y_true: NDArray[np.bool_], said: str) -> None:
    fold_of = number_folds(table, part)
    for fold in range(part.folds or 0):
        own = fold_of == fold
        which = f"fold {fold + 1} of {table.shown}"
        if not own.any():
            raise UserError(f"{said}, but {which} gets no row", hint=_FEWER)
        for kind, rows in (("positives", y_true), ("negatives", ~y_true)):
            if not (rows & ~own).any():
                message = f"{said}, but {which} holds all {int(rows.sum()):,} {kind}: none is left to train on"
                raise UserError(message, hint=_FEWER)


def note_alike(shop: Workshop) -> Iterator[str]:
    """Say that all folds left one and the same model: it may not come from the table that they are cut out of."""
    part = find_folds(shop.sides.candidate.model)
    folds = cut_folds(shop.project, shop.sides, shop.sides.candidate)
    found = [shop.project.store.find(TRAININGS, fold.side.fingerprint.training) for fold in folds]
    known = {None if one is None else _digest(one) for one in found}
    if part is not None and len(known) == 1 and None not in known:
        yield (
            f"The models of all {part.folds} folds are the same, byte by byte: this job may not be trained on "
            f"`data.{part.of}`, and may know its rows from elsewhere."
        )


def _digest(record: Record) -> str | None:
    """Digest the model that a training left; None where it left none."""
    artifact = find_artifact(record)
    if artifact is None:
        return None
    files = sorted(artifact.rglob("*")) if artifact.is_dir() else [artifact]
    return digest([[str(file.relative_to(artifact.parent)), file_digest(file)] for file in files if file.is_file()])

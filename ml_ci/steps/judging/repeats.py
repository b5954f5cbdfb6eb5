"""Hold before anything is done that a holdout can be scored as often as `repeats:` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_ci.errors import UserError
from ml_ci.evaluation.stream import LARGE_ROWS
from ml_ci.spec.values import ModelSpec, PartEntry

if TYPE_CHECKING:
    from ml_ci.tables.table import Table

# Answers of one side that are held at once.
_MOST_ANSWERS = 4 * LARGE_ROWS


def check_repeats(table: Table, model: ModelSpec) -> None:
    """Refuse repetitions of what is not counted so; UserError says which, and the way out.

    A change and its base may say together what neither says alone: the base `repeats:`, and the change `weight:`.
    """
    if model.repeats == 1:
        return
    said = f"model {model.name}: `repeats: {model.repeats}`"
    for stands, what in (
        (model.weight is not None, "`weight:`, of whose rows repetitions are not judged yet"),
        (isinstance(model.holdout, PartEntry) and model.holdout.folds is not None, "`folds:`, which are no holdout"),
        (model.method == "anytime", "`method: anytime`, whose e-values know no spread between repetitions"),
        (model.card.audit is not None, "`card: {audit: ...}`, which counts each person once"),
        (model.job.predicts, "a command that leaves predictions, so that nothing can be scored again"),
    ):
        if stands:
            hint = "Remove one of them; what only the base has is removed in a change of its own."
            raise UserError(f"{said} stands beside {what}", hint=hint)
    answers = table.rows * model.repeats
    if table.rows > LARGE_ROWS or answers > _MOST_ANSWERS:
        message = (
            f"{said}, and {table.shown} has {table.rows:,} rows: more than {LARGE_ROWS:,} rows, or "
            f"{_MOST_ANSWERS:,} answers a side, are not counted together"
        )
        raise UserError(message, hint="Judge on a part of the rows, `holdout: {of: NAME, share: 0.1}`; or repeat less.")

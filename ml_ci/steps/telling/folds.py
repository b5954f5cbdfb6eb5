"""Say of a model that is judged by folds who scored what."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.reports.values import Folds
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.planning.folds import find_folds


def describe_folds(model: ModelSpec, rows: int) -> Folds | None:
    """Describe the folds that so many rows were judged in; None where one model scored the holdout."""
    part = find_folds(model)
    if part is None or part.folds is None:
        return None
    return Folds(part.folds, part.of, part.by, rows, min(rows, model.budget.rows.get(part.of, rows)))


def tell_folds(model: ModelSpec, rows: int | None = None, trainings: int = 0) -> Iterator[str]:
    """Say it in one sentence; `rows` is their number, None before the table was read.

    `trainings` are those that a run would make now.
    """
    part = find_folds(model)
    if part is None:
        return
    cut = f"{part.folds} folds{f' by {part.by}' if part.by else ''}"
    trained = "all rows"
    if rows is not None:
        most = min(rows, model.budget.rows.get(part.of, rows))
        trained = f"all {rows:,} rows" if most == rows else f"{most:,} of the {rows:,} rows"
    cost = f" A run trains {trainings} times now." if trainings > 1 else ""
    yield f"{cut}: each row scored by a model that did not see it; the model itself is trained on {trained}.{cost}"

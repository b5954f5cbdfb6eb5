"""Write the live rows that have a label as a table that can be the next holdout."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ml_ci.errors import StageFailed, UserError
from ml_ci.evaluation.stream import class_counts
from ml_ci.frozen import dataclass
from ml_ci.gates.live import coverage
from ml_ci.gates.live.series import make_series
from ml_ci.live.selecting import write_labelled
from ml_ci.live.values import Window
from ml_ci.registry.mlflow_registry import MlflowRegistry
from ml_ci.registry.registry import Registry
from ml_ci.spec.values import FileEntry, ModelSpec, PartEntry
from ml_ci.steps.opening.project import locate, open_project
from ml_ci.steps.planning.champion import find_location
from ml_ci.steps.values import Options, Project
from ml_ci.steps.watching.in_use import find_in_use
from ml_ci.steps.watching.look import read_windows, select_watched
from ml_ci.tables.table import Table


@dataclass(frozen=True)
class Written:
    """What was written of which model: rows, positives among them, and what has to be known of them."""

    model: str
    rows: int
    positives: int
    notes: tuple[str, ...] = ()


def write_rows(options: Options, file: Path, now: datetime) -> Written:
    """Write the live rows of one model since its promotion that are old enough and have a label, with the label.

    They have the columns of the holdout, so that they can take its place. UserError where rows with a label do not
    stand for those without, where a column of the holdout is in no log, and where one class has no row.
    """
    project = open_project(locate(options), options)
    names = select_watched(project)
    if len(names) != 1:
        there = ", ".join(names) or "none"
        message = f"--rows writes the rows of one model, and there are: {there}"
        raise UserError(message, hint="Name it: ml-ci watch MODEL --rows FILE")
    try:
        return _write(project, MlflowRegistry(find_location(project)), names[0], file, now)
    except StageFailed as error:
        raise UserError(error.failure.message, hint=error.failure.hint) from None


def _write(project: Project, registry: Registry, name: str, file: Path, now: datetime) -> Written:
    model, in_use = project.spec.models[name], find_in_use(project, registry, name, now)
    watched = read_windows(project, registry, model, in_use, now)
    notes = _check_labels(model, [window for window in watched.windows if window.closed])
    draft = file.with_name(f".{file.stem}.{os.urandom(4).hex()}{file.suffix}")
    try:
        columns, environment = _list_columns(project, model), project.options.environment
        write_labelled(model, in_use.champion, project.folder, now, environment, draft, columns)
        positives, rows = _check_table(model, draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return Written(name, rows, positives, notes)


def _check_labels(model: ModelSpec, closed: Sequence[Window]) -> tuple[str, ...]:
    """Hold that the rows with a label stand for all; give what else is to be said of them."""
    live = model.live
    if live is None or not closed:
        return ()
    series, weighed = make_series(tuple(closed)), live.weight is not None
    said = coverage.explain("accuracy", series, weighed=weighed)
    if said and bool(coverage.find_silent("accuracy", series, weighed=weighed)[-1]):
        hint = "A holdout of these rows would flatter the model: label a random share of the others, too."
        raise UserError(f"`{model.name}`: {said}", hint=hint)
    return (f"{said[:1].upper()}{said[1:]}.",) if said else ()


def _check_table(model: ModelSpec, file: Path) -> tuple[int, int]:
    """Hold that a table can be the holdout; give its positives and its rows."""
    table = Table.open(file, shown="the live rows")
    negatives, positives = class_counts(table, model.label.strip(), model.positive)
    return positives, negatives + positives


def _list_columns(project: Project, model: ModelSpec) -> tuple[str, ...]:
    """Give the columns of today's holdout; () where it is not at hand."""
    entry: FileEntry | PartEntry | None = model.holdout
    entry = model.data.get(entry.of) if isinstance(entry, PartEntry) else entry
    if not isinstance(entry, FileEntry) or entry.job is not None or not (project.folder / entry.path).is_file():
        return ()
    return tuple(Table.open(project.folder / entry.path, entry.columns, shown=entry.path).names)

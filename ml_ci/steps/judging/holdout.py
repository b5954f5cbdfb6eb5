"""Read from the holdout, before anything is trained, which rows it holds and how many of each class."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml_ci.changes.settings import name_audited
from ml_ci.digests import digest
from ml_ci.evaluation.alike import alike_notes
from ml_ci.evaluation.count import count
from ml_ci.evaluation.evaluate import holdout_of, is_class
from ml_ci.evaluation.grouping import note_grouping, refuse_unfit
from ml_ci.evaluation.labels import unused_notes
from ml_ci.evaluation.moments import count_clusters
from ml_ci.evaluation.slices import specs_of
from ml_ci.evaluation.stream import class_counts, is_large
from ml_ci.gates.preflight import Classes, HoldoutRows
from ml_ci.records.atomic import write_text
from ml_ci.records.codec import pack, unpack_if_fit
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.judging.folds import check_folds
from ml_ci.steps.planning.own_rows import find_source
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.content import Content, content, older_content
from ml_ci.tables.row_hashes import hold_hashed

if TYPE_CHECKING:
    from ml_ci.tables.table import Table

FORMAT, OLDER = 2, 1


def read_content(shop: Workshop) -> Content:
    """Give what rows the holdout holds; read once, then found by its fingerprint in the cache of the store."""
    return _read_once(shop, FORMAT, content)


def read_older_content(shop: Workshop) -> Content:
    """Give what rows the holdout holds in the form that older ledgers know theirs by."""
    return _read_once(shop, OLDER, older_content)


def _read_once(shop: Workshop, form: int, read: Callable[[Table, Sequence[str]], Content]) -> Content:
    file = _content_file(shop, form)
    found = _find_cached(file)
    if found is None:
        found = read(shop.holdout, list_content(shop))
        shop.project.store.ready()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(pack(found)))
    return found


def _content_file(shop: Workshop, form: int) -> Path:
    known, columns = shop.sides.candidate.fingerprint.holdout, list_content(shop)
    key = ["holdout", form, known, *([columns] if columns else [])]
    return shop.project.store.root / "cache" / "holdouts" / f"{digest(key)}.json"


def _hold(shop: Workshop, holdout: Table) -> None:
    """Hold the label and the columns of slices, and what tells rows apart where the content is not known yet."""
    model = shop.sides.candidate.model
    named = [model.label, *(column for spec in specs_of(model) for column in spec.columns), *name_audited(model)]
    columns = [column for column in named if holdout.has(column)]
    if list_content(shop) or _find_cached(_content_file(shop, FORMAT)) is not None:
        holdout.hold(columns)
    else:
        hold_hashed(holdout, columns)


def list_content(shop: Workshop) -> tuple[str, ...]:
    """Name the columns by which a row is known again, where a job may make other features of it; () stands for all."""
    model = shop.sides.candidate.model
    named = (model.id, model.label.strip()) if find_source(model).job is not None else ()
    return tuple(name for name in named if name is not None) if model.id is not None else ()


def _find_cached(file: Path) -> Content | None:
    try:
        return unpack_if_fit(Content, json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def check_holdout(shop: Workshop) -> None:
    """Hold that the holdout has every column that the model and its gates name, rows of both classes, and of each row
    whom it belongs to and what it weighs, where that is asked.

    UserError names what is not there: a slip of the pen costs a second then, and not a training.
    """
    shop.hold_holdout(partial(_hold, shop))
    model, table = shop.sides.candidate.model, shop.holdout
    if model.id is not None and find_source(model).job is not None:
        table.layout.index(model.id, table.shown)
    slices = [spec for spec in specs_of(model) if not is_class(spec, table, model.label)]
    read = (model.label, *(column for spec in slices for column in spec.columns), *name_audited(model))
    for column in read:
        table.layout.index(column, table.shown)
    class_counts(table, model.label, model.positive)
    refuse_unfit(table, model)
    check_folds(table, model)


def note_labels(shop: Workshop) -> tuple[str, ...]:
    """Say which labels a person may take for a positive value, and which positive values no row has."""
    model, table = shop.sides.candidate.model, shop.holdout
    if model.positive.comparison is not None:
        return ()
    return (*unused_notes(table, model.label, model.positive), *alike_notes(table.counts(model.label), model.positive))


def note_rows(shop: Workshop) -> tuple[str, ...]:
    """Say which rows count as one piece of evidence and why, which are not counted, and what is not measured."""
    model, table = shop.sides.candidate.model, shop.holdout
    said = list(note_grouping(table, model))
    if model.weight is not None and model.metrics:
        names = ", ".join(model.metrics)
        said.append(f"{names}: not measured, as a metric of your own does not know the weights of `{model.weight}`.")
    return tuple(said)


def count_rows(table: Table, model: ModelSpec) -> HoldoutRows:
    """Count the holdout by class, whole and by every slice that the model or a gate names; labels are all it reads.

    UserError for what the user has to correct in it. Slices of a holdout that is larger than memory are not counted.
    """
    asked = {name: one.rows for name, one in model.behaviours.items() if one.kind != "cases"}
    if is_large(table):
        return HoldoutRows(class_counts(table, model.label, model.positive), asked=asked)
    holdout = holdout_of(table, model)
    counts = count(holdout.y_true, holdout.y_true, None, holdout.slices)
    clusters = None
    if holdout.grouping is not None:
        none = np.zeros_like(holdout.y_true)
        clusters = count_clusters(holdout.grouping, counts, holdout.y_true, none, None, holdout.slices)
    slices: Mapping[str, Mapping[str, Classes]] = {
        name: {value: _classes(cells.candidate.negatives, cells.candidate.positives) for value, cells in values.items()}
        for name, values in counts.slices.items()
    }
    whole = counts.all.candidate
    return HoldoutRows(_classes(whole.negatives, whole.positives), slices, clusters, asked)


def _classes(negatives: int, positives: int) -> Classes:
    return negatives, positives

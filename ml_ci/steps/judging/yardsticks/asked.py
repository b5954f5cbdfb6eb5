"""Give the base's rows to whoever asks both sides about edited ones: without their label."""

from __future__ import annotations

import hashlib

from ml_ci.spec.values import ModelSpec
from ml_ci.steps.working.questioned import AskedRows
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.columns import without
from ml_ci.tables.table import Table
from ml_ci.training.inputs import describe_writing
from ml_ci.training.values import Input, Whole


def take_asked(shop: Workshop, table: Table, model: ModelSpec) -> AskedRows:
    """Write a table of the base without its label, and say which rows it has; `model` says how they are counted."""
    bare = shop.work / "base-rows-asked" / table.path.name
    bare.parent.mkdir(parents=True, exist_ok=True)
    names = None if table.layout.header or table.layout.parquet else table.names
    python = shop.python(shop.sides.candidate)
    without(table.path, model.label, bare, columns=names, shown=table.shown, python=python)
    kept = None if names is None else tuple(name for name in names if name != model.label)
    whole = Whole(str(table.path), columns=names, without=model.label)
    given = Input(str(bare), kept, describe_writing(table.layout), whole)
    with bare.open("rb") as file:
        known = hashlib.file_digest(file, "sha256").hexdigest()
    return AskedRows(table, model, (given, table.rows), known)

"""What a model takes and gives, as its signature in the registry says it: from its data and its predictions."""

from __future__ import annotations

from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.registry.mlflow_model import Signature, loadable
from ml_ci.steps.promotion.evidence import Evidence
from ml_ci.steps.values import Project
from ml_ci.steps.working.train import find_artifact
from ml_ci.tables.table import Table

_TRUTHS = {"true", "false"}


def read_signature(project: Project, found: Evidence) -> Signature:
    """Read the inputs off the training table, where it is one and is here, and the output off the predictions."""
    model = found.sides.candidate.model
    label, table = model.label.strip(), _table(project, found)
    inputs = [] if table is None else [(name, name_kind(table, name)) for name in table.names if name != label]
    kind = name_kind(table, label) if table is not None and table.has(label) else None
    environment = found.sides.candidate.fingerprint.details.get("environment", {})
    return Signature(tuple(inputs), _output(found, label, kind, loadable(find_artifact(found.training), environment)))


def _output(found: Evidence, label: str, kind: str | None, loads: bool) -> tuple[str, str] | None:
    """Name what comes out: of a model that MLflow loads the answer of its `predict`, otherwise what was judged.

    The predict of a classifier gives labels, whatever it was judged by. Where numeric labels are compared with a bound
    the model is a regression, and gives numbers.
    """
    model = found.sides.candidate.model
    if loads:
        return (label, "double") if model.positive.comparison else None if kind is None else (label, kind)
    judged = None if found.predictions is None else found.predictions.content["kind"]
    if judged == "number":
        return "prediction", "double"
    if judged == "label":
        return None if kind is None else ("prediction", kind)
    return None if judged is None else ("score", "double")


def _table(project: Project, found: Evidence) -> Table | None:
    entry = found.sides.candidate.model.data.get("train")
    path = None if entry is None else project.folder / Path(entry.path)
    if entry is None or path is None or not path.is_file():
        return None
    try:
        return Table.open(path, entry.columns, shown=entry.path)
    except UserError:
        return None


def name_kind(table: Table, name: str) -> str:
    """Name the type that a reader of the table gives a column: `boolean`, `long`, `double` or `string`."""
    import numpy as np

    texts = table.counts(name)
    if {text.lower() for text in texts} <= _TRUTHS:
        return "boolean"
    try:
        numbers = table.numbers(name)
    except UserError:
        return "string"
    whole = not np.isnan(numbers).any() and bool((numbers == np.floor(numbers)).all())
    return "long" if whole and not any("." in text for text in texts) else "double"

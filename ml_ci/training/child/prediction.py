"""Score rows with a stored model."""

from __future__ import annotations

import os

from .answers import check_scores, classify, column
from .arguments import annotation_of
from .calls import NOW, call
from .entries import load_entry
from .failures import JobFailed
from .labels import canonical
from .methods import default_scores
from .storage import load_artifact, load_registered
from .tables import read_path, read_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def predict(request: Request) -> Request:
    """Score the rows with a stored model; write the predictions and say what they are."""
    function, annotations = None, ("", "")
    if request["entry"]:
        function = load_entry(request, request["entry"], "predict")
        annotations = _annotations(function)
    model = _model(request, annotations[0])
    rows = _rows(request, annotations[1], custom=function is not None)
    kind, values = score_rows(model, rows, function, request)
    _write_predictions(request["predictions"], kind, values)
    return {"kind": kind, "rows": len(values), "seconds": NOW["seconds"]}


def score_rows(model: Any, rows: Any, function: Any, request: Request) -> tuple[str, list[Any]]:
    """Give the kind of scores and one value per row, checked: by the user's function, or by the model's own methods."""
    if function is None:
        kind, values, what = default_scores(model, rows, request)
    else:
        what = "`%s`" % request["entry"]
        values = call(function, (model, rows), {}, request, request["entry"], "predict-raised")
        kind, values = classify(column(values, what), request)
    count = len(rows) if hasattr(rows, "shape") else request["count"]
    check_scores(values, kind, count, what)
    return kind, values


def _annotations(function: Any) -> tuple[str, str]:
    import inspect

    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    found = [annotation_of(function, parameter) for parameter in positional[:2]] + ["", ""]
    return found[0], found[1]


def _model(request: Request, wanted: str) -> Any:
    path = request["artifact"]
    loadable = os.path.splitext(path)[1].lower() in (".pkl", ".pickle", ".joblib")
    if wanted in ("path", "text"):
        return read_path(path, wanted)
    if not request["entry"] and os.path.isfile(os.path.join(path, "MLmodel")):
        return load_registered(path)
    if loadable and not os.path.isdir(path):
        return load_artifact(path)
    if request["entry"]:
        return read_path(path, "path")
    raise JobFailed(
        "model-load",
        "%s is not a pickle, so ml-ci cannot score with it" % os.path.basename(path),
        "Name a function that does: `predict: module:function`, called with the model's path and the rows.",
    )


def _rows(request: Request, wanted: str, custom: bool) -> Any:
    entry = request["rows"]
    if wanted == "" and not custom and not _importable("pandas") and _importable("polars"):
        wanted = "polars"
    if wanted in ("path", "text"):
        return read_path(entry["path"], wanted)
    if wanted not in ("", "pandas", "polars", "lazy"):
        raise JobFailed(
            "unknown-parameter",
            "`%s`: its second parameter is annotated `%s`, which rows cannot be given as" % (request["entry"], wanted),
            "Use pandas.DataFrame, polars.DataFrame, pathlib.Path or str.",
        )
    return read_table("the holdout's rows", entry, wanted)


def _importable(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(name) is not None


def _write_predictions(path: str, kind: str, values: Any) -> None:
    import csv

    with open(path + ".part", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["prediction" if kind == "label" else "score"])
        writer.writerows([canonical(value) if kind == "label" else repr(float(value))] for value in values)
    os.replace(path + ".part", path)

"""Score rows with a stored model."""

from __future__ import annotations

import os

from .answers import check, classify, single
from .arguments import annotation_of
from .arrays import write_array
from .calls import NOW, call
from .canonical import shortest, write
from .devices import note_devices
from .engines.load import as_scorer, load_file
from .entries import load_entry
from .failures import JobFailed
from .labels import classes_of
from .methods import Answer, default_scores
from .refused import ask_patiently
from .returned import Column, index_of, order_by_index, read_returned, refuse_moved
from .rows import take_rows
from .storage import load_artifact
from .tables import read_path, read_table

_MOST_KNOWN = 10_000  # labels are few, and whole numbers may be many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .exchange import Request


class Scores:
    """Hold one value per row, in the rows' order, and what they are.

    `kind` is `probability`, `margin`, `number` or `label`; with `outcome` the labels say positive by 1 and true.
    `precision` names the type of floats that are narrower than Python's.
    """

    def __init__(self, kind: str, column: Column) -> None:
        self.outcome = kind == "outcome"
        self.kind = "label" if self.outcome else kind
        self.column = column
        self.precision = column.precision

    @property
    def values(self) -> list[Any]:
        """The values as Python objects."""
        return self.column.values


def predict(request: Request) -> Request:
    """Score the rows with a stored model; write the predictions and say what they are."""
    function, annotations = load_function(request)
    model = load_model(request, annotations[0])
    rows = read_rows(request, annotations[1], custom=function is not None)
    scores = score_rows(model, rows, function, request)
    note_devices()
    return {
        "kind": "outcome" if scores.outcome else scores.kind,
        "written": write_predictions(request["work"], scores),
        "rows": scores.column.length,
        "seconds": NOW["seconds"],
        "precision": scores.precision,
    }


def load_function(request: Request) -> tuple[Any, tuple[str, str]]:
    """Give the user's function that scores, and how it wants the model and the rows; None where the model does."""
    if not request["entry"]:
        return None, ("", "")
    function = load_entry(request, request["entry"], "predict")
    return function, _annotations(function)


def score_rows(model: Any, rows: Any, function: Any, request: Request) -> Scores:
    """Score rows by the user's function, or by the model's own methods, and check what comes back."""
    count = len(rows) if hasattr(rows, "shape") else request["count"]
    answer = answer_rows(model, rows, function, request, count, check)
    column = answer.column
    if answer.kind in ("label", "outcome") and column.precision:
        column = column.take([shortest(value, column.precision) for value in column.values])
    return Scores(answer.kind, column)


def answer_rows(
    model: Any, rows: Any, function: Any, request: Request, count: int | None, checked: Any, known: str = ""
) -> Answer:
    """Have rows answered, as many as there are, in their order; `checked` is given what comes back.

    `known` says what the values are, where that is known from other rows: few of them may look like something else.
    """
    index = index_of(rows)
    by_function = function is not None
    answer = (
        _by_function(function, model, rows, request, known) if by_function else default_scores(model, rows, request)
    )
    refuse_moved(answer.returned, index, rows, answer.what)
    checked(answer.column, answer.kind, count, answer.what)
    order = order_by_index(answer.returned, index, count, answer.what)
    if order is not None:
        answer.column = answer.column.in_order(order)
    return answer


def _by_function(function: Any, model: Any, rows: Any, request: Request, known: str = "") -> Answer:
    what = "`%s`" % request["entry"]

    def ask() -> Any:
        return call(function, (model, rows), {}, request, request["entry"], "predict-raised")

    values = ask_patiently(ask, len(rows) if hasattr(rows, "shape") else request.get("count") or 0, what)
    returned = read_returned(values, what)
    classes = classes_of(request)
    said, column = single(returned, classes, what)
    return Answer(classify(column, said or known, classes, what), column, returned, what)


def _annotations(function: Any) -> tuple[str, str]:
    import inspect

    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    found = [annotation_of(function, parameter) for parameter in positional[:2]] + ["", ""]
    return found[0], found[1]


def load_model(request: Request, wanted: str) -> Any:
    """Load the stored model as the function wants it, or as the model itself."""
    path = request["artifact"]
    if wanted in ("path", "text"):
        return read_path(path, wanted)
    if not request["entry"]:
        return as_scorer(load_file(path, request), request)
    loadable = os.path.splitext(path)[1].lower() in (".pkl", ".pickle", ".joblib")
    return load_artifact(path) if loadable and not os.path.isdir(path) else read_path(path, "path")


def read_rows(request: Request, wanted: str, custom: bool) -> Any:
    """Read the rows as the function wants them, or as a table that the model takes."""
    entry = request["rows"]
    if wanted == "" and not custom and not _importable("pandas") and _importable("polars"):
        wanted = "polars"
    if wanted in ("path", "text"):
        return read_path(entry["path"], wanted)
    kept = None if custom or wanted else take_rows(entry)
    if kept is not None:
        return kept
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


def write_predictions(folder: str, scores: Scores) -> str:
    """Write scores in a folder, whole or not at all, and give the file's name.

    An array of scores is NumPy's own file; otherwise CSV has a column `score`, or `prediction` of labels and numbers.
    """
    import csv

    by_label = scores.kind in ("label", "number")
    array = None if by_label else scores.column.array
    name = "predictions.csv" if array is None else "predictions.npy"
    path = os.path.join(folder, name)
    if array is not None:
        write_array(path + ".part", array)
        os.replace(path + ".part", path)
        return name
    with open(path + ".part", "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["prediction" if by_label else "score"])
        if by_label:
            writer.writerows([text] for text in _texts_of(scores.values))
        else:
            writer.writerows([repr(float(value))] for value in scores.values)
    os.replace(path + ".part", path)
    return name


def _texts_of(values: list[Any]) -> Iterator[str]:
    """Give labels and numbers as texts; a label that was written before is not written anew."""
    known: dict[tuple[Any, Any], str] = {}
    for value in values:
        if isinstance(value, float):  # 0.0 and -0.0 are equal, and two texts
            yield write(value)
            continue
        key = (type(value), value)
        text = known.get(key)
        if text is None:
            text = write(value)
            if len(known) < _MOST_KNOWN:
                known[key] = text
        yield text

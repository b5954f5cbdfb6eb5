"""The scores that a model's own methods give."""

from __future__ import annotations

from .answers import classify, column, listed
from .calls import call
from .failures import JobFailed, one_line, print_traceback
from .labels import positive_classes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def default_scores(model: Any, rows: Any, request: Request) -> tuple[str, list[Any], str]:
    """Score by predict_proba, decision_function or predict: the first that it has and that suits the positive class.

    Gives the kind of the scores, one value per row, and the name of the method.
    """
    rows = _features(model, rows)
    classes = _classes(model)
    for name, reader in (("predict_proba", _from_proba), ("decision_function", _from_margins), ("predict", None)):
        method = getattr(model, name, None)
        if not callable(method):
            continue
        what = "%s.%s" % (type(model).__name__, name)
        answer = call(method, (rows,), {}, request, what, "predict-raised")
        if reader is None:
            certain = classes is not None or bool(request["positive"].get("comparison"))
            return (*classify(column(answer, what), request, labels=certain), what)
        found = reader(answer, classes, request, what)
        if found is not None:
            return (*found, what)
    raise JobFailed(
        "predict-raised",
        "a %s has no predict_proba, decision_function or predict" % type(model).__name__,
        "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
    )


def _features(model: Any, rows: Any) -> Any:
    """Select the columns that the model was fitted on, where it knows them and they are all there."""
    try:
        names = [str(name) for name in model.feature_names_in_]
    except Exception:  # a property may raise anything; the model itself then says what it misses in all columns
        return rows
    return rows[names] if set(names) <= set(rows.columns) else rows


def _classes(model: Any) -> Any:
    """Give the model's classes, None where it has none; JobFailed where it has and does not give them.

    Without them 0 and 1 would be guessed, and the columns of another order be scored the wrong way round.
    """
    try:
        classes = model.classes_
        return None if classes is None else listed(classes)
    except AttributeError:
        return None
    except Exception as error:
        print_traceback()
        raise JobFailed("predict-raised", "`%s.classes_` raised %s" % (type(model).__name__, one_line(error)))


def _from_proba(answer: Any, classes: Any, request: Request, what: str) -> tuple[str, list[Any]] | None:
    table = _table(answer, what)
    width = len(table[0]) if table else 0
    if width == 1:
        return "probability", [row[0] for row in table]
    names = list(range(width)) if classes is None else classes
    if len(names) != width and table:
        raise JobFailed(
            "predict-raised", "%s gives %d columns, and the model has %d classes" % (what, width, len(names))
        )
    chosen = positive_classes(names, request["positive"], what)
    return "probability", [_sum([float(row[index]) for index in chosen]) for row in table]


def _sum(parts: list[float]) -> float:
    """Add probabilities; a hair over 1 is rounding, anything else (NaN too) is left for the check to find."""
    total = sum(parts)
    return 1.0 if 1.0 < total < 1.0 + 1e-6 else total


def _from_margins(answer: Any, classes: Any, request: Request, what: str) -> tuple[str, list[Any]] | None:
    table = _table(answer, what)
    width = len(table[0]) if table else 1
    if classes is None:
        raise JobFailed(
            "model-classes",
            "%s gives margins, and the model has no classes_ that say for which class" % what,
            "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
        )
    names = classes
    chosen = positive_classes(names, request["positive"], what)
    if width == 1 and len(names) == 2 and len(chosen) == 1:
        sign = 1.0 if chosen == [1] else -1.0
        return "margin", [sign * float(row[0]) for row in table]
    if width == len(names) and len(chosen) == 1:
        return "margin", [float(row[chosen[0]]) for row in table]
    return None  # margins of several positive classes do not add up: predict's labels do


def _table(values: Any, what: str) -> list[list[Any]]:
    """Give a two-dimensional answer as a list of rows; one dimension becomes one column."""
    if isinstance(values, list) and values and hasattr(values[0], "shape") and len(values[0].shape) == 2:
        raise JobFailed(
            "predict-raised",
            "%s answers for several outputs; ml-ci judges one" % what,
            "Name `predict: module:function`.",
        )
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    rows = listed(values)
    return [list(row) if isinstance(row, (list, tuple)) or hasattr(row, "__array__") else [row] for row in rows]

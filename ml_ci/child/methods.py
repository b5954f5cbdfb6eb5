"""The scores that a model's own methods give."""

from __future__ import annotations

from .answers import add_up, classify, in_order, is_last, label_kind, single
from .calls import call
from .canonical import canonical, precision_of, shortest
from .failures import JobFailed, one_line, print_traceback
from .labels import Classes, classes_of, describe_positive
from .returned import Column, Returned, read_returned, values_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


# A model alone seldom can: what encodes and scales the rows stands in the program, or in a file of its own.
_PREPARED = (
    "If the program changes rows before it fits (encodes, scales, drops columns), name a function that does the same: "
    "`predict: adapter:predict`, with `def predict(model, rows): return model.predict_proba(prepared(rows))[:, 1]` "
    "in adapter.py; `rows` has every column but the label."
)


class Answer:
    """Hold what a model answered: what the values are, the values, and the answer itself, whose index has the order."""

    def __init__(self, kind: str, column: Column, returned: Returned, what: str) -> None:
        self.kind = kind
        self.column = column
        self.returned = returned
        self.what = what


def default_scores(model: Any, rows: Any, request: Request) -> Answer:
    """Score by predict_proba, decision_function or predict: the first that it has and that suits the positive class."""
    rows = _features(model, rows)
    names = _classes(model)
    classes = classes_of(request)
    for name, reader in (("predict_proba", _from_proba), ("decision_function", _from_margins), ("predict", None)):
        method = getattr(model, name, None)
        if not callable(method):
            continue
        what = "%s.%s" % (type(model).__name__, name)
        returned = read_returned(_ask(method, rows, request, what), what)
        found = _predict(model, names, returned, classes, what) if reader is None else None
        if reader is not None:
            found = reader(returned, names, classes, what)
        if found is not None:
            return Answer(found[0], found[1], returned, what)
    raise JobFailed(
        "predict-raised",
        "a %s has no predict_proba, decision_function or predict" % type(model).__name__,
        "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
    )


def _ask(method: Any, rows: Any, request: Request, what: str) -> Any:
    try:
        return call(method, (rows,), {}, request, what, "predict-raised")
    except JobFailed as error:
        if error.code == "predict-raised":
            error.hint = _PREPARED
        raise


def _predict(
    model: Any, names: list[Any] | None, returned: Returned, classes: Classes, what: str
) -> tuple[str, Column]:
    """Read what `predict` gives: class labels of a classifier, whose classes say what 0 and 1 mean; else numbers."""
    said, column = single(returned, classes, what, last=bool(getattr(model, "from_registry", False)))
    if names is not None and not said:
        return label_kind(names, classes, what), column
    if classes.comparison and not said and column.has_floats():
        return "number", column
    return classify(column, said, classes, what), column


def _features(model: Any, rows: Any) -> Any:
    """Select the columns that the model was fitted on, where it knows them and they are all there."""
    try:
        names = [str(name) for name in model.feature_names_in_]
    except Exception:  # a property may raise anything; the model itself then says what it misses in all columns
        return rows
    return rows[names] if set(names) <= set(rows.columns) else rows


def _classes(model: Any) -> list[Any] | None:
    """Give the model's classes, None where it has none; JobFailed where it has and does not give them.

    Without them 0 and 1 would be guessed, and the columns of another order be scored the wrong way round.
    """
    try:
        found = model.classes_
        return (
            None
            if found is None
            else [shortest(name, precision_of(found)) for name in values_of(found, "`classes_`").values]
        )
    except AttributeError:
        return None
    except Exception as error:
        print_traceback()
        raise JobFailed("predict-raised", "`%s.classes_` raised %s" % (type(model).__name__, one_line(error)))


def _from_proba(returned: Returned, names: list[Any] | None, classes: Classes, what: str) -> tuple[str, Column] | None:
    """Give the probability of the positive class: its column, by `classes_` or by the columns' own names.

    A model that was never shown a positive gives it a probability of 0.
    """
    width = len(returned.columns)
    named = _column_names(returned, names, classes)
    if named is None:
        if width != 2:
            raise _nameless(what, "%d column%s" % (width, "" if width == 1 else "s"))
        named = _two(classes, what)
    if len(named) != width:
        raise JobFailed(
            "predict-raised", "%s gives %d columns, and the model has %d classes" % (what, width, len(named))
        )
    chosen = positive_classes(named, classes, what)
    if not chosen:
        return "probability", Column([0.0] * returned.shape[0])
    return "probability", add_up([returned.columns[place] for place in chosen], what)


def _column_names(returned: Returned, names: list[Any] | None, classes: Classes) -> list[Any] | None:
    """Give the class of each column: as the table names them where it does, otherwise in the order of `classes_`."""
    own = returned.names
    if own is None or len(returned.shape) != 2 or len(set(own)) != len(own):
        return names
    if names is None:
        return list(own) if all(classes.knows(name) for name in own) else None
    return list(own) if set(map(canonical, own)) == set(map(canonical, names)) else names


def _two(classes: Classes, what: str) -> list[Any]:
    """Name two columns that nothing names: 0 and 1, or the two labels as libraries sort them if that is plain."""
    if not classes.labels or classes.labels <= {"0", "1"} or classes.labels <= {"false", "true"}:
        return [0, 1] if not classes.labels or "1" in classes.labels else [False, True]
    if is_last(classes):
        return in_order(classes)
    raise _nameless(what, "2 columns")


def _nameless(what: str, columns: str) -> JobFailed:
    return JobFailed(
        "model-classes",
        "%s gives %s, and the model has no classes_ that say for which class" % (what, columns),
        "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
    )


def positive_classes(names: list[Any], classes: Classes, what: str) -> list[int]:
    """Give the places of the classes that are positive; none for a model whose classes are all known and none is.

    Where no label is called 0 or 1, true or false, a model's own 0 and 1 are the outcome, and 1 is positive.
    """
    for name in names:
        if classes.several(name):
            raise _unclear(what, name, classes)
    if classes.meaning(names) == "outcome":
        return [place for place, name in enumerate(names) if float(name) == 1.0]
    label_kind(names, classes, what)
    chosen = [place for place, name in enumerate(names) if classes.is_positive(name)]
    if chosen or _never(names, classes):
        return chosen
    shown = ", ".join(repr(name) for name in names[:8])
    raise JobFailed(
        "model-classes",
        "%s knows the classes %s, and none of them is the positive value %s" % (what, shown, _positive(classes)),
        "Set `positive:` to one of them, or translate in a function of your own: `predict: module:function`.",
    )


def _never(names: list[Any], classes: Classes) -> bool:
    """Say whether a model's classes are labels of the holdout that are not positive: it saw no positive."""
    if classes.labels or classes.comparison:
        return all(classes.knows(name) for name in names)
    return len(names) == 1


def _positive(classes: Classes) -> str:
    if classes.comparison:
        return describe_positive({"comparison": classes.comparison})
    return ", ".join(repr(value) for value in classes.values)


def _unclear(what: str, name: Any, classes: Classes) -> JobFailed:
    alike = ", ".join(repr(text) for text in classes.find_spelled(name))
    return JobFailed(
        "model-classes",
        "%s knows the class %r, and several labels of the holdout have that value: %s" % (what, name, alike),
        "Train on the labels as text, or write `positive:` without quotes, so that they are one class.",
    )


def _from_margins(
    returned: Returned, names: list[Any] | None, classes: Classes, what: str
) -> tuple[str, Column] | None:
    width = len(returned.columns)
    if names is None:
        raise JobFailed(
            "model-classes",
            "%s gives margins, and the model has no classes_ that say for which class" % what,
            "Name a function that scores with it: `predict: module:function`, called with the model and the rows.",
        )
    chosen = positive_classes(names, classes, what)
    if len(chosen) != 1 or (width != len(names) and (width, len(names)) != (1, 2)):
        return None  # margins of several positive classes do not add up: predict's labels do
    if width == 1:
        column = values_of(returned.columns[0], what)
        sign = 1.0 if chosen == [len(names) - 1] else -1.0
        if column.array is not None:
            return "margin", column.take(None, sign * column.array)
        return "margin", column.take(
            [sign * value if isinstance(value, (int, float)) else value for value in column.values]
        )
    return "margin", values_of(returned.columns[chosen[0]], what)

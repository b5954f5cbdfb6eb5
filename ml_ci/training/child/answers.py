"""What a function or a model returned, as one value per row."""

from __future__ import annotations

from .failures import JobFailed
from .labels import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .exchange import Request


def column(values: Any, what: str) -> list[Any]:
    """Give what a function returned as a list of Python objects, one per row."""
    shape = getattr(values, "shape", None)
    if shape is not None and len(shape) == 2 and shape[1] == 1:
        values = values.to_numpy() if hasattr(values, "to_numpy") else values
        return [row[0] for row in values.tolist()]
    if shape is not None and len(shape) != 1:
        raise JobFailed(
            "predict-shape",
            "%s returned an array of shape %s instead of one value per row" % (what, tuple(shape)),
            "Return the positive class's column, for example `predict_proba(rows)[:, 1]`.",
        )
    if values is None or isinstance(values, (str, bytes, int, float, dict)):
        raise JobFailed("predict-shape", "%s returned %s instead of one value per row" % (what, type(values).__name__))
    try:
        return listed(values)
    except TypeError:
        raise JobFailed("predict-shape", "%s returned %s instead of one value per row" % (what, type(values).__name__))


def listed(values: Any) -> list[Any]:
    """Give any one-dimensional thing as a list of Python objects."""
    for name in ("to_list", "tolist"):
        if hasattr(values, name):
            return list(getattr(values, name)())
    return list(values)


def classify(values: Any, request: Request, labels: bool = False) -> tuple[str, list[Any]]:
    """Say whether values are probabilities or labels.

    Text, booleans and integers are labels; so are numbers where `positive:` is a comparison and they leave [0, 1].
    Other numbers are probabilities; `labels` says that the values come from a classifier's `predict`.
    """
    values = [value.item() if hasattr(value, "item") else value for value in values]
    if labels or not all(isinstance(value, float) for value in values):
        mixed = not labels and any(isinstance(value, float) for value in values)
        if not (mixed and all(isinstance(value, (int, float)) for value in values)):
            return "label", values
    if all(0.0 <= value <= 1.0 for value in values if value == value):
        return "probability", values
    if request["positive"].get("comparison") or all(value == int(value) for value in values if abs(value) < 1e300):
        return "label", values
    return "probability", values


def check_scores(values: Any, kind: str, count: int | None, what: str) -> None:
    """Refuse a wrong number of rows, missing values, and probabilities outside [0, 1]; rows count from 1."""
    if count is not None and len(values) != count:
        raise JobFailed(
            "row-count",
            "%s gave %d values for %d rows" % (what, len(values), count),
            "Return one value per row, in the order of the rows.",
        )
    for number, value in enumerate(values, 1):
        if value is None or value != value or (kind == "label" and canonical(value) == ""):
            raise JobFailed("score-missing", "%s gave no value (%r) for row %d" % (what, value, number))
        if kind == "label":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise JobFailed("score-range", "%s gave %r for row %d, which is no number" % (what, value, number))
        if kind == "probability" and not 0.0 <= value <= 1.0:
            raise JobFailed(
                "score-range",
                "%s gave %r for row %d, outside [0, 1]" % (what, value, number),
                "Return probabilities of the positive class, or class labels, "
                "from a function of your own: `predict: module:function`.",
            )
        if value in (float("inf"), float("-inf")):
            raise JobFailed("score-range", "%s gave %r for row %d" % (what, value, number))

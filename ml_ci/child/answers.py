"""What the values of an answer are: probabilities, numbers, class labels, or positive and not."""

from __future__ import annotations

from .arrays import are_sound, distinct, round_down
from .canonical import canonical, shortest
from .failures import JobFailed
from .labels import Classes, describe_positive
from .returned import Column, Returned, values_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

_SAY = (
    "Say which: return a Series or a table with one column named `score` (in [0, 1], of the positive class) or "
    "`prediction` (a class label, or a number where `positive:` compares numbers)."
)


def single(returned: Returned, classes: Classes, what: str, last: bool = False) -> tuple[str, Column]:
    """Give the one column that an answer is read by, and what it is: `score`, `prediction`, or '' for not said.

    A table is read by the names of its columns: `score`, `prediction`, or the classes, of which the positive ones are
    added up. With `last`, the second of two unnamed columns is the positive class's where that sorts last.
    """
    names = returned.names
    named = [name for name in names or () if name in ("score", "prediction")]
    if names is not None and len(named) == 1:
        return named[0], values_of(returned.columns[names.index(named[0])], what)
    if len(returned.columns) == 1 and not _is_class(names, classes):
        return "", values_of(returned.columns[0], what)
    if names is not None and len(set(names)) == len(names):
        chosen = [place for place, name in enumerate(names) if classes.of(name) in classes.positive]
        if {classes.of(names[place]) for place in chosen} == classes.positive and chosen:
            return "score", add_up([returned.columns[place] for place in chosen], what)
    if last and names is None and len(returned.columns) == 2 and is_last(classes):
        return "score", values_of(returned.columns[1], what)
    raise _drop_names(returned, classes, what)


def _is_class(names: list[str] | None, classes: Classes) -> bool:
    return bool(names) and all(classes.of(name) is not None for name in names or ())


def is_last(classes: Classes) -> bool:
    """Say whether the positive class is the last of two, in the order in which libraries sort classes."""
    names = in_order(classes)
    return not classes.comparison and len(names) == 2 and classes.positive == {names[1]}


def in_order(classes: Classes) -> list[str]:
    """Give the classes as libraries sort them: numbers by their value, then texts."""
    return sorted(set(classes.names.values()), key=_place)


def _place(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name


def _drop_names(returned: Returned, classes: Classes, what: str) -> JobFailed:
    said = "%s returned an array of shape %s instead of one value per row" % (what, returned.shape)
    if returned.names is not None:
        shown = ", ".join(repr(name) for name in returned.names[:8])
        positive = ", ".join(sorted(classes.positive)) or "the positive class"
        said = "%s returned a table with the columns %s, and it is not plain which is %s" % (what, shown, positive)
    hint = (
        "Return the positive class's column, for example `predict_proba(rows)[:, 1]`, or name the columns as classes."
    )
    return JobFailed("predict-shape", said, hint)


def add_up(columns: Sequence[Any], what: str) -> Column:
    """Add up the probabilities of several classes, in their own type; a hair over 1 is rounding, NaN is kept."""
    total = columns[0]
    if len(columns) > 1:
        arrays = [one.to_numpy() if hasattr(one, "to_numpy") else one for one in columns]
        lists = any(isinstance(one, list) for one in arrays)
        total = [sum(map(float, row)) for row in zip(*arrays)] if lists else sum(arrays[1:], arrays[0])
    found = values_of(total, what)
    if found.array is not None:
        return found.take(None, round_down(found.array))
    return found.take([1.0 if isinstance(one, float) and 1.0 < one < 1.0 + 1e-6 else one for one in found.values])


def classify(column: Column, said: str, classes: Classes, what: str) -> str:
    """Say what the values of a column are: `probability`, `number`, `label`, or `outcome` (1 and true mean positive).

    By their type, and never by what one side happens to give: text, booleans and integers are labels; other numbers
    are compared where `positive:` is a comparison, and otherwise probabilities, unless they are all labels of the
    holdout. `said` is the name of the column, where it says. JobFailed `ambiguous-prediction` for what may be either.
    """
    present = _present(column.values) if column.array is None else distinct(column.array)
    if said == "score":
        return "probability"
    if said == "prediction" or not _are_floats(present):
        return label_kind(present, classes, what)
    if classes.comparison:
        return _number_kind(present, classes, what)
    if all(0.0 <= value <= 1.0 for value in present):
        return _fraction_kind(column, present, classes, what)
    known = classes.labels and all(classes.of(shortest(value, column.precision)) is not None for value in present)
    whole = not classes.labels and all(value == value // 1 for value in present)
    return "label" if known or whole else "probability"


def _present(values: Sequence[Any]) -> list[Any]:
    try:
        return [value for value in values if value is not None and value == value]
    except Exception:  # pandas' NA is neither equal nor not
        return [value for value in values if not is_missing(value)]


def _are_floats(values: Sequence[Any]) -> bool:
    """Say whether values are numbers of which one is no integer type; booleans are no numbers."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return numbers and any(isinstance(value, float) for value in values)


def label_kind(given: Sequence[Any], classes: Classes, what: str) -> str:
    """Say what class labels are; `given` are those that a prediction may be."""
    found = classes.meaning(given)
    if found == "unclear":
        raise JobFailed(
            "ambiguous-prediction",
            "%s gave only %s, which may be labels or mean positive and not, and `positive:` is %s"
            % (what, " and ".join(sorted({canonical(value) for value in given})), _positive(classes)),
            "Return the labels as the holdout spells them, or scores in [0, 1] of the positive class.",
        )
    if found == "outcome":
        return "outcome"
    return "number" if classes.comparison else "label"


def _number_kind(values: Sequence[Any], classes: Classes, what: str) -> str:
    if all(value in (0.0, 1.0) for value in values) and values:
        return label_kind(values, classes, what)
    bound = classes.comparison[1]
    if not 0 <= bound <= 1 and all(0.0 <= value <= 1.0 for value in values) and values:
        raise JobFailed(
            "ambiguous-prediction",
            "%s gave only numbers between 0 and 1, which may be probabilities, or numbers none of which comes near %s"
            % (what, bound),
            _SAY,
        )
    return "number"


def _fraction_kind(column: Column, values: Sequence[Any], classes: Classes, what: str) -> str:
    """Tell probabilities from labels that are numbers in [0, 1]; 0.0 and 1.0 are either where both decide alike."""
    if not classes.labels or not all(classes.of(shortest(value, column.precision)) is not None for value in values):
        return "probability"
    texts = {shortest(value, column.precision) for value in set(values)}
    if not texts <= {0.0, 1.0}:
        return "label"
    if all(classes.is_positive(value) is (value == 1.0) for value in texts):
        return "probability"
    raise JobFailed(
        "ambiguous-prediction",
        "%s gave only %s, which may be class labels or probabilities, and the positive class is %s"
        % (what, " and ".join(str(value) for value in sorted(texts)), _positive(classes)),
        _SAY,
    )


def _positive(classes: Classes) -> str:
    if classes.comparison:
        return describe_positive({"comparison": classes.comparison})
    return ", ".join(sorted(classes.positive))


def check(column: Column, kind: str, count: int | None, what: str) -> None:
    """Refuse a wrong number of rows, missing values, what is no value, and probabilities outside [0, 1].

    Rows count from 1.
    """
    if count is not None and column.length != count:
        raise JobFailed(
            "row-count",
            "%s gave %d values for %d rows" % (what, column.length, count),
            "Return one value per row, in the order of the rows.",
        )
    if column.array is None or not are_sound(column.array, kind):
        _check_each(column.values, kind, what)


def _check_each(values: Sequence[Any], kind: str, what: str) -> None:
    scored = kind in ("probability", "margin", "number")
    for number, value in enumerate(values, 1):
        if (scored and isinstance(value, float) and 0.0 <= value <= 1.0) or (not scored and type(value) in (int, bool)):
            continue  # the most frequent cases
        if is_missing(value) or (isinstance(value, (str, bytes)) and not value.strip()):
            raise JobFailed(
                "score-missing",
                "%s gave no value (%r) for row %d" % (what, value, number),
                "A model has to answer for every row: handle missing values before it predicts.",
            )
        if scored:
            _check_number(value, kind, number, what)
        elif not isinstance(value, (str, bytes, bool, int, float)):
            raise JobFailed(
                "predict-value",
                "%s gave %s for row %d, which is neither a number nor a label"
                % (what, "a %s" % type(value).__name__, number),
                "Return numbers, or class labels as text.",
            )


def _check_number(value: Any, kind: str, number: int, what: str) -> None:
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


def is_missing(value: Any) -> bool:
    """Say whether a value is None, NaN, or one of pandas' own: NA, NaT."""
    if value is None:
        return True
    if isinstance(value, (str, bytes, int)):
        return False
    try:
        return bool(value != value)
    except Exception:  # NA answers a comparison with NA, which is neither true nor false
        return type(value).__name__ in ("NAType", "NaTType", "MaskedConstant")

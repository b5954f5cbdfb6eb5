"""What a function or a model returned, by columns; anything but columns of values is refused by its name."""

from __future__ import annotations

from .arrays import floats_of
from .canonical import of_elements, precision_of, write
from .failures import JobFailed, one_line, print_traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_HINT = "Return one value per row: a list, an array or a Series, in the order of the rows."


class Returned:
    """Hold an answer as columns; `names` is None where it has none, `index` that of pandas, `shape` for messages."""

    def __init__(self, columns: list[Any], names: list[str] | None, index: Any, shape: tuple[int, ...]) -> None:
        self.columns = columns
        self.names = names
        self.index = index
        self.shape = shape


class Column:
    """Hold one value per row, as Python objects; `precision` names a float type that is narrower than Python's.

    `array` has the same values as one array of float64, where the answer was an array of floats; None otherwise.
    """

    def __init__(self, values: list[Any] | None, precision: str = "", name: str = "", array: Any = None) -> None:
        self._values = values
        self.precision = precision
        self.name = name
        self.array = array

    @property
    def values(self) -> list[Any]:
        """The values, which nobody lists of an array before they are asked for."""
        if self._values is None:
            self._values = self.array.tolist()
        return self._values

    @property
    def length(self) -> int:
        """How many values there are."""
        return len(self.values if self.array is None else self.array)

    def in_order(self, places: list[int]) -> Column:
        """Give the values of these places, in their order."""
        if self.array is not None:
            return self.take(None, self.array[places])
        return self.take([self.values[place] for place in places])

    def has_floats(self) -> bool:
        """Say whether a value is a float."""
        if self.array is not None:
            return len(self.array) > 0
        return any(isinstance(value, float) for value in self.values)

    def take(self, values: list[Any] | None, array: Any = None) -> Column:
        """Give a column of other values of the same type."""
        return Column(values, self.precision, self.name, array)


def read_returned(answer: Any, what: str) -> Returned:
    """Give what a function returned by columns; JobFailed `predict-shape` for what has none."""
    try:
        return _read(answer, what)
    except JobFailed:
        raise
    except Exception as error:  # a type of anyone's, whose own code runs when it is read
        print_traceback()
        raise _refuse("%s returned %s, which cannot be read: %s" % (what, _kind(answer), one_line(error)))


def _read(answer: Any, what: str) -> Returned:
    if answer is None or isinstance(answer, (str, bytes, int, float, complex, dict, set, frozenset)):
        raise _refuse("%s returned %s instead of one value per row" % (what, _kind(answer)))
    if hasattr(answer, "toarray") and not hasattr(answer, "tolist"):
        raise _refuse("%s returned %s instead of one value per row" % (what, _kind(answer)), "Return `.toarray()`.")
    if hasattr(answer, "column_names") and hasattr(answer, "column"):  # pyarrow
        names = [str(name) for name in answer.column_names]
        columns = [answer.column(place) for place in range(len(names))]
        return Returned(columns, names, None, (len(answer), len(names)))
    shape = getattr(answer, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and hasattr(answer, "columns"):
        return _frame(answer)
    if isinstance(shape, tuple) and not callable(shape):
        return _array(answer, shape, what)
    if hasattr(answer, "to_pylist"):
        return Returned([answer], None, None, (len(answer),))
    if hasattr(answer, "collect_schema"):
        raise _refuse("%s returned %s instead of one value per row" % (what, _kind(answer)), "Return `.collect()`.")
    return _rows(answer, what)


def _frame(answer: Any) -> Returned:
    """Read a pandas or polars table; pandas' own numbers are no names of columns."""
    polars = not hasattr(answer, "iloc")
    columns = [answer[:, place] if polars else answer.iloc[:, place] for place in range(answer.shape[1])]
    plain = type(answer.columns).__name__ == "RangeIndex"
    return Returned(
        columns, None if plain else [write(name) for name in answer.columns], index_of(answer), tuple(answer.shape)
    )


def _array(answer: Any, shape: Any, what: str) -> Returned:
    if len(shape) == 1:
        name = getattr(answer, "name", None)
        return Returned([answer], [name] if isinstance(name, str) else None, index_of(answer), tuple(shape))
    if len(shape) != 2:
        raise _refuse("%s returned an array of shape %s instead of one value per row" % (what, tuple(shape)))
    answer = getattr(answer, "A", answer) if type(answer).__name__ == "matrix" else answer
    return Returned([answer[:, place] for place in range(shape[1])], None, None, tuple(shape))


def _rows(answer: Any, what: str) -> Returned:
    """Read a list or a generator: of values, or of rows that have the same number of them."""
    rows = list(answer)
    if rows and all(len(getattr(row, "shape", ())) == 2 for row in rows):
        message = "%s answers for several outputs; ml-ci judges one" % what
        raise JobFailed("predict-raised", message, "Name `predict: module:function`.")
    nested = [isinstance(row, (list, tuple)) or len(getattr(row, "shape", ())) == 1 for row in rows]
    if not any(nested):
        return Returned([rows], None, None, (len(rows),))
    widths = {len(row) for row, inside in zip(rows, nested) if inside}
    if not all(nested) or len(widths) != 1:
        raise _refuse("%s returned a list of rows of different lengths instead of one value per row" % what)
    width = widths.pop()
    columns = [[row[place] for row in rows] for place in range(width)]
    return Returned(columns, None, None, (len(rows), width))


def index_of(table: Any) -> Any:
    """Give pandas' index of a table or a column; None for what has none."""
    index = getattr(table, "index", None)
    return index if hasattr(index, "get_indexer") else None


def values_of(column: Any, what: str) -> Column:
    """Give a column as Python objects with the type of its numbers; JobFailed `predict-shape` if it cannot be read."""
    try:
        return _values(column)
    except Exception as error:  # as above
        print_traceback()
        raise _refuse("%s returned %s, which cannot be read: %s" % (what, _kind(column), one_line(error)))


def _values(column: Any) -> Column:
    precision = precision_of(column) or (of_elements(column) if isinstance(column, list) else "")
    name = getattr(column, "name", None)
    array = floats_of(column)
    if array is not None:
        return Column(None, precision, name if isinstance(name, str) else "", array)
    listed = [value.item() if hasattr(value, "item") else value for value in _list(column)]
    return Column(_without_decimals(listed), precision, name if isinstance(name, str) else "")


def _without_decimals(values: list[Any]) -> list[Any]:
    """Give decimals as the whole numbers or the floats that they are."""
    if not any(type(value).__name__ == "Decimal" for value in values):
        return values
    whole = all(value == value // 1 for value in values if type(value).__name__ == "Decimal" and value.is_finite())
    kind: Any = int if whole else float
    return [
        (kind if value.is_finite() else float)(value) if type(value).__name__ == "Decimal" else value
        for value in values
    ]


def _list(values: Any) -> list[Any]:
    for name in ("to_list", "tolist", "to_pylist"):
        method: Callable[[], Any] | None = getattr(values, name, None)
        if callable(method):
            return list(method())
    return list(values)


def order_by_index(returned: Returned, own: Any, count: int | None, what: str) -> list[int] | None:
    """Give for each row the place of its value by pandas' index; None where the values stand in the rows' order.

    `own` is the rows' index before the call, None where the rows have none: then they are numbered from 0. An index
    that neither is the rows' in some order nor numbers the values anew is refused, code `predict-index`.
    """
    index = returned.index
    if index is None or count is None or len(index) != count:
        return None
    fresh = _numbers_anew(index)
    if own is None:
        import pandas

        own = pandas.RangeIndex(count)
    if index.equals(own):
        return None
    places = index.get_indexer(own) if own.is_unique and index.is_unique else []
    permuted = len(places) == count and all(place >= 0 for place in places)
    if permuted and not fresh:
        return [int(place) for place in places]
    if fresh and not permuted:
        return None
    why = "numbers them anew, and numbers are the rows' own index too" if fresh else "is not the rows' in any order"
    raise JobFailed(
        "predict-index",
        "%s returned values whose index %s, so it is not clear which row each belongs to" % (what, why),
        "Keep the index of the rows, or return `.to_numpy()` of the values in the order of the rows.",
    )


def _numbers_anew(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1


def refuse_moved(returned: Returned, before: Any, rows: Any, what: str) -> None:
    """Refuse values without an index where the function put the rows themselves in another order."""
    if before is not None and returned.index is None and not before.equals(index_of(rows)):
        raise JobFailed(
            "predict-index",
            "%s changed the index of the rows that it was given, so it is not clear which row each value belongs to"
            % what,
            "Work on a copy: `rows = rows.sort_values(...)`, and return a Series with the rows' index.",
        )


def _kind(answer: Any) -> str:
    return type(answer).__name__


def _refuse(message: str, hint: str = _HINT) -> JobFailed:
    return JobFailed("predict-shape", message, hint)

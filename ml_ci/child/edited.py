"""Rows of a table with some values edited; every other value and every type stays as the job's reader has it."""

from __future__ import annotations

from . import cells
from .entries import nearest
from .failures import JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Sequence, Tuple

    # By column the values and, for each, how the column has to be typed for it.
    Read = Dict[str, Tuple[List[Any], List[str]]]


def editable(rows: Any) -> Any:
    """Give rows, as a job reads them, as ones that can be edited."""
    if hasattr(rows, "iloc"):
        return PandasRows(rows)
    return PolarsRows(rows)


def groups_of(count: int, read: Read) -> list[list[int]]:
    """Put the rows together whose columns keep their types, and those for which they change in the same way.

    A text among numbers would have the whole column read as texts, and no other row may answer for that.
    """
    if not any(any(kinds) for _, kinds in read.values()):
        return [list(range(count))]
    found: dict[tuple[str, ...], list[int]] = {}
    for place in range(count):
        found.setdefault(tuple(kinds[place] for _, kinds in read.values()), []).append(place)
    return [found[key] for key in sorted(found)]


class PandasRows:
    """Rows that pandas holds."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.names = {str(name).strip(): name for name in frame.columns}
        index = frame.index
        self.numbered = type(index).__name__ == "RangeIndex" and index.name is None

    def __len__(self) -> int:
        return len(self.frame)

    def read(self, edits: Any) -> Read:
        """Read the values that are to be set, each as its column holds it."""
        return {name: cells.read_all(values, _with_nan(self._reader(name))) for name, values in edits.items()}

    def _reader(self, name: str) -> Callable[[Any], cells.Cell]:
        column = self.frame[find_column(name, self.names)]
        kind = str(column.dtype)
        missing = kind[:1].isupper() or kind == "boolean" or "pyarrow" in kind
        if kind == "category":
            return cells.among(column.cat.categories)
        if kind.lower().startswith(("int", "uint")):
            return cells.whole(kind.split("[")[0], missing)
        if kind.lower().startswith(("float", "double", "half")):
            return cells.fraction
        if kind.startswith(("bool", "Bool")):
            return cells.truth(missing)
        if kind.startswith(("datetime", "timedelta")):
            return self._moment(column)
        return cells.text if kind != "object" else _of_objects(column.dropna())

    def _moment(self, column: Any) -> Callable[[Any], cells.Cell]:
        import pandas

        def read(value: Any) -> cells.Cell:
            if cells.is_absent(value):
                return None, ""
            try:
                return pandas.Series([value]).astype(column.dtype).iloc[0], ""
            except Exception:  # whatever pandas raises for what is no time of day or day
                return value, cells.OBJECT

        return read

    def release(self, table: Any) -> None:
        """Take back what was given: nothing is kept of it."""

    def take(self, rows: Sequence[int], read: Read, places: Sequence[int]) -> Any:
        """Give rows by their numbers, with the values at these places of what was read; a copy of its own."""
        import pandas

        frame = self.frame.take(rows)
        if self.numbered:
            frame = frame.reset_index(drop=True)
        for name, (values, kinds) in read.items():
            column = self.names[name]
            given = [values[place] for place in places]
            kind = kinds[places[0]] if len(places) else ""
            frame[column] = pandas.Series(given, index=frame.index, dtype=self._dtype(column, kind, given))
        return frame

    def _dtype(self, column: Any, kind: str, given: Sequence[Any]) -> Any:
        own = self.frame[column].dtype
        if not kind:
            return own
        if kind == cells.FLOAT:
            return "float64"
        if str(own) == "category":
            import pandas

            return pandas.CategoricalDtype([*own.categories, *dict.fromkeys(given)])
        return None if all(isinstance(one, str) for one in given) else object


def _with_nan(read: Callable[[Any], cells.Cell]) -> Callable[[Any], cells.Cell]:
    """Have a missing value be NaN, as pandas reads one; a type with a missing value of its own makes it that."""

    def read_one(value: Any) -> cells.Cell:
        found, kind = read(value)
        return (float("nan"), kind) if found is None else (found, kind)

    return read_one


def _of_objects(present: Any) -> Callable[[Any], cells.Cell]:
    """Read values for a column of objects: most often texts, else the values as they are."""
    if all(isinstance(value, str) for value in present.iloc[:1000]):
        return cells.text
    if all(isinstance(value, bool) for value in present.iloc[:1000]):
        return cells.truth(missing=True)
    return lambda value: (None if cells.is_absent(value) else value, "")


class PolarsRows:
    """Rows that polars holds; a lazy table stays one."""

    def __init__(self, frame: Any) -> None:
        self.lazy = hasattr(frame, "collect")
        self.frame = frame.collect() if self.lazy else frame
        self.names = {name.strip(): name for name in self.frame.columns}

    def __len__(self) -> int:
        return int(self.frame.height)

    def read(self, edits: Any) -> Read:
        """Read the values that are to be set, each as its column holds it."""
        return {name: cells.read_all(values, self._reader(name)) for name, values in edits.items()}

    def _reader(self, name: str) -> Callable[[Any], cells.Cell]:
        kind = self.frame.schema[find_column(name, self.names)]
        said = str(kind)
        if said.startswith(("Int", "UInt")):
            return cells.whole(said, missing=True)
        if said.startswith("Float"):
            return _none_for_nan
        if said == "Boolean":
            return cells.truth(missing=True)
        if said.startswith("Enum"):
            return cells.among(kind.categories)
        return cells.text if said.startswith(("String", "Utf8", "Categorical")) else self._cast(kind)

    def _cast(self, kind: Any) -> Callable[[Any], cells.Cell]:
        polars = _polars()

        def read(value: Any) -> cells.Cell:
            if cells.is_absent(value):
                return None, ""
            try:
                return polars.Series([value]).cast(kind)[0], ""
            except Exception:  # whatever polars raises for what the type does not hold
                return value, cells.OBJECT

        return read

    def release(self, table: Any) -> None:
        """Take back what was given: nothing is kept of it."""

    def take(self, rows: Sequence[int], read: Read, places: Sequence[int]) -> Any:
        """Give rows by their numbers, with the values at these places of what was read."""
        polars = _polars()
        frame = self.frame[list(rows)]
        columns = []
        for name, (values, kinds) in read.items():
            column = self.names[name]
            given = [values[place] for place in places]
            kind = kinds[places[0]] if len(places) else ""
            own = self.frame.schema[column] if not kind else polars.Float64 if kind == cells.FLOAT else None
            columns.append(polars.Series(column, given, dtype=own, strict=kind != cells.OBJECT))
        frame = frame.with_columns(columns)
        return frame.lazy() if self.lazy else frame


def _none_for_nan(value: Any) -> cells.Cell:
    return (None, "") if cells.is_absent(value) else cells.fraction(value)


def _polars() -> Any:
    import importlib

    return importlib.import_module("polars")


def find_column(name: str, names: Any) -> Any:
    """Give the table's own name of a column; JobFailed `unknown-column` with what is near."""
    if name in names:
        return names[name]
    near = nearest(name, list(names))
    hint = "Did you mean `%s`?" % near if near else "It has: %s." % ", ".join(list(names)[:20])
    raise JobFailed("unknown-column", "the rows have no column `%s`" % name, hint)

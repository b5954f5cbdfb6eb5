"""Values that are set in rows: which of them a column of a table holds in its own type."""

from __future__ import annotations

from math import isfinite

from .canonical import write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable

    # What a value is in a column, and how the column has to be typed for it: "" is as it is.
    Cell = tuple[Any, str]

# A column that holds a value which is not of its own type: numbers with missing ones, and whatever else as objects.
FLOAT, OBJECT = "float", "object"

_WIDTHS = {"8": 7, "16": 15, "32": 31, "64": 63}


def is_absent(value: Any) -> bool:
    """Say whether a value that is to be set is a missing one: null, or NaN."""
    return value is None or (isinstance(value, float) and value != value)


def whole(name: str, missing: bool) -> Callable[[Any], Cell]:
    """Read values for a column of whole numbers of a type such as `int64` or `UInt8`; `missing` says that it has None.

    What is no whole number that the type holds makes it a column of floats, as a reader would; a text stays a text.
    """
    text = name.lower()
    bits = _WIDTHS.get(text.lstrip("uint"), 63)
    low, high = (0, 2 ** (bits + 1) - 1) if text.startswith("u") else (-(2**bits), 2**bits - 1)

    def read(value: Any) -> Cell:
        if is_absent(value):
            return (None, "") if missing else (float("nan"), FLOAT)
        if isinstance(value, float) and isfinite(value) and value == int(value):
            value = int(value)
        if isinstance(value, int):
            return (int(value), "") if low <= value <= high else (float(value), FLOAT)
        return (value, FLOAT) if isinstance(value, float) else (value, OBJECT)

    return read


def fraction(value: Any) -> Cell:
    """Read a value for a column of floats."""
    if is_absent(value):
        return float("nan"), ""
    return (value, OBJECT) if isinstance(value, str) else (float(value), "")


def truth(missing: bool) -> Callable[[Any], Cell]:
    """Read values for a column of booleans: true and false in any case, and nothing else."""

    def read(value: Any) -> Cell:
        if is_absent(value):
            return None, "" if missing else OBJECT
        word = write(value).lower()
        if isinstance(value, bool) or word in ("true", "false"):
            return word == "true", ""
        return value, OBJECT

    return read


def text(value: Any) -> Cell:
    """Read a value for a column of texts: a number is written as one."""
    if is_absent(value):
        return None, ""
    if isinstance(value, float) and isfinite(value) and value == int(value):
        value = int(value)
    return value if isinstance(value, str) else str(value), ""


def among(known: Iterable[Any]) -> Callable[[Any], Cell]:
    """Read values for a column of categories: another value is one category more."""
    names = list(known)
    by_text = {write(name): name for name in names}

    def read(value: Any) -> Cell:
        if is_absent(value):
            return None, ""
        found = by_text.get(write(value))
        return (value, OBJECT) if found is None else (found, "")

    return read


def read_all(values: Iterable[Any], read: Callable[[Any], Cell]) -> tuple[list[Any], list[str]]:
    """Read many values, each that occurs often once; give what they are, and how the column has to be typed."""
    known: dict[Any, Cell] = {}
    found, kinds = [], []
    for value in values:
        key = (type(value), value)
        if key not in known:
            known[key] = read(value)
        one, kind = known[key]
        found.append(one)
        kinds.append(kind)
    return found, kinds

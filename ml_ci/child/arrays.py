"""Answers that are arrays of floats: what is said of every value is said of the whole array.

There is nothing here that lists of Python's floats are not: `floats_of` gives the same values as `tolist`, and whoever
has no numpy, or answers with another type, goes the way of lists.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MANY = 1_000


def floats_of(column: Any) -> Any:
    """Give a numpy array of one dimension, or a Series over one, as a new array of float64; None for anything else.

    Only of floats that Python's own hold: a longer float keeps its digits on the way of lists.
    """
    numpy: Any = sys.modules.get("numpy")  # an answer that needs it has imported it
    if numpy is None:
        return None
    if hasattr(column, "iloc") and isinstance(getattr(column, "dtype", None), numpy.dtype):
        column = column.to_numpy()
    if type(column) is not numpy.ndarray or column.ndim != 1 or not _is_short(column.dtype):
        return None
    return column.astype(numpy.float64)


def distinct(values: Any) -> list[float]:
    """Give the values of an array that are not NaN: of many each one once, 0.0 and -0.0 apart."""
    import numpy

    present = values[~numpy.isnan(values)]
    if len(present) > _MANY:
        present = numpy.unique(present.view(numpy.int64)).view(numpy.float64)
    return present.tolist()  # type: ignore[no-any-return]


def round_down(values: Any) -> Any:
    """Give an array with 1 for what is a hair over it."""
    import numpy

    return numpy.where((values > 1.0) & (values < 1.0 + 1e-6), 1.0, values)


def are_sound(values: Any, kind: str) -> bool:
    """Say whether no value of an array is missing, infinite or, of probabilities, outside [0, 1]; labels may be any."""
    import numpy

    if kind == "probability":
        return bool(((values >= 0.0) & (values <= 1.0)).all())
    scored = kind in ("margin", "number")
    return bool((numpy.isfinite(values) if scored else ~numpy.isnan(values)).all())


def write_array(path: str, values: Any) -> None:
    """Write an array of float64 as NumPy's own file."""
    import numpy

    with open(path, "wb") as stream:
        numpy.save(stream, values, allow_pickle=False)


def _is_short(kind: Any) -> bool:
    return bool(kind.isnative) and kind.char in ("e", "f", "d")

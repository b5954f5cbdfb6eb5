"""Rows in batches: of a size that memory bears, or of the only one that a model was traced for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_ROWS = 65536


def in_batches(score: Callable[[Any], Any], arrays: dict[str, Any], rows: int, batch: int | None = None) -> Any:
    """Score arrays of as many rows a batch at a time, and join what comes back: lists, or arrays by their first axis.

    A model that takes batches of one size only gets the last one filled up with its last row.
    """
    import numpy

    found = []
    for first in range(0, rows, batch or _ROWS):
        given = {name: array[first : first + (batch or _ROWS)] for name, array in arrays.items()}
        count = min(batch or _ROWS, rows - first)
        if batch and count < batch:
            given = {
                name: numpy.concatenate([array, numpy.repeat(array[-1:], batch - count, axis=0)])
                for name, array in given.items()
            }
        found.append(score(given)[:count])
    if found and isinstance(found[0], list):
        return [row for part in found for row in part]
    return numpy.concatenate(found) if found else numpy.empty((0, 1))

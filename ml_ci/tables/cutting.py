"""One column cut out of the lines of a plain text, a piece of the file at a time; every other byte stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.tables.layout import Layout, binary, pieces
from ml_ci.tables.raw import Edit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEW_LINE = ord("\n")


def can_cut(layout: Layout, *, delimited: bool) -> bool:
    """Say whether columns can be cut by the places of delimiters and line ends alone.

    `delimited` says that a delimiter goes with the value. What is left of a line must not look like a blank one.
    """
    return layout.plain and len((layout.delimiter or "").encode()) == 1 and len(layout.names) > 1 + delimited


def cut_lines(path: Path, layout: Layout, column: int, edit: Edit, *, delimited: bool) -> Iterator[bytes]:
    """Give the lines behind the header without one column's values, some thousands at a time.

    `edit` does the same to one line, for lines that have not what all should have.
    """
    behind = layout.header
    with binary(path, False) as file:
        for piece in pieces(file):
            lines = piece[piece.find(b"\n") + 1 or len(piece) :] if behind else piece
            behind = False
            if lines:
                yield _cut(lines, layout, column, edit, delimited)


def _cut(lines: bytes, layout: Layout, column: int, edit: Edit, delimited: bool) -> bytes:
    import numpy as np

    letters = np.frombuffer(lines, np.uint8)
    ends = np.flatnonzero(letters == _NEW_LINE)
    if letters[-1] != _NEW_LINE:
        ends = np.append(ends, len(letters))
    between, width = np.flatnonzero(letters == ord(layout.delimiter or ",")), len(layout.names)
    if len(between) != len(ends) * (width - 1):
        return b"".join(map(edit, lines.splitlines(keepends=True)))
    marks = between.reshape(len(ends), width - 1)
    starts = np.append(0, ends[:-1] + 1)
    if (marks[:, 0] < starts).any() or (marks[:, -1] >= ends).any():
        return b"".join(map(edit, lines.splitlines(keepends=True)))
    last = column == width - 1
    first = starts if column == 0 else marks[:, column - 1] + 1
    behind = ends if last else marks[:, column]
    if delimited:
        first, behind = (first - 1, behind) if last else (first, behind + 1)
    return letters[_outside(first, behind, len(letters))].tobytes()


def _outside(first: NDArray[np.intp], behind: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    """Say of each place whether it lies in none of the spans, which are apart."""
    import numpy as np

    steps = np.zeros(size + 1, np.int8)
    steps[first] += 1
    steps[behind] -= 1  # an empty span adds up to nothing
    inside = np.cumsum(steps[:-1], dtype=np.int8)
    return np.asarray(inside == 0, np.bool_)

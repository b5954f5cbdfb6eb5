"""Which rows a behaviour applies to, which of them are asked, and as what: a property of the rows, never of a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours import edits
from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.columns import Column, Columns, mix
from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour


@dataclass(frozen=True)
class Source:
    """One way in which a behaviour edits one column: of `disturb` one of its slips."""

    column: Column
    kind: str
    how: str = ""

    def options(self, cell: Cell) -> Sequence[Cell]:
        """Give the values that may stand instead of one, none of them the same."""
        if self.kind == "disturb":
            return edits.disturb(self.column, cell, self.how)
        return {"vary": edits.vary, "raise": edits.raise_, "lower": edits.lower}[self.kind](self.column, cell)


@dataclass(frozen=True, eq=False)
class Variants:
    """Edit one column in some rows: `places` in a list of rows, int64 of shape (n,), and n values."""

    column: str
    places: NDArray[np.int64]
    cells: Sequence[Cell]


class Editor:
    """Edit rows of one holdout as one behaviour says; what may stand instead of a value is looked up once."""

    def __init__(self, behaviour: Behaviour, holdout: Columns) -> None:
        ways = behaviour.by or ("",)
        self.behaviour, self.holdout = behaviour, holdout
        self.sources = [
            Source(holdout.columns[name], behaviour.kind, how) for name in behaviour.columns for how in ways
        ]
        self._known: list[dict[int, Sequence[Cell]]] = [{} for _ in self.sources]

    def sample(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the rows that are asked, in the holdout's order, and those that were passed over: nothing applies.

        Rows come by the hash of their content until there are as many as the behaviour asks.
        """
        order = np.argsort(self.holdout.hashes, kind="stable")
        if not self.sources:
            return np.sort(order[: self.behaviour.rows]), order[:0]
        taken: list[int] = []
        passed: list[int] = []
        for row in order.tolist():
            if len(taken) == self.behaviour.rows:
                break
            (taken if self._applies(row) else passed).append(row)
        return np.sort(np.array(taken, np.int64)), np.sort(np.array(passed, np.int64))

    def edit(self, rows: NDArray[np.int64]) -> Iterator[Variants]:
        """Give the edits of some rows, one column after the other: of each row no more than the behaviour asks."""
        seeds = mix(self.holdout.hashes[rows], salt=1).tolist()
        found: dict[str, tuple[list[int], list[Cell]]] = {name: ([], []) for name in self.behaviour.columns}
        for place, (row, seed) in enumerate(zip(rows.tolist(), seeds, strict=True)):
            for source, cell in self.pick(self._options(row), seed):
                places, cells = found[source.column.name]
                places.append(place)
                cells.append(cell)
        for name, (places, cells) in found.items():
            if places:
                yield Variants(name, np.array(places, np.int64), cells)

    def pick(self, options: Sequence[Sequence[Cell]], seed: int) -> Iterator[tuple[Source, Cell]]:
        """Choose among what may stand instead of a row's values: as many of each source, spread over all of its own."""
        most, number = self.behaviour.variants, len(options)
        for place, (source, cells) in enumerate(zip(self.sources, options, strict=True)):
            quota = most // number + ((place - seed) % number < most % number)
            if len(cells) <= quota:
                yield from ((source, cell) for cell in cells)
            else:
                yield from ((source, cells[at]) for at in _spread(len(cells), quota, seed))

    def _applies(self, row: int) -> bool:
        return any(len(one) for one in self._options(row))

    def _options(self, row: int) -> list[Sequence[Cell]]:
        return [self._look_up(source, known, row) for source, known in zip(self.sources, self._known, strict=True)]

    @staticmethod
    def _look_up(source: Source, known: dict[int, Sequence[Cell]], row: int) -> Sequence[Cell]:
        code = int(source.column.codes[row])
        if code not in known:
            known[code] = source.options(source.column.cells[code])
        return known[code]


def _spread(length: int, wanted: int, seed: int) -> list[int]:
    """Choose places that lie evenly, from one that the seed says."""
    return [(seed % length + step * length // wanted) % length for step in range(wanted)]

"""Look for a row on which a behaviour is broken beyond those of the holdout: rows of it with one value redrawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Asker, Cell
from ml_ci.behaviours.columns import Column, Columns, hashed, mix
from ml_ci.behaviours.counterexample import Counterexample
from ml_ci.behaviours.pairs import Guard, Pair
from ml_ci.behaviours.shrink import shrink_pair
from ml_ci.behaviours.variants import Editor
from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour, Counterexamples

ROWS = 20_000
# So many rows stand in the first ask, and twice as many in each further one: most finds come early.
_FIRST, _MOST = 500, 4_000


@dataclass(frozen=True)
class Hunted:
    """Say how many mutated rows were tried, and what was found; a find changes no rate."""

    rows: int
    counterexample: Counterexample | None = None
    found: bool = False


def hunt(
    behaviour: Behaviour,
    holdout: Columns,
    candidate: Asker,
    baseline: Asker | None = None,
    shown: Counterexamples = "shrunk",
    rows: int = ROWS,
) -> Hunted:
    """Try mutated rows until one is found that the candidate breaks and the baseline holds, and shrink it.

    Nothing is hunted for the kinds `same` and `cases`.
    """
    tried = 0
    if not behaviour.columns or not holdout.rows:
        return Hunted(0)
    pairs = mutate(behaviour, holdout, rows)
    size = _FIRST
    while chunk := list(islice(pairs, size)):
        guard = Guard(behaviour, holdout, candidate, baseline)
        pair = guard.start(chunk)
        tried += len(chunk)
        if pair is not None and (baseline is None or guard.baseline is not None):
            said = None if shown == "none" else shrink_pair(guard, pair, shown)
            return Hunted(tried, said, True)
        size = min(2 * size, _MOST)
    return Hunted(tried)


def mutate(behaviour: Behaviour, holdout: Columns, rows: int) -> Iterator[Pair]:
    """Give pairs of rows, each of one row of the holdout with one column redrawn uniformly over its distinct values.

    Columns with many values are redrawn more often. All is chosen by hashes: each time the same.
    """
    editor = Editor(behaviour, holdout)
    columns = [column for column in holdout.columns.values() if len(column.present) > 1]
    if not columns:
        return
    weights = np.cumsum([math.log2(1 + len(column.present)) for column in columns])
    draws = _draw(hashed("hunt", *behaviour.columns), 4 * rows).reshape(rows, 4)
    for which, row, value, pick in draws.tolist():
        column = columns[min(int(np.searchsorted(weights, which * weights[-1], side="right")), len(columns) - 1)]
        cell = column.present[int(value * len(column.present))]
        pair = _edit(editor, Pair(int(row * holdout.rows), "", None, {column.name: cell}), pick)
        if pair is not None:
            yield pair


def _edit(editor: Editor, start: Pair, pick: float) -> Pair | None:
    """Edit a mutated row in one of the ways of a behaviour; None where none applies."""
    ways: list[tuple[Column, Sequence[Cell]]] = []
    for source in editor.sources:
        options = source.options(start.value(source.column.name, editor.holdout))
        if options:
            ways.append((source.column, options))
    if not ways:
        return None
    scaled = pick * len(ways)
    column, options = ways[int(scaled)]
    return Pair(start.row, column.name, options[int((scaled - int(scaled)) * len(options))], start.edits)


def _draw(seed: int, number: int) -> NDArray[np.float64]:
    """Give numbers that look drawn from [0, 1), the same for the same seed on every machine."""
    bits = mix(np.arange(number, dtype=np.uint64) + np.uint64(seed % 2**63))
    return (bits >> np.uint64(11)).astype(np.float64) / 2.0**53

"""Which columns a model does not take: no answer of it changes with them, to the last digit."""

from __future__ import annotations

import numpy as np

from ml_ci.behaviours.asks import Ask, Asker, Cell
from ml_ci.behaviours.columns import Column, Columns, key
from ml_ci.spec.behaviours import Behaviour

_ROWS = 200


def find_still(behaviour: Behaviour, holdout: Columns, asker: Asker) -> tuple[str, ...]:
    """Name those columns of a behaviour that change no score of the first rows, by the hash of their content.

    Decisions alone tell nothing of a column: a model without scores has none.
    """
    rows = np.argsort(holdout.hashes, kind="stable")[:_ROWS].astype(np.int64)
    if not behaviour.columns or not len(rows):
        return ()
    before = asker(Ask(rows))
    if np.isnan(before.scores).any():
        return ()
    found = []
    for name in behaviour.columns:
        column = holdout.columns[name]
        if len(column.present) > 1:
            after = asker(Ask(rows, {name: [_another(column, row) for row in rows.tolist()]}))
            if np.array_equal(before.scores, after.scores):
                found.append(name)
    return tuple(found)


def _another(column: Column, row: int) -> Cell:
    """Give the value after a row's own in the order of their frequency."""
    place = column.place_of.get(key(column.cell(row)), -1)
    return column.present[(place + 1) % len(column.present)]

"""Measure a behaviour: of each row of the holdout whether it is broken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Ask, Asker
from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.compare import BROKEN as BROKEN
from ml_ci.behaviours.compare import DOES_NOT_APPLY as DOES_NOT_APPLY
from ml_ci.behaviours.compare import HELD as HELD
from ml_ci.behaviours.compare import NO_ANSWER as NO_ANSWER
from ml_ci.behaviours.compare import NOT_SAMPLED as NOT_SAMPLED
from ml_ci.behaviours.compare import compare, take, worst
from ml_ci.behaviours.variants import Editor
from ml_ci.behaviours.ways import ask_ways
from ml_ci.spec.behaviours import Behaviour


def measure(behaviour: Behaviour, holdout: Columns, asker: Asker, served: Asker | None = None) -> NDArray[np.uint8]:
    """Say of each row, uint8 of shape (rows,), whether it is HELD, BROKEN, or has NO_ANSWER, which counts as broken.

    DOES_NOT_APPLY are rows that no edit changes, or that an edit would take out of the column's range; NOT_SAMPLED
    those that nobody asked for. `served` asks the service of `same: served`. The kind `cases` has rows of its own:
    `measure_cases`.
    """
    editor = Editor(behaviour, holdout)
    rows, passed = editor.sample()
    found = np.full(holdout.rows, NOT_SAMPLED, np.uint8)
    found[passed] = DOES_NOT_APPLY
    if len(rows):
        found[rows] = _same(behaviour, holdout, rows, asker, served) if behaviour.same else _edited(editor, rows, asker)
    return found


def measure_cases(cases: Columns, positive: NDArray[np.bool_], asker: Asker) -> NDArray[np.uint8]:
    """Say of each case, uint8 of shape (cases,), whether the model is right: HELD, BROKEN or NO_ANSWER.

    `positive`, of shape (cases,), says which label is. Cases are no rows of the holdout: they are asked as a row of it
    in which every column of theirs stands.
    """
    edits = {name: [column.cells[code] for code in column.codes] for name, column in cases.columns.items()}
    answers = asker(Ask(np.zeros(cases.rows, np.int64), edits))
    found = np.where(answers.decisions == positive, HELD, BROKEN).astype(np.uint8)
    found[~answers.answered] = NO_ANSWER
    return found


def _edited(editor: Editor, rows: NDArray[np.int64], asker: Asker) -> NDArray[np.uint8]:
    before = asker(Ask(rows))
    places, found = [], []
    for variants in editor.edit(rows):
        after = asker(Ask(rows[variants.places], {variants.column: variants.cells}))
        places.append(variants.places)
        found.append(compare(editor.behaviour, take(before, variants.places), after))
    return worst(np.concatenate(places), np.concatenate(found), len(rows))


def _same(
    behaviour: Behaviour, holdout: Columns, rows: NDArray[np.int64], asker: Asker, served: Asker | None
) -> NDArray[np.uint8]:
    return compare(behaviour, *ask_ways(behaviour, holdout, rows, asker, served))

"""Pairs of rows that differ in one value, and what models say of many of them in one ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Answers, Ask, Asker, Cell
from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.compare import BROKEN, HELD, compare, differences, take
from ml_ci.frozen import dataclass
from ml_ci.spec.behaviours import Behaviour

# So many pairs stand in one ask at most.
MOST = 64


@dataclass(frozen=True)
class Pair:
    """A row of the holdout with some values edited, and the same with `column` at `after`."""

    row: int
    column: str
    after: Cell
    edits: Mapping[str, Cell] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Name it without its values: a traceback is no place for them."""
        return f"<pair that differs in {self.column}, {', '.join(self.edits) or 'nothing'} edited>"

    def before(self, holdout: Columns) -> Cell:
        """Give the value of the column before."""
        return self.value(self.column, holdout)

    def value(self, column: str, holdout: Columns) -> Cell:
        """Give the value of a column, of the edited one that before."""
        return self.edits[column] if column in self.edits else holdout.columns[column].cell(self.row)

    def edit(self, values: Mapping[str, Cell]) -> Pair:
        """Edit further values in both rows."""
        return replace(self, edits={**self.edits, **values})


def ask_pairs(asker: Asker, holdout: Columns, pairs: Sequence[Pair]) -> tuple[Answers, Answers]:
    """Ask for both rows of each pair, all in one; give the answers before and after."""
    names = {name: None for pair in pairs for name in (*pair.edits, pair.column)}
    before = {name: [pair.value(name, holdout) for pair in pairs] for name in names}
    after = {
        name: [pair.after if pair.column == name else cell for pair, cell in zip(pairs, cells, strict=True)]
        for name, cells in before.items()
    }
    rows = np.tile(np.array([pair.row for pair in pairs], np.int64), 2)
    answers = asker(Ask(rows, {name: [*before[name], *after[name]] for name in names}))
    middle = len(pairs)
    return take(answers, np.arange(middle)), take(answers, np.arange(middle, 2 * middle))


class Guard:
    """Keep a pair only while the candidate breaks and the baseline holds.

    Without a baseline, or with one that breaks too, scores have to stay half as far apart as those of the first pair:
    else the simplest pair is an ordinary one near the threshold, and not the fault. `asks` counts.
    """

    def __init__(self, behaviour: Behaviour, holdout: Columns, candidate: Asker, baseline: Asker | None) -> None:
        self.behaviour, self.holdout = behaviour, holdout
        self.candidate, self.baseline = candidate, baseline
        self.asks = 0
        self._wanted, self._least = BROKEN, 0.0

    def start(self, pairs: Sequence[Pair]) -> Pair | None:
        """Choose where to start: of the pairs that the candidate breaks and the baseline holds, the widest apart."""
        if not pairs:
            return None
        before, after = self._ask(self.candidate, pairs)
        found = compare(self.behaviour, before, after)
        apart = differences(before, after)
        places = np.flatnonzero(found != HELD)
        if len(places) and self.baseline is not None:
            places, apart = self._new(pairs, places, apart)
        if not len(places):
            return None
        answered = places[found[places] == BROKEN]
        places = answered if len(answered) else places
        best = int(places[np.argmax(apart[places])])
        self._wanted, self._least = int(found[best]), float(apart[best]) / 2
        return pairs[best]

    def keep(self, pairs: Sequence[Pair]) -> NDArray[np.bool_]:
        """Say of each pair whether it shows the same fault as the first, bool of shape (n,)."""
        before, after = self._ask(self.candidate, pairs)
        kept = np.asarray(compare(self.behaviour, before, after) == self._wanted)
        if self.baseline is None and self._wanted == BROKEN:
            kept &= differences(before, after) >= self._least
        if self.baseline is not None and kept.any():
            places = np.flatnonzero(kept)
            kept[places] = self._held(self.baseline, [pairs[place] for place in places.tolist()])
        return kept

    def _new(
        self, pairs: Sequence[Pair], places: NDArray[np.int64], apart: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the places that only the candidate breaks; where there is none, all, and guard without a baseline."""
        assert self.baseline is not None  # noqa: S101 - asked where there is one
        before, after = self._ask(self.baseline, [pairs[place] for place in places.tolist()])
        held = compare(self.behaviour, before, after) == HELD
        if not held.any():
            self.baseline = None
            return places, apart
        apart = apart.copy()
        apart[places] -= differences(before, after)
        return places[held], apart

    def _held(self, baseline: Asker, pairs: Sequence[Pair]) -> NDArray[np.bool_]:
        return np.asarray(compare(self.behaviour, *self._ask(baseline, pairs)) == HELD)

    def _ask(self, asker: Asker, pairs: Sequence[Pair]) -> tuple[Answers, Answers]:
        self.asks += 1
        return ask_pairs(asker, self.holdout, pairs)

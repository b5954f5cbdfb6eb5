"""What was really done for one model, noted by the steps that do it: a plan says only what would be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ml_ci.plan.values import Action
from ml_ci.reports.values import Deed, DeedKind, DeedSide


@dataclass
class Journal:
    """Collect deeds in the order in which they ended; a job inside another is noted before it.

    `asked` are the rows that models were given to score, `again` those that were given again after a refusal.
    """

    _deeds: list[Deed] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    asked: int = 0
    again: int = 0

    @contextmanager
    def noting(self, kind: DeedKind, side: DeedSide, model: str) -> Iterator[None]:
        """Note the work of a `with` block with the seconds that it took, whether it ended well or not."""
        started, finished = time.perf_counter(), False
        try:
            yield
            finished = True
        finally:
            self._deeds.append(Deed(kind, side, model, round(time.perf_counter() - started, 4), finished))

    def note_asked(self, rows: int, again: int = 0) -> None:
        """Note that a model scored so many rows, of which so many were asked again."""
        self.asked += rows
        self.again += again

    def note(self, text: str) -> None:
        """Note what the report says of the work, one sentence."""
        self._notes.append(text)

    def add(self, other: Journal) -> None:
        """Add what another journal holds behind what this one does: work that was done meanwhile."""
        self._deeds += other._deeds
        self._notes += other._notes
        self.note_asked(other.asked, other.again)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the work, each once."""
        return tuple(dict.fromkeys(self._notes))

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What was done so far."""
        return tuple(self._deeds)


def action_of(deeds: tuple[Deed, ...], side: DeedSide, model: str) -> Action:
    """Say what one side of a model took: of several deeds the largest; what did not finish made nothing of it."""
    own = {deed.kind for deed in deeds if deed.side == side and deed.model == model and deed.finished}
    return "train" if "train" in own else "evaluate" if "score" in own else "reuse"

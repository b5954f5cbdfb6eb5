"""One side that is asked by behaviours: its records first, then its model, which is loaded where it has to be."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import ExitStack, nullcontext
from dataclasses import field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml_ci.behaviours.asks import Answers, Ask, Asker
from ml_ci.child.exchange import FAILS_FOR_ROWS
from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.plan.plan import BEHAVIOURS
from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.planning.behaviours import key_behaviour
from ml_ci.steps.planning.blame import blaming_baseline
from ml_ci.steps.values import Side
from ml_ci.steps.working.ask import Rows, open_asker, open_service
from ml_ci.steps.working.room import time_work
from ml_ci.steps.working.workshop import Workshop
from ml_ci.tables.table import Table

FILE = "rows.bin"
LIMIT = "behaviour-limit"
ASK_LIMIT = "ask-limit"


@dataclass(frozen=True, eq=False)
class Found:
    """What one side does by a behaviour: a byte each row, uint8 of shape (rows,), and the columns it does not take."""

    rows: NDArray[np.uint8]
    still: tuple[str, ...] = ()


class Limited(Protocol):
    """Ask a side, each time for no longer than a limit."""

    def __call__(self, ask: Ask) -> Answers: ...
    def within(self, seconds: float) -> Limited: ...


@dataclass(frozen=True, eq=False)
class AskedRows:
    """The rows that both sides are asked about: `table` has their labels, `given` are they without.

    `model` says by which slices and clusters they are counted. `known` digests rows that are not the change's own
    holdout, "" for that; `given` is None for it.
    """

    table: Table
    model: ModelSpec
    given: Rows | None = None
    known: str = ""


@dataclass
class Questioned:
    """A side of the comparison, asked when no record answers; `fresh` are results that are no records yet.

    `beside` has by behaviour the digest of what it depends on beside the model. `rows` are asked about, the holdout's
    where they are None. `unsteady` says on how many rows a second answer to the same row was another, and of how many;
    None: nobody could ask, `why_unknown` says why.
    """

    shop: Workshop
    side: Side
    predictions: str
    beside: Mapping[str, str]
    fresh: MutableMapping[str, Found]
    rows: Rows | None = None
    unsteady: tuple[int, int] | None = None
    why_unknown: str = ""
    _opened: ExitStack = field(default_factory=ExitStack)
    _asker: Limited | None = None
    _failed: StageFailed | None = None

    @property
    def name(self) -> str:
        """Candidate or baseline."""
        return self.side.name

    def key(self, behaviour: Behaviour) -> str:
        """Key what it does by a behaviour."""
        return key_behaviour(self.predictions, behaviour, self.beside.get(behaviour.name, ""))

    def find(self, key: str) -> Found | None:
        """Give what a record, or this run, says already."""
        if key in self.fresh:
            return self.fresh[key]
        record = self.shop.project.store.find(BEHAVIOURS, key)
        if record is None:
            return None
        return Found(np.fromfile(record.file(FILE), np.uint8), tuple(record.content["still"]))

    def measure(self, key: str, behaviour: Behaviour, work: Callable[[Asker], Found]) -> Found:
        """Have it asked, for the behaviour's time at most; StageFailed where that is over, or the model ended."""
        said = f"asking the {self.name} about {behaviour.name}"
        try:
            timed = self.timed(behaviour)
            found = time_work(self.shop.project, self.side.model.name, said, lambda: work(timed))
        except StageFailed as error:
            self.close()  # what has failed once answers nothing more: the next behaviour has it loaded anew
            self.why_unknown = self.why_unknown or error.failure.message
            raise
        self.fresh[key] = found
        return found

    def timed(self, behaviour: Behaviour) -> Timed:
        """Give what asks it for the behaviour's time at most, from now on."""
        return Timed(self.open(), behaviour.seconds)

    def open(self) -> Limited:
        """Have the model loaded; StageFailed where that fails, which is not tried again."""
        if self._failed is not None:
            raise self._failed
        if self._asker is None:
            try:
                self._asker = self._opened.enter_context(open_asker(self.shop, self.side, rows=self.rows))
            except StageFailed as error:
                self._failed = error
                raise
        return self._asker

    def open_served(self, behaviour: Behaviour) -> Timed | None:
        """Give what asks the service of `same: served`, by the command as the side's own commit has it to run."""
        if behaviour.run is None:
            return None
        return Timed(open_service(self.shop, self.side, behaviour.run, rows=self.rows), behaviour.seconds)

    def close(self) -> None:
        """Let the model go; StageFailed where it ran what is not its side's own."""
        self._asker = None
        with blaming_baseline(self.side) if self.name == "baseline" else nullcontext():
            self._opened.close()

    def tell_unsteady(self) -> StageFailed | None:
        """Say that it answers differently by itself, or that this is not known: what an edit does then says nothing."""
        if self.unsteady is None:
            message = f"whether it answers alike by itself could not be measured: {self.why_unknown}"
            hint = "Give a behaviour `{same: again}` more `time:`, or fewer `rows:`."
            return StageFailed(Failure("evaluation", "unsteady-model", message, hint))
        rows, of = self.unsteady
        if not rows:
            return None
        message = (
            f"it answers differently by itself: on {rows:,} of {of:,} rows a second answer to the same row is another"
        )
        hint = "Seed what it draws, or take it out of prediction; `{same: again}` measures it."
        return StageFailed(Failure("evaluation", "unsteady-model", message, hint))


class Timed:
    """Ask for so many seconds in all; StageFailed where they are over: fewer rows would be another rate."""

    def __init__(self, asker: Limited, seconds: float) -> None:
        self._asker, self._seconds = asker, seconds
        self._until = time.monotonic() + seconds

    def __call__(self, ask: Ask) -> Answers:
        """Score the rows of an ask, in what is left of the time."""
        left, why = self._until - time.monotonic(), ""
        try:
            if left > 0:
                return self._asker.within(left)(ask)
        except StageFailed as error:
            if error.failure.code != ASK_LIMIT:
                raise
            why = error.failure.message if error.failure.message.startswith(FAILS_FOR_ROWS) else ""
        message = f"it took longer than {self._seconds:g} s to answer" + (f" ({why})" if why else "")
        raise StageFailed(Failure("evaluation", LIMIT, message, "Give it more `time:`, or fewer `rows:`.")) from None

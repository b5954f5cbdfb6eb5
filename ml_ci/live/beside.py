"""Hold the live rows of two models that answer side by side: the champion (0) and the candidate of a stage (1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.live.answers import hold_answers
from ml_ci.live.labels import join_labels
from ml_ci.live.moments import Clock, read_moment, write_moment
from ml_ci.live.opening import Live, open_live
from ml_ci.live.values import Candidate, Champion
from ml_ci.spec.problems import show
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.duck import Database, select

CHAMPION, CANDIDATE = 0, 1


@dataclass(frozen=True)
class BothModels:
    """The opened rows of both since `clock` began; the table `answers` holds them."""

    opened: Live
    clock: Clock
    notes: tuple[str, ...]

    @property
    def database(self) -> Database:
        return self.opened.database

    def label(self) -> tuple[str, ...]:
        """Join labels with the rows that are left, into the table `labelled`; give what has to be said of them."""
        return join_labels(self.opened, self.clock)

    def look_at_end(self) -> tuple[int, str | None]:
        """Count the rows that are not due, and give the time of the newest."""
        found = self.database.execute(select("count(*) FILTER (WHERE NOT due), max(t)", "labelled")).fetchone()
        waiting, last = found or (0, None)
        return int(waiting), None if last is None else write_moment(int(last))


@contextmanager
def hold_both(
    model: ModelSpec,
    champion: Champion,
    candidate: Candidate,
    folder: Path,
    now: datetime,
    environment: Mapping[str, str],
) -> Iterator[BothModels]:
    """Open the rows of both models since both are there; UserError for rows that cannot be counted."""
    with open_live(model, folder, environment) as opened:
        clock = Clock(opened.live, _begin(champion, candidate, round(opened.live.window * 1e6)), now)
        sides = (champion, candidate)
        held = hold_answers(model, opened.predictions, opened.database, clock, sides, {})
        yield BothModels(opened, clock, (*opened.notes, *held.notes))


def _begin(champion: Champion, candidate: Candidate, length: int) -> str:
    """Give the begin of the first window in which both were there: windows are aligned to the candidate's coming.

    So are the steps of a ramp: a window has one share.
    """
    came, promoted = read_moment(candidate.since), read_moment(champion.since)
    windows = max(0, -((came - promoted) // length))
    return write_moment(came + windows * length)


def refuse_both_on_one(both: BothModels, column: str, partition: str, what: str, hint: str) -> None:
    """Refuse rows of which both models answered one that only one of them should have."""
    several = f"WHERE {column} IS NOT NULL GROUP BY {partition} HAVING count(DISTINCT who) > 1"
    shared = select(f"any_value({column}) AS one", "answers", several)
    number, example = both.database.execute(select("count(*), min(one)", f"({shared})")).fetchone() or (0, None)
    if number:
        shown = both.opened.predictions.shown
        message = f"{shown}: {number:,} {what} were answered by both models, such as {show(example)}"
        raise UserError(message, hint=hint)

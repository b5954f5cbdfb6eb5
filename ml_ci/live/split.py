"""Count the live rows of a canary or an A/B test in windows: each row goes to one of two models, by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ml_ci.live.beside import CANDIDATE, CHAMPION, BothModels, hold_both, refuse_both_on_one
from ml_ci.live.counting import Tally, count_moved, tally
from ml_ci.live.moments import Clock, read_moment, write_moment
from ml_ci.live.opening import keep_first_of_units
from ml_ci.live.values import Candidate, Champion, Coverage, Split, SplitWindow
from ml_ci.spec.values import ModelSpec, Ramp, Stage


def split_rows(
    model: ModelSpec,
    stage: Stage,
    champion: Champion,
    candidate: Candidate,
    folder: Path,
    now: datetime,
    frozen: Sequence[SplitWindow],
    environment: Mapping[str, str],
) -> Split:
    """Count the rows of either model since both are there; windows in `frozen` stay as they are.

    Of the rows of one `unit` the first counts, of all windows: a customer is assigned once. UserError for rows that
    cannot be counted, and for those that both models answered.
    """
    with hold_both(model, champion, candidate, folder, now, environment) as both:
        _refuse_shared(both)
        notes = [*both.notes, *keep_first_of_units(both.opened, "1"), *both.label()]
        own, other = (tally(both.database, who, weighted=False) for who in (CANDIDATE, CHAMPION))
        kept = {one.begin: one for one in frozen if one.closed}
        ramp, came = stage.ramp or Ramp(((0.0, float(stage.traffic or 0)),)), read_moment(candidate.since)
        windows = tuple(
            _make(both.clock, number, ramp.share((both.clock.begin(number) - came) / 1e6), own, other, kept)
            for number in range(both.clock.number)
        )
        waiting, last = both.look_at_end()
        since = write_moment(both.clock.since)
    sides = (model.name, stage.name, champion.version, candidate.version)
    return Split(*sides, since, windows, waiting, last, tuple(notes))


def _refuse_shared(both: BothModels) -> None:
    hint = "A row of a canary goes to one model. Where both answer every row, write traffic: shadow."
    refuse_both_on_one(both, "id", "id", "ids", hint)
    if both.opened.live.unit is not None:
        hint = f"Assign each {both.opened.live.unit} to one model, by a hash of it, and keep it there."
        refuse_both_on_one(both, "u", "u, w", f"units ({both.opened.live.unit})", hint)


def _make(
    clock: Clock,
    number: int,
    share: float,
    own: Mapping[int, Tally],
    other: Mapping[int, Tally],
    kept: Mapping[str, SplitWindow],
) -> SplitWindow:
    begin, end = clock.bounds(number)
    mine, theirs = own.get(number, Tally()), other.get(number, Tally())
    then = kept.get(begin)
    before = (then.candidate, then.champion) if then else (mine.confusion, theirs.confusion)
    late = count_moved(mine.known_now, before[0]) + count_moved(theirs.known_now, before[1])
    if then is not None:
        return replace(then, late=late)
    return SplitWindow(
        begin,
        end,
        clock.is_closed(number),
        share,
        (mine.rows, theirs.rows),
        mine.confusion,
        theirs.confusion,
        (_cover(mine), _cover(theirs)),
        late,
    )


def _cover(one: Tally) -> Coverage:
    return one.coverage(True) + one.coverage(False)

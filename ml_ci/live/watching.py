"""Count the live rows of the champion in windows: what `ml-ci watch` judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ml_ci.live.answers import hold_answers
from ml_ci.live.counting import Tally, count_bins, count_moved, tally
from ml_ci.live.labels import join_labels
from ml_ci.live.moments import Clock, write_moment
from ml_ci.live.opening import Live, keep_first_of_units, open_live
from ml_ci.live.values import Champion, Reference, Watched, Window
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.duck import Database, select


def watch_rows(
    model: ModelSpec,
    champion: Champion,
    reference: Reference,
    folder: Path,
    now: datetime,
    frozen: Sequence[Window],
    environment: Mapping[str, str],
) -> Watched:
    """Count all live rows of the champion since its promotion; windows in `frozen` stay as they are.

    Whoever looks keeps the closed windows that come back: what comes later is told in them, and not counted.
    UserError for rows that cannot be counted, with what to do.
    """
    with open_live(model, folder, environment) as opened:
        clock = Clock(opened.live, champion.since, now)
        held = hold_answers(model, opened.predictions, opened.database, clock, (champion,), dict(reference.columns))
        notes = [*opened.notes, *held.notes, *keep_first_of_units(opened, "w")]
        notes += join_labels(opened, clock, rows=False)
        tallies = tally(opened.database, 0, opened.live.weight is not None)
        bins = count_bins(opened.database, held.columns, reference.columns, clock.number)
        kept = {one.begin: one for one in frozen if one.closed}
        windows = tuple(_make(clock, number, tallies, bins, kept) for number in range(clock.number))
        waiting, last = _look_at_end(opened.database)
    notes += [*_say_late_rows(windows, clock, tallies), *_say_flagged_only(opened, windows)]
    since = write_moment(clock.since)
    return Watched(model.name, champion.version, since, windows, reference, waiting, last, tuple(notes))


def _make(
    clock: Clock,
    number: int,
    tallies: Mapping[int, Tally],
    bins: Mapping[int, Mapping[str, tuple[int, ...]]],
    kept: Mapping[str, Window],
) -> Window:
    begin, end = clock.bounds(number)
    found = tallies.get(number, Tally())
    if begin in kept:
        return replace(kept[begin], late=count_moved(found.known_now, kept[begin].counts))
    return Window(
        begin,
        end,
        clock.is_closed(number),
        found.rows,
        found.positive,
        found.confusion,
        found.coverage(True),
        found.coverage(False),
        found.weighed,
        dict(bins.get(number, {})),
        count_moved(found.known_now, found.confusion),
    )


def _look_at_end(database: Database) -> tuple[int, str | None]:
    """Count the rows that are not due, and give the time of the newest."""
    found = database.execute(select("count(*) FILTER (WHERE NOT due), max(t)", "labelled")).fetchone() or (0, None)
    return int(found[0]), None if found[1] is None else write_moment(int(found[1]))


def _say_late_rows(windows: Sequence[Window], clock: Clock, tallies: Mapping[int, Tally]) -> Iterator[str]:
    """Say how many predictions came into the log after their window was frozen."""
    late = sum(max(0, tallies[number].rows - windows[number].rows) for number in tallies if number < clock.number)
    if late:
        yield f"{late:,} predictions came into the log after their window was closed: not counted"


def _say_flagged_only(opened: Live, windows: Sequence[Window]) -> Iterator[str]:
    """Say where rows decided one way have labels and the others none: misses, or false alarms, cannot be seen."""
    flagged = sum((one.decided_positive.labelled for one in windows), 0)
    others = sum((one.decided_negative.labelled for one in windows), 0)
    due = sum((one.decided_negative.due for one in windows), 0)
    if opened.live.weight is None and flagged and due and not others:
        yield (
            f"only rows that were decided positive have labels: of {due:,} others none has one, so that misses cannot "
            "be seen; label a sample of them, with `weight:`"
        )

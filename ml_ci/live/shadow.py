"""Count the live rows of a shadow in windows: both models answer every row, and their errors are paired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from ml_ci.evaluation.confusion import Paired, PairedErrors
from ml_ci.live.beside import CANDIDATE, CHAMPION, BothModels, hold_both
from ml_ci.live.moments import Clock, write_moment
from ml_ci.live.values import Candidate, Champion, Coverage, Shadowed, ShadowWindow
from ml_ci.spec.values import ModelSpec, Stage
from ml_ci.tables.duck import select

# Rows by whether candidate and champion decided positive, and by their label; None has none.
_Cells: TypeAlias = Mapping[tuple[bool, bool, bool | None], int]


def shadow_rows(
    model: ModelSpec,
    stage: Stage,
    champion: Champion,
    candidate: Candidate,
    folder: Path,
    now: datetime,
    frozen: Sequence[ShadowWindow],
    environment: Mapping[str, str],
) -> Shadowed:
    """Pair the answers of both models on the same rows since both are there; windows in `frozen` stay as they are.

    A row is in the window of the champion's answer, and counts when it is `delay` old. UserError for rows that cannot
    be counted, with what to do.
    """
    with hold_both(model, champion, candidate, folder, now, environment) as both:
        notes = [*both.notes, *both.label()]
        cells, known, alone = _pair(both, "y"), _pair(both, "y1"), _count_alone(both)
        kept = {one.begin: one for one in frozen if one.closed}
        numbers = range(both.clock.number)
        windows = tuple(_make(both.clock, number, cells, known, alone, kept) for number in numbers)
        waiting, last = both.look_at_end()
        since = write_moment(both.clock.since)
    single = (sum(one.alone[0] for one in windows), sum(one.alone[1] for one in windows))
    if any(single):
        notes.append(
            f"{single[0]:,} rows were answered by the candidate alone, {single[1]:,} by the champion alone: "
            "not counted; a shadow answers every row"
        )
    sides = (model.name, stage.name, champion.version, candidate.version)
    return Shadowed(*sides, since, windows, waiting, last, tuple(notes))


def _pair(both: BothModels, label: str) -> dict[int, dict[tuple[bool, bool, bool | None], int]]:
    joined = f"labelled a JOIN labelled b ON a.id = b.id AND a.who = {CHAMPION} AND b.who = {CANDIDATE}"
    asked = select(f"a.w, b.d, a.d, a.{label}, count(*)", joined, "WHERE a.due GROUP BY ALL")
    found: dict[int, dict[tuple[bool, bool, bool | None], int]] = defaultdict(dict)
    for window, own, other, truth, number in both.database.execute(asked).fetchall():
        found[int(window)][own, other, truth] = int(number)
    return found


def _count_alone(both: BothModels) -> dict[int, tuple[int, int]]:
    """Count by window the rows that only the candidate, and only the champion, answered."""
    once = select("id, any_value(w) AS w, any_value(who) AS who", "answers", "GROUP BY id HAVING count(*) = 1")
    asked = f"w, count(*) FILTER (WHERE who = {CANDIDATE}), count(*) FILTER (WHERE who = {CHAMPION})"
    rows = both.database.execute(select(asked, f"({once})", "GROUP BY w")).fetchall()
    return {int(window): (int(own), int(other)) for window, own, other in rows}


def _make(
    clock: Clock,
    number: int,
    cells: Mapping[int, _Cells],
    known: Mapping[int, _Cells],
    alone: Mapping[int, tuple[int, int]],
    kept: Mapping[str, ShadowWindow],
) -> ShadowWindow:
    begin, end = clock.bounds(number)
    paired, now = _cross(cells.get(number, {})), _cross(known.get(number, {}))
    if begin in kept:
        return replace(kept[begin], late=_count_moved(now, kept[begin].paired))
    agreed, disagreed = (_cover(cells.get(number, {}), agree=agree) for agree in (True, False))
    late = _count_moved(now, paired)
    return ShadowWindow(begin, end, clock.is_closed(number), paired, agreed, disagreed, alone.get(number, (0, 0)), late)


def _cover(cells: _Cells, *, agree: bool) -> Coverage:
    chosen = {key: number for key, number in cells.items() if (key[0] is key[1]) is agree}
    return Coverage(sum(chosen.values()), sum(number for key, number in chosen.items() if key[2] is not None))


def _cross(cells: _Cells) -> Paired:
    """Cross the errors of candidate and champion, on negatives and on positives."""
    sides = []
    for truth in (False, True):
        counts = [cells.get((own, other, truth), 0) for own in (not truth, truth) for other in (not truth, truth)]
        sides.append(PairedErrors(*counts))
    return Paired(*sides)


def _count_moved(now: Paired, then: Paired) -> int:
    pairs = ((now.negatives, then.negatives), (now.positives, then.positives))
    names = ("both", "candidate_only", "baseline_only", "neither")
    return sum(max(0, getattr(after, name) - getattr(before, name)) for after, before in pairs for name in names)

"""The slices, the one that got worst first: rates before and after, and their intervals on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.reports.card_rates import LEVEL, ends
from ml_ci.reports.differences import SliceCounts, SliceRow, slice_row, slices_of
from ml_ci.reports.metrics import NOISE
from ml_ci.reports.numbers import percent
from ml_ci.reports.page.legend import legend
from ml_ci.reports.page.markup import NOTHING, Html, join, named, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, arrow, lead
from ml_ci.reports.page.svg import drawing
from ml_ci.reports.page.tables import Cell, Column, table
from ml_ci.reports.text import plural
from ml_ci.reports.values import ModelReport

# So many slices are shown at most, and so many before they are scrolled within the page.
_MOST, _OPEN = 100, 20
_WIDTH, _HEIGHT, _EDGE = 240.0, 10.0, 5.0
_TOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
_METRICS = ("fpr", "fnr")


@dataclass(frozen=True)
class _Seen:
    """A slice with its words, and the ends of both rates' intervals, None where they are not known."""

    counts: SliceCounts
    row: SliceRow
    ends: dict[str, tuple[float, float] | None]


def slices(sheet: Sheet) -> Part:
    """Give the section of the slices."""
    model = sheet.model
    found = sorted(slices_of(model), key=_harm, reverse=True)
    if not found:
        return Part("slices", "slices", "Slices", NOTHING)
    shown = _seen(model, found[:_MOST])
    left = f" The {plural(len(found) - _MOST, 'other slice')} are in report.json." if len(found) > _MOST else ""
    intervals = any(one.ends["fpr"] or one.ends["fnr"] for one in shown)
    said = (
        f"{plural(len(found), 'slice')}{', the one that got worst first' if model.baseline and len(found) > 1 else ''}."
    )
    how = (
        f" The lines are {percent(LEVEL, 0)} intervals, each of which holds by itself: of many slices some look worse "
        "by chance (≈: it may be noise), and small ones have wide intervals."
    )
    body = join((lead(said + how * intervals + left), legend(model), _table(sheet, shown)))
    return Part("slices", "slices", "Slices", body)


def _harm(one: SliceCounts) -> tuple[float, int]:
    """Give by how much a slice got worse, in the rate of which that is more; the larger slices first among equals."""
    pairs = ((one.now.fpr, one.was.fpr), (one.now.fnr, one.was.fnr))
    moves = [now - was for now, was in pairs if now is not None and was is not None]
    return max(moves, default=-2.0), int(one.now.rows)


def _seen(model: ModelReport, found: Sequence[SliceCounts]) -> list[_Seen]:
    ranges: dict[str, list[tuple[float, float] | None]] = {}
    counted = [one.now if isinstance(one.now, Confusion) else Confusion() for one in found]
    for metric in _METRICS:
        pairs = [(c.fp, c.negatives) if metric == "fpr" else (c.fn, c.positives) for c in counted]
        ranges[metric] = ends(pairs)
    return [_Seen(one, slice_row(model, one), {m: ranges[m][at] for m in _METRICS}) for at, one in enumerate(found)]


def _table(sheet: Sheet, shown: Sequence[_Seen]) -> Html:
    tops = {metric: _top(shown, metric) for metric in _METRICS}
    columns = [
        Column("slice", sorts="text"),
        Column("rows", sorts="number"),
        *(Column(f"{m.upper()}, 0 … {percent(tops[m], 0)}", sorts="number") for m in _METRICS),
    ]
    rows: list[list[Cell | Html]] = [
        [
            named(one.row.title, 120),
            text(f"{one.row.rows:,}"),
            *(_rate(one, metric, tops[metric], sheet.model.baseline is not None) for metric in _METRICS),
        ]
        for one in shown
    ]
    drawn = table(columns, rows, labels=False, class_="slices")
    if len(rows) <= _OPEN:
        return drawn
    return tag(
        "div", drawn, class_="long", tabindex="0", role="region", aria_label=f"{len(rows)} slices of {sheet.name}"
    )


def _rate(one: _Seen, metric: str, top: float, compared: bool) -> Cell:
    """Say a rate of a slice, draw it, and sort by how it moved, or by itself where there is nothing to compare with."""
    at = _METRICS.index(metric)
    was, now = (one.row.fpr, one.row.fnr)[at]
    old, new = getattr(one.counts.was, metric), getattr(one.counts.now, metric)
    moved = compared and was != now
    said = join((text(f"{was} → {now} " if moved else now), _way(one.row.arrows[at]) if moved else NOTHING))
    value = None if new is None else new if not compared else None if old is None else new - old
    if new is None:
        return Cell(said, value)
    return Cell(join((said, _draw(new, old if compared else None, one.ends[metric], top))), value)


def _way(said: str) -> Html:
    """Say which way it went; that nothing can be told is no news to be set in a colour."""
    return text(said) if said == NOISE else arrow(said)


def _draw(new: float, old: float | None, ends_: tuple[float, float] | None, top: float) -> Html:
    """Draw baseline, candidate and its interval; what lies beyond the scale ends at its edge. See `legend.dots`."""

    def place(rate: float) -> str:
        return f"{_EDGE + min(rate / top, 1.0) * (_WIDTH - 2 * _EDGE):.0f}"

    shapes = [tag("path", d=f"M{place(ends_[0])} 4H{place(ends_[1])}v2H{place(ends_[0])}z")] if ends_ else []
    if old is not None:
        shapes.append(tag("use", href="#old", x=place(old)))
    shapes.append(tag("use", href="#new", x=place(new)))
    said = f"interval {percent(ends_[0])} … {percent(ends_[1])}" if ends_ else ""
    return drawing(_WIDTH, _HEIGHT, said, *shapes, class_="s")


def _top(shown: Sequence[_Seen], metric: str) -> float:
    """Find an end of the scale that shows every rate, and most intervals."""
    pairs = [(getattr(one.counts.was, metric), getattr(one.counts.now, metric)) for one in shown]
    rates = [rate for pair in pairs for rate in pair if rate is not None and math.isfinite(rate)]
    uppers = sorted(found[1] for one in shown if (found := one.ends[metric]) is not None)
    wanted = max([0.0, *rates, *uppers[len(uppers) * 3 // 4 :][:1]])
    return next((top for top in _TOPS if wanted <= top * 1.001), 1.0)

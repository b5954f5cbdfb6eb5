"""Which columns moved away from the holdout, drawn: told beside an alarm, and never one."""

from __future__ import annotations

from ml_ci.reports.live.drawn import over_time
from ml_ci.reports.live.drawn.meter import meter
from ml_ci.reports.live.drawn.parts import Spot
from ml_ci.reports.live.drawn.watch_figures import drift_figures
from ml_ci.reports.live.values import ModelWatch
from ml_ci.reports.live.words import day
from ml_ci.reports.page.markup import NOTHING, Html, code, join, text
from ml_ci.reports.page.sheet import lead
from ml_ci.reports.page.tables import Column, table
from ml_ci.reports.text import plural

_MOST, _MOST_STILL = 100, 3
_LEAD = (
    "A column may move while the model stays as good, and the other way round: this explains an alarm, and is none. "
    "Evidence is against the column's distribution on the holdout, with room of what drift: allows."
)


def drift(model: ModelWatch, spot: Spot) -> Html:
    """Draw the section; nothing where no column was followed."""
    moved = sorted(model.drifted, key=lambda name: model.drifted[name])[:_MOST]
    still = [name for name in model.drift if name not in model.drifted]
    shown = [*moved, *(still if len(still) <= _MOST_STILL else [])]
    if not shown and not still:
        return NOTHING
    rows = [[code(name, 120), text(_since(model, name)), _meter(model, name)] for name in shown]
    if len(still) > _MOST_STILL:
        rows.append([text(plural(len(still), "other column" if moved else "column")), text("no"), text("")])
    columns = [Column("column"), Column("left the holdout's distribution"), Column("evidence")]
    drawn = over_time.charts(drift_figures(model, moved), spot.key, spot.level + 1)
    return join((lead(_LEAD), table(columns, rows, class_="drift gates"), drawn))


def _since(model: ModelWatch, name: str) -> str:
    at = model.drifted.get(name)
    if at is None:
        return "no"
    return f"since the window from {day(model.closed[at].begin)}" if 0 <= at < len(model.closed) else "yes"


def _meter(model: ModelWatch, name: str) -> Html:
    said = f"{name}: {_since(model, name)}"
    return meter(model.drift.get(name, ()), model.drift_line, said, ("as on the holdout", "line", "moved"))

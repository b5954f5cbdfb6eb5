"""Which side is drawn how: the same everywhere on the page."""

from __future__ import annotations

from ml_ci.reports.page.markup import NOTHING, Html, tag
from ml_ci.reports.page.svg import NEW, OLD, drawing
from ml_ci.reports.values import ModelReport


def legend(model: ModelReport) -> Html:
    """Say it above a drawing; nothing where there is one side only."""
    if model.baseline is None:
        return NOTHING
    new = drawing(12, 12, "", tag("circle", cx="6", cy="6", r="5", fill=NEW))
    old = drawing(12, 12, "", tag("circle", cx="6", cy="6", r="4", fill="none", stroke=OLD, stroke_width="2"))
    return tag("p", tag("span", old, "baseline"), tag("span", new, "candidate"), class_="legend")

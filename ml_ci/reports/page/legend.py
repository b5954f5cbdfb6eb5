"""Which side is drawn how: the same everywhere on the page."""

from __future__ import annotations

from ml_ci.reports.page.markup import NOTHING, Html, tag
from ml_ci.reports.page.svg import NEW, OLD, drawing
from ml_ci.reports.values import ModelReport


def legend(model: ModelReport) -> Html:
    """Say it above a drawing; nothing where there is one side only."""
    if model.baseline is None:
        return NOTHING
    sides = [tag("span", drawing(12, 10, "", tag("use", href=f"#{key}", x="6")), name) for key, name in _SIDES]
    return tag("p", *sides, class_="legend")


_SIDES = (("old", "baseline"), ("new", "candidate"))


def dots() -> Html:
    """Give the dots of both sides, of which the page draws many: hollow, and filled."""
    old = tag("circle", id="old", cy="5", r="3.5", fill="none", stroke=OLD, stroke_width="1.7")
    new = tag("circle", id="new", cy="5", r="4", fill=NEW)
    return tag("svg", tag("defs", old, new), width="0", height="0", aria_hidden="true", class_="dots")

"""A rate as a field of 100 squares: so many of a hundred rows."""

from __future__ import annotations

from ml_ci.reports.page.markup import Html, tag
from ml_ci.reports.page.svg import EMPTY, NEW, OLD, drawing, number

_ACROSS, _SIDE, _STEP = 25, 11, 13
WIDTH, HEIGHT = _ACROSS * _STEP, 4 * _STEP


def squares(rate: float, *, candidate: bool) -> Html:
    """Draw 100 squares, `rate` of them filled, the last one as far as it takes; what they say stands beside them."""
    filled = min(max(rate, 0.0), 1.0) * 100
    part = filled - int(filled)
    shapes = [_rows(100, EMPTY)]
    if filled:
        # A sliver that can be seen: one of a million is not none.
        last = max(part * _SIDE, 1.2) if part > 0.005 or filled < 1 else 0.0
        shapes.append(_rows(int(filled), NEW if candidate else OLD, last))
    return drawing(WIDTH, HEIGHT, "", *shapes, class_="squares")


def _rows(number_: int, colour: str, last: float = 0.0) -> Html:
    """Draw so many squares and a part of one: a dashed line is a row of them."""
    lines = []
    for row in range(4):
        whole = min(max(number_ - row * _ACROSS, 0), _ACROSS)
        more = last if row * _ACROSS <= number_ < (row + 1) * _ACROSS else 0.0
        if whole or more:
            length = whole * _STEP - 2 * (not more) + more
            lines.append(f"M1 {row * _STEP + 6.5:g}h{number(length)}")
    dashes = {"stroke": colour, "stroke_width": f"{_SIDE}", "stroke_dasharray": f"{_SIDE} {_STEP - _SIDE}"}
    return tag("path", d="".join(lines), **dashes)

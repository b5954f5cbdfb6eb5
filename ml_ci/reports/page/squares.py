"""A rate as a field of 100 squares: so many of a hundred rows."""

from __future__ import annotations

from ml_ci.reports.page.markup import Html, tag
from ml_ci.reports.page.svg import EMPTY, NEW, OLD, drawing, number

_ACROSS, _SIDE, _STEP = 25, 11.0, 13.0
WIDTH, HEIGHT = _ACROSS * _STEP, 4 * _STEP


def squares(rate: float, *, candidate: bool) -> Html:
    """Draw 100 squares, `rate` of them filled, the last one as far as it takes; what they say stands beside them."""
    filled = min(max(rate, 0.0), 1.0) * 100
    whole, part = int(filled), filled - int(filled)
    colour = NEW if candidate else OLD
    shapes = [
        _path([_square(at) for at in range(whole, 100)], EMPTY),
        _path([_square(at) for at in range(whole)], colour),
    ]
    if part > 0.005:
        # A sliver that can be seen: one of a million is not none.
        shapes.append(_path([_square(whole, max(part * _SIDE, 1.2))], colour))
    return drawing(WIDTH, HEIGHT, "", *shapes, class_="squares")


def _path(squares_: list[str], colour: str) -> Html:
    return tag("path", d="".join(squares_), fill=colour) if squares_ else Html("")


def _square(at: int, width: float = _SIDE) -> str:
    x, y = at % _ACROSS * _STEP + 1, at // _ACROSS * _STEP + 1
    return f"M{number(x)} {number(y)}h{number(width)}v{number(_SIDE)}h-{number(width)}z"

"""A gate as a drawing: its limit in the middle, what holds on the left, what does not on the right."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.reports.gate_rows import GateRow, interval_named
from ml_ci.reports.numbers import defined
from ml_ci.reports.page.markup import Html, join, tag
from ml_ci.reports.page.svg import BAD, GOOD, INK, NEW, drawing, number

_WIDTH, _HEIGHT, _EDGE = 320.0, 22.0, 12.0
_MIDDLE = _HEIGHT / 2


@dataclass(frozen=True)
class Reach:
    """How far value and interval lie beyond the limit, to the right; to the left of it, below 0, they hold."""

    value: float | None
    low: float | None
    high: float | None


def forest(row: GateRow) -> Html:
    """Draw a gate, with the words below it; "" where it has no limit, or no one direction."""
    reach = _reach(row)
    if reach is None:
        return Html("")
    drawn = drawing(_WIDTH, _HEIGHT, _said(row), *_ground(), *_marks(reach), class_="forest")
    limit = f"limit {row.limit.lstrip('≤≥<> ')}" if row.limit else "limit"
    below = tag(
        "div", tag("span", "holds"), tag("b", limit), tag("span", "does not hold"), class_="ends", aria_hidden="true"
    )
    return join((drawn, below))


def _said(row: GateRow) -> str:
    named = [f"limit {row.limit.lstrip('≤≥<> ')}" if row.limit else "", interval_named(row)]
    return ", ".join([f"{row.label}: {row.candidate}", *filter(None, named)])


def _reach(row: GateRow) -> Reach | None:
    sign, gate = row.shape.sign, row.gate
    way = {"≤": 1.0, "<": 1.0, "≥": -1.0, ">": -1.0}.get(sign)
    value, limit = defined(gate.value), defined(gate.limit)
    if way is None or limit is None or row.folded:
        return None
    beyond = None if value is None else (value - limit) * way
    if row.scale is None or row.scale.limit is None:
        return None if beyond is None else Reach(beyond, None, None)
    ends = sorted((end - row.scale.limit) * way for end in (row.scale.low, row.scale.high))
    at = None if row.scale.value is None else (row.scale.value - row.scale.limit) * way
    return Reach(at, *ends)


def _ground() -> list[Html]:
    half = number(_WIDTH / 2)
    return [
        tag("path", d=f"M0 5h{half}v12H0z", fill=GOOD),
        tag("path", d=f"M{half} 5h{half}v12h-{half}z", fill=BAD),
        tag("path", d=f"M{half} 1v20", stroke=INK, stroke_width="2"),
    ]


def _marks(reach: Reach) -> list[Html]:
    """Draw interval and value, on a scale of their own on which the furthest of them is near the edge."""
    ends = [abs(one) for one in (reach.value, reach.low, reach.high) if one is not None]
    unit = (_WIDTH / 2 - _EDGE) / (max(ends) or 1.0) * (1.0 if reach.low is not None else 0.6)

    def place(beyond: float) -> float:
        return _WIDTH / 2 + beyond * unit

    shapes = []
    if reach.low is not None and reach.high is not None:
        low, high = number(place(reach.low)), number(place(reach.high))
        line = f"M{low} {number(_MIDDLE)}H{high}M{low} 7v8M{high} 7v8"
        shapes.append(tag("path", d=line, stroke=NEW, stroke_width="2", fill="none"))
    if reach.value is not None:
        shapes.append(tag("circle", cx=number(place(reach.value)), cy=number(_MIDDLE), r="5", fill=NEW))
    return shapes

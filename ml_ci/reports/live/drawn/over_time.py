"""Charts over time: a place across for every judged window, and under some of them the day on which it begins."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ml_ci.reports.card_rates import ends
from ml_ci.reports.live.words import day
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.curves.figures import Figure
from ml_ci.reports.page.curves.frame import ACROSS, DOWN, Axis, Layer, chart, dots, line, rules
from ml_ci.reports.page.curves.thin import Point, thin
from ml_ci.reports.page.markup import NOTHING, Html, code, tag, text

_TICKS = 3
# Of more windows dots and intervals would cover each other.
MOST_DOTS = 40
_POWERS, _TEN = 5, math.log(10)
_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MISSING = ("The charts are not drawn here: what draws them is not installed. ", "pip install 'ml-ci[report]'")


def time_axis(begins: Sequence[str]) -> Axis:
    """Give the axis of windows by their begins, ISO 8601; a begin that is none gets its number."""
    number = len(begins)
    step = max(1, -(-number // _TICKS))
    shown = range(step // 2, number, step) if number > _TICKS else range(number)
    return Axis("window", 0.5, number + 0.5, ticks=tuple((at + 1.0, _name(begins[at], at)) for at in shown))


def _name(begin: str, at: int) -> str:
    said = day(begin)
    return said if _DAY.fullmatch(said) else str(at + 1)


def share_axis(title: str, shares: Sequence[float], *, whole: bool = False) -> Axis:
    """Give an axis of shares that holds all of these: from 0 on, or around them where they are all high."""
    if whole or not shares:
        return Axis(title, 0.0, 1.0, "%")
    low, high = min(shares), max(shares)
    if low <= 0.5:
        return Axis(title, 0.0, min(1.0, high * 1.1 or 1.0), "%")
    room = 0.1 * (1.02 - low)
    return Axis(title, max(0.0, low - room), min(1.0, high + room), "%")


def follow(
    values: Sequence[float | None], axis: Axis, colour: str, *, dashed: bool = False, marked: bool = True
) -> list[Layer]:
    """Draw a line from window to window, past those without a value, and dots where there are few.

    What lies beyond the axis is drawn on its edge.
    """
    within = [None if value is None else min(max(value, axis.low), axis.high) for value in values]
    points = [(at, value) for at, value in enumerate(within, 1) if value is not None]
    scale = (ACROSS / max(len(values), 1), DOWN / (axis.high - axis.low))
    layers = [line(thin(points, scale), colour, dashed=dashed, wide=1.5 if dashed else 2)]
    if marked and len(values) <= MOST_DOTS:
        layers.append(dots(points, colour, hollow=dashed, size=28))
    return layers


def across(value: float | None, windows: int, colour: str) -> list[Layer]:
    """Draw a dashed line across all windows; none without a value."""
    return [] if value is None else [line([(0.5, value), (windows + 0.5, value)], colour, dashed=True, wide=1.5)]


def intervals(pairs: Sequence[tuple[int, int]], colour: str) -> tuple[list[Layer], list[float]]:
    """Draw the interval of each window's rate (part, whole), and give their ends; none of many windows."""
    if len(pairs) > MOST_DOTS:
        return [], []
    known = [(float(at), *one) for at, one in enumerate(ends(pairs), 1) if one is not None]
    layer = rules([(at, low) for at, low, _ in known], [(at, high) for at, _, high in known], colour)
    return [layer], [end for _, low, high in known for end in (low, high)]


def evidence_axis(found: Sequence[float], line_at: float | None) -> Axis:
    """Give an axis of evidence that holds the line and what is `found`, in natural logarithms, to twice the line."""
    far = 2 * line_at if line_at is not None and line_at > 0 else max([*found, 1.0])
    high = max(min(max([*found, 0.0]), far), line_at or 0.0) * 1.08 or 1.0
    low = max(min([*found, 0.0]), -far) * 1.08 or -0.04 * high
    first, last = math.ceil(low / _TEN), math.floor(high / _TEN)
    step = max(1, math.ceil((last - first + 1) / _POWERS))
    powers = range(-(-first // step) * step, last + 1, step)
    return Axis("evidence", low, high, ticks=tuple((power * _TEN, _power(power)) for power in powers))


def _power(power: int) -> str:
    """Write a power of ten as a number, a large one with its exponent."""
    if -2 <= power <= 3:
        return f"{10**power:,g}"
    return f"10{str(power).replace('-', '−').translate(_RAISED)}"


def figure(kind: str, titled: str, reading: str, said: str, axes: tuple[Axis, Axis], layers: Sequence[Layer]) -> Figure:
    """Give a chart with its words."""
    return Figure(kind, titled, reading, said, chart(*axes, layers))


def charts(figures: Sequence[Figure], key: str, level: int) -> Html:
    """Draw the charts beside each other; without what draws them, say so. `key` begins their ids."""
    if not figures:
        return NOTHING
    if not draw.is_there():
        return tag("p", text(_MISSING[0]), code(_MISSING[1]), class_="caution")
    return tag("div", *(_figure(one, key, level) for one in figures), class_="charts")


def _figure(one: Figure, key: str, level: int) -> Html:
    drawn = draw.draw(one.spec, f"{key}-{one.kind}", one.said)
    head = tag(f"h{level}", one.title)
    return tag("div", head, tag("p", one.reading, class_="reading"), drawn, class_="figure")


def points(values: Sequence[tuple[int, float | None]]) -> list[Point]:
    """Give the points of some windows, by their number from 0 on; those without a value are left out."""
    return [(at + 1.0, value) for at, value in values if value is not None]

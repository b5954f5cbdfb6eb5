"""Points that a line needs: those that lie on it to a quarter of a pixel are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
_QUARTER = 0.25


def thin(points: Sequence[Point], scale: Point, most: float = _QUARTER) -> list[Point]:
    """Give the points without those that are at most `most` pixels beside the line of the others.

    By Ramer, Douglas and Peucker. `scale` is how many pixels a unit of x and of y has.
    """
    if len(points) < 3:
        return list(points)
    kept, open_ = {0, len(points) - 1}, [(0, len(points) - 1)]
    while open_:
        first, last = open_.pop()
        at, far = _furthest(points, first, last, scale)
        if far > most:
            kept.add(at)
            open_ += [(first, at), (at, last)]
    return [points[at] for at in sorted(kept)]


def _furthest(points: Sequence[Point], first: int, last: int, scale: Point) -> tuple[int, float]:
    """Find the point between two that is furthest from the stretch between them, in pixels."""
    (x0, y0), (x1, y1) = (_scaled(points[at], scale) for at in (first, last))
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    best, far = first, -1.0
    for at in range(first + 1, last):
        x, y = _scaled(points[at], scale)
        along = 0.0 if not length else min(1.0, max(0.0, ((x - x0) * dx + (y - y0) * dy) / length))
        away = ((x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2) ** 0.5
        if away > far:
            best, far = at, away
    return best, far


def _scaled(point: Point, scale: Point) -> Point:
    return point[0] * scale[0], point[1] * scale[1]


def stairs(points: Sequence[Point]) -> list[Point]:
    """Give the corners of a staircase that keeps each value up to the next point's place, without those on a line."""
    corners: list[Point] = []
    for at, (x, y) in enumerate(points):
        if at:
            corners.append((x, points[at - 1][1]))
        corners.append((x, y))
    return [
        one
        for at, one in enumerate(corners)
        if at in (0, len(corners) - 1) or not _between(corners[at - 1], one, corners[at + 1])
    ]


def _between(before: Point, one: Point, after: Point) -> bool:
    return before[0] == one[0] == after[0] or before[1] == one[1] == after[1]

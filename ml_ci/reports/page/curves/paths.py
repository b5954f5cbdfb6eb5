"""Write a path shorter: a staircase by how far it goes across and down, a circle as what it is."""

from __future__ import annotations

import re

_POINT = re.compile(r"([ML])(-?[\d.]+),(-?[\d.]+)|(Z)")
_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
_MOVED = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")


def shorten(path: str) -> str:
    """Write the lines of a path by their direction; what has curves is left as it is."""
    steps = list(_POINT.finditer(path))
    if "".join(step[0] for step in steps) != path:
        return path
    said: list[str] = []
    x, y = "", ""
    for step in steps:
        if step[4]:
            said.append("z")
        elif step[1] == "M":
            said.append(f"M{step[2]} {step[3]}")
        elif step[3] == y:
            _go(said, "H", step[2], x)
        elif step[2] == x:
            _go(said, "V", step[3], y)
        else:
            said.append(f"L{step[2]} {step[3]}")
        if not step[4]:
            x, y = step[2], step[3]
    return "".join(said)


def _go(said: list[str], way: str, to: str, here: str) -> None:
    """Go across or down, on from the last step where that went the same way."""
    if to == here:
        return
    before = said[-1]
    if before[0] == way and len(said) > 1 and _ahead(said, float(here), float(to), way):
        said[-1] = f"{way}{to}"
    else:
        said.append(f"{way}{to}")


def _ahead(said: list[str], here: float, to: float, way: str) -> bool:
    """Say whether the step goes on in the direction of the one before it."""
    start = next((one for one in reversed(said[:-1]) if one[0] in "ML" + way), "")
    numbers = start[1:].split(" ")
    was = float(numbers[0] if way == "H" or len(numbers) == 1 else numbers[1])
    return (here - was) * (to - here) > 0


def circle_of(path: str, transform: str) -> dict[str, str] | None:
    """Give the circle that a path is, by `cx`, `cy` and `r`; None for any other path."""
    found, moved = _CIRCLE.fullmatch(path), _MOVED.fullmatch(transform)
    if found is None or moved is None:
        return None
    return {"cx": moved[1], "cy": moved[2], "r": found[1]}

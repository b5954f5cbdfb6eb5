"""An interval as a small bar against its limit: `  ├──●──┤ ┃`."""

from __future__ import annotations

from ml_ci.reports.gate_rows import Scale


def bar(scale: Scale, width: int = 20) -> str:
    """Draw the interval `├─●─┤` and the limit `┃` on `width` characters, to one scale.

    Where the limit falls on the same character as an end or the value, the limit is shown: it decides.
    """
    low, high = min(scale.low, scale.high), max(scale.low, scale.high)
    shown = [low, high] + [value for value in (scale.value, scale.limit) if value is not None]
    first, last = min(shown), max(shown)
    cells = [" "] * width

    def place(value: float) -> int:
        return round((value - first) / (last - first) * (width - 1)) if last > first else width // 2

    for at in range(place(low), place(high) + 1):
        cells[at] = "─"
    cells[place(low)], cells[place(high)] = "├", "┤"
    if scale.value is not None:
        cells[place(scale.value)] = "●"
    if scale.limit is not None:
        cells[place(scale.limit)] = "┃"
    return "".join(cells)

"""What is said of live rows: rates since the promotion, windows by their first day, spans of time."""

from __future__ import annotations

import math

from ml_ci.conditions.tree import Metric
from ml_ci.gates.wording import said, title, two_digits
from ml_ci.live.values import ShadowWindow, SplitWindow, Window
from ml_ci.metrics import TABLE

_DAY = 86_400.0
_SPANS = ((365 * _DAY, "year"), (_DAY, "day"), (3_600.0, "hour"), (60.0, "minute"), (1.0, "second"))
# Beyond these windows nobody waits.
_MOST_WINDOWS = 10_000


def begin(window: Window | ShadowWindow | SplitWindow) -> str:
    """Say when a window begins: `2026-05-04`, or `2026-05-04 06:00` where it is not midnight, UTC."""
    day, _, time = window.begin.partition("T")
    return day if not time or time.startswith("00:00:00") else f"{day} {time[:5]}"


def span(seconds: float) -> str:
    """Say a span of time in the largest unit that it is a whole number of: `5 years`, `30 days`, `36 hours`."""
    for unit, name in _SPANS:
        number = seconds / unit
        if number >= 1 and number == round(number):
            return f"{number:,.0f} {name}{'' if number == 1 else 's'}"
    return f"{seconds:g} seconds"


def windows(number: float) -> str:
    """Say a number of windows: `1 window`, `12 windows`."""
    return f"{number:,.0f} window{'' if number == 1 else 's'}"


def about_windows(number: float) -> str:
    """Say an estimate of windows, rounded up: `about 12 windows`."""
    if not number <= _MOST_WINDOWS:
        return f"more than {_MOST_WINDOWS:,} windows"
    return f"about {windows(two_digits(max(1, math.ceil(number))))}"


def heading(
    metric: str,
    value: float | None,
    counts: tuple[float, float] | None,
    limit: str,
    *,
    upper: bool,
    known: bool = True,
) -> str:
    """Say the numbers: `FNR 12.1% (34 of 281) since the promotion, limit 15.0%`; `counts` are of the metric's own rows.

    Without them the rate is estimated from weights. A rate that the labelled rows do not tell is not `known`.
    """
    name, asked = title(Metric(metric)), f"limit {'' if upper else 'at least '}{limit}"
    if not known:
        return f"{name} is not known since the promotion, {asked}"
    if value is None:
        of = TABLE[metric].of
        return f"{name}: no labelled {of} since the promotion, {asked}"
    rate = said(Metric(metric), value)[0]
    rows = " (weighted)" if counts is None else f" ({counts[0]:,.0f} of {counts[1]:,.0f})"
    return f"{name} {rate}{rows} since the promotion, {asked}"

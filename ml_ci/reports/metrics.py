"""How each metric is named, in which unit it is said, and which direction is better."""

from __future__ import annotations

import re

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import is_proportion, share
from ml_ci.metrics import OF_JOB, TABLE, Direction, Unit, find
from ml_ci.reports.numbers import UNDEFINED, decimal, defined, digits_for, duration, percent, percents, points, signed

# What stands behind a number that is neither a share nor a count, and the fewest decimals to say it with.
_UNITS: dict[Unit, tuple[str, int]] = {"MB": (" MB", 1), "ms": (" ms", 1)}
_RECALL_AT = re.compile(r"recall_at\(fpr=(\d{1,3}(?:\.\d{1,20})?(?:e-?\d{1,2})?)\)")
# A difference that the rows cannot tell from none.
NOISE = "≈"
# What a user calls the two errors, plural.
ERRORS = {"fpr": "false alarms", "fnr": "misses"}


def title(metric: str) -> str:
    """Name a metric as it is said: `FPR`, `average precision`. A user's own name stays as it is."""
    at = _RECALL_AT.fullmatch(metric)
    if at:
        return f"recall at FPR {percent(float(at.group(1)))}"
    row = TABLE.get(metric)
    return row.called if row else metric


def better(metric: str) -> Direction:
    """Say which direction is better; `neither` for what is no quality (prevalence) or is not known (a user's own)."""
    row = find(metric)
    return row.better if row else "neither"


def unit(metric: str) -> Unit:
    """Give the unit of a metric; none for a user's own."""
    row = find(metric)
    return row.unit if row else ""


def decimals(metric: str) -> int | None:
    """Give the fewest decimals that a metric is said with, in its unit; None for times and numbers of rows."""
    if unit(metric) in ("rows", "s"):
        return None
    return 1 if unit(metric) == "%" else _behind(metric, "")[1]


def said(metric: str, values: list[float | None], currency: str = "", least: int = 0) -> list[str]:
    """Say values of one metric that are compared with each other, in its unit, told apart where they differ.

    `least` is how many decimals there are at least, where the metric has any.
    """
    if unit(metric) == "%":
        return percents(values, max(least, 1))
    if unit(metric) == "rows":
        return [UNDEFINED if defined(value) is None else f"{value:,.0f}" for value in values]
    if unit(metric) == "s":
        return [duration(value) for value in values]
    behind, digits = _behind(metric, currency)
    digits = digits_for(values, max(digits, least))
    return [shown if shown == UNDEFINED else shown + behind for shown in (decimal(value, digits) for value in values)]


def difference(metric: str, delta: float | None, currency: str = "", least: int = 0) -> str:
    """Say the difference of two values of a metric with its sign: points for rates, the metric's unit for others."""
    if unit(metric) == "%":
        return points(delta, max(least, 1))
    if defined(delta) is None or delta is None:
        return UNDEFINED
    if unit(metric) == "rows":
        return f"{delta:+,.0f}".replace("-", "−") if delta else "0"
    if unit(metric) == "s":
        return ("+" if delta > 0 else "−" if delta < 0 else "") + duration(abs(delta))
    behind, digits = _behind(metric, currency)
    return signed(round(delta, 9), max(digits, least)) + behind


def _behind(metric: str, currency: str) -> tuple[str, int]:
    """Give what stands behind the number, with a space before it, and the fewest decimals to say it with."""
    return (f" {currency}".rstrip(), 2) if unit(metric) == "money" else _UNITS.get(unit(metric), ("", 3))


def arrow(metric: str, before: float | None, after: float | None, told: bool | None = None) -> str:
    """Say which way a metric went and whether that is good: `▲ worse`, `▼ better`, `▲`, `=`, or "" when undefined.

    `told` says whether the difference is more than noise: if not, it is `≈`; where no test says it (None), only the way
    is said. What a job took is no sample, and needs none.
    """
    old, new = defined(before), defined(after)
    if old is None or new is None:
        return ""
    if old == new:
        return "="
    way = "▲" if new > old else "▼"
    good = better(metric)
    if told is False:
        return NOISE
    if good == "neither" or (told is None and metric not in OF_JOB):
        return way
    return f"{way} better" if (new > old) == (good == "higher") else f"{way} worse"


def counts_of(metric: str, confusion: Confusion) -> tuple[int, int] | None:
    """Give the counts (part, whole) behind a rate that is a share of rows; None for every other metric."""
    return share(confusion, metric) if is_proportion(metric) else None

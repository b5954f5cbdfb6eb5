"""How each metric is named, in which unit it is said, and which direction is better."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from ml_ci.conditions import names
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import is_proportion, share
from ml_ci.reports.numbers import UNDEFINED, decimal, defined, digits_for, duration, percent, percents, points, signed

Better: TypeAlias = Literal["lower", "higher", "neither"]

# Said in percent.
RATES = names.PROPORTIONS | {"f1", "balanced_accuracy"}
_TITLES = {
    "fpr": "FPR",
    "fnr": "FNR",
    "tpr": "TPR",
    "tnr": "TNR",
    "npv": "NPV",
    "f1": "F1",
    "auc": "AUC",
    "mcc": "MCC",
    "ece": "ECE",
    "brier": "Brier score",
    "megabytes": "peak memory of the training",
    "seconds": "training time",
    "milliseconds_per_row": "time a row",
    "cost": "cost a row",
    "cost_per_1000": "cost of 1,000 rows",
}
_RECALL_AT = re.compile(r"recall_at\(fpr=(\d{1,3}(?:\.\d{1,20})?(?:e-?\d{1,2})?)\)")
# What a user calls the two errors, plural.
ERRORS = {"fpr": "false alarms", "fnr": "misses"}


def title(metric: str) -> str:
    """Name a metric as it is said: `FPR`, `average precision`. A user's own name stays as it is."""
    if metric in _TITLES:
        return _TITLES[metric]
    at = _RECALL_AT.fullmatch(metric)
    if at:
        return f"recall at FPR {percent(float(at.group(1)))}"
    return metric.replace("_", " ") if metric in names.METRICS else metric


def better(metric: str) -> Better:
    """Say which direction is better; `neither` for what is no quality (prevalence) or is not known (a user's own)."""
    name = metric.partition("(")[0]
    if name in names.HIGHER_IS_WORSE:
        return "lower"
    return "higher" if name in names.LOWER_IS_WORSE or name == "recall_at" else "neither"


def said(metric: str, values: list[float | None], currency: str = "") -> list[str]:
    """Say values of one metric that are compared with each other, in its unit, told apart where they differ."""
    if metric.partition("(")[0] in RATES | {"recall_at"}:
        return percents(values)
    if metric in names.COUNTS:
        return [UNDEFINED if defined(value) is None else f"{value:,.0f}" for value in values]
    if metric == "seconds":
        return [duration(value) for value in values]
    unit, digits = _unit(metric, currency)
    digits = digits_for(values, digits)
    return [shown if shown == UNDEFINED else shown + unit for shown in (decimal(value, digits) for value in values)]


def difference(metric: str, delta: float | None, currency: str = "") -> str:
    """Say the difference of two values of a metric with its sign: points for rates, the metric's unit for others."""
    if metric.partition("(")[0] in RATES | {"recall_at"}:
        return points(delta)
    if defined(delta) is None or delta is None:
        return UNDEFINED
    if metric in names.COUNTS:
        return f"{delta:+,.0f}".replace("-", "−") if delta else "0"
    if metric == "seconds":
        return ("+" if delta > 0 else "−" if delta < 0 else "") + duration(abs(delta))
    unit, digits = _unit(metric, currency)
    return signed(round(delta, 9), digits) + unit


def _unit(metric: str, currency: str) -> tuple[str, int]:
    """Give the unit of a metric that is no rate, with a space before it, and the fewest decimals to say it with."""
    if metric in names.OF_COST:
        return f" {currency}".rstrip(), 2
    return {"megabytes": (" MB", 1), "milliseconds_per_row": (" ms", 1)}.get(metric, ("", 3))


def arrow(metric: str, before: float | None, after: float | None) -> str:
    """Say which way a metric went and whether that is good: `▲ worse`, `▼ better`, `▲`, `=`, or "" when undefined."""
    old, new = defined(before), defined(after)
    if old is None or new is None:
        return ""
    if old == new:
        return "="
    way = "▲" if new > old else "▼"
    good = better(metric)
    if good == "neither":
        return way
    return f"{way} better" if (new > old) == (good == "higher") else f"{way} worse"


def counts_of(metric: str, confusion: Confusion) -> tuple[int, int] | None:
    """Give the counts (part, whole) behind a rate that is a share of rows; None for every other metric."""
    return share(confusion, metric) if is_proportion(metric) else None

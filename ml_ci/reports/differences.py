"""What moved between baseline and candidate: metrics of all rows, and slices."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import metrics_of
from ml_ci.metrics import OF_COUNTS, OF_JOB, TABLE
from ml_ci.reports.gate_rows import currency, slice_title
from ml_ci.reports.metrics import arrow, said, title
from ml_ci.reports.moves import moved
from ml_ci.reports.numbers import defined
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport, Side

_SHOWN = tuple(row.name for row in TABLE.values() if row.shown)
_MOST_METRICS = 25


@dataclass(frozen=True)
class MetricRow:
    """One metric of both sides in words; `baseline`, `change` and `arrow` are "" without a baseline.

    `arrow` is "=" where no difference can be seen at the digits that are shown, `same` where there is none at all.
    """

    title: str
    baseline: str
    candidate: str
    change: str
    arrow: str
    same: bool = False


@dataclass(frozen=True)
class SliceRow:
    """One slice: its rows in the candidate, and FPR and FNR of both sides."""

    title: str
    rows: int
    fpr: tuple[str, str]
    fnr: tuple[str, str]
    arrows: tuple[str, str]


def metric_rows(model: ModelReport) -> list[MetricRow]:
    """Compare every metric that either side has: the usual rates first, then the others by name."""
    if model.candidate is None:
        return []
    new, old = all_metrics(model.candidate), all_metrics(model.baseline) if model.baseline else {}
    # What a job took differs from one machine and hour to the next: only who gates it wants to see it.
    hidden = {name for name in OF_JOB if not any(_names(name, gate.condition) for gate in model.gates)}
    others = [name for name in model.candidate.metrics if name not in OF_COUNTS and name not in hidden]
    rows = []
    for name in [*_SHOWN, *sorted(others)][:_MOST_METRICS]:
        before, after = defined(old.get(name)), defined(new.get(name))
        if before is None and after is None and name not in ("fpr", "fnr"):
            continue
        rows.append(_metric_row(name, before, after, model.baseline is not None, currency(model)))
    return rows


def _names(metric: str, condition: str) -> bool:
    return re.search(rf"\b{metric}\b", condition) is not None


def unmoved(rows: list[MetricRow]) -> bool:
    """Say whether every metric has the very same value on both sides."""
    return bool(rows) and all(row.same for row in rows)


def all_metrics(side: Side) -> dict[str, float | None]:
    """Give the rates of the four counts and the other metrics of one side, finite or None."""
    return {name: defined(value) for name, value in (dict(side.metrics) | metrics_of(side.confusion)).items()}


def _metric_row(name: str, before: float | None, after: float | None, both: bool, unit: str) -> MetricRow:
    shown = label(title(name), 60)
    if not both:
        return MetricRow(shown, "", said(name, [after], unit)[0], "", "")
    pair = moved(name, before, after, unit)
    return MetricRow(shown, *pair.said, pair.change, pair.arrow, before is not None and before == after)


def slice_rows(model: ModelReport, most: int) -> tuple[list[SliceRow], int]:
    """Give the `most` slices that moved furthest, and how many moved; without a baseline the largest, and all.

    How far a slice moved is the larger move of its FPR and FNR.
    """
    if model.candidate is None:
        return [], 0
    found = []
    for column, values in model.candidate.slices.items():
        before = model.baseline.slices.get(column, {}) if model.baseline else {}
        found += [(slice_title(column, value), now, before.get(value, Confusion())) for value, now in values.items()]
    if model.baseline is None:
        found.sort(key=lambda one: -one[1].rows)
    else:
        found = sorted((one for one in found if _moved(*one[1:])), key=lambda one: -_moved(*one[1:]))
    return [_slice_row(*one) for one in found[:most]], len(found)


def _moved(now: Confusion, before: Confusion) -> float:
    pairs = ((now.fpr, before.fpr), (now.fnr, before.fnr))
    return max((abs(new - old) for new, old in pairs if new is not None and old is not None), default=0.0)


def _slice_row(name: str, now: Confusion, old: Confusion) -> SliceRow:
    fpr, fnr = said("fpr", [old.fpr, now.fpr]), said("fnr", [old.fnr, now.fnr])
    arrows = arrow("fpr", old.fpr, now.fpr), arrow("fnr", old.fnr, now.fnr)
    return SliceRow(label(name, 120), now.rows, (fpr[0], fpr[1]), (fnr[0], fnr[1]), arrows)

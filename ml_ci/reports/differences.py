"""What moved between baseline and candidate: metrics of all rows, and slices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion, largest_move
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Difference, GateResult
from ml_ci.metrics import OF_COUNTS, OF_JOB, TABLE
from ml_ci.reports.conditions import shape_of
from ml_ci.reports.gate_rows import currency, slice_title
from ml_ci.reports.metrics import NOISE, arrow, said, title
from ml_ci.reports.moves import moved
from ml_ci.reports.numbers import defined
from ml_ci.reports.rates import of_side, of_slices
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport, Side

_SHOWN = tuple(row.name for row in TABLE.values() if row.shown)
_MOST_METRICS = 25


@dataclass(frozen=True)
class MetricRow:
    """One metric of both sides in words; `baseline`, `change` and `arrow` are "" without a baseline.

    `arrow` is "≈" where the difference may be noise, "=" where none can be seen at the digits that are shown, `same`
    where there is none at all.
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


@dataclass(frozen=True)
class SliceCounts:
    """One slice of both sides: rows, or where rows have weights, the rows of the population that they stand for."""

    column: str
    value: str
    now: Confusion | Weighted
    was: Confusion | Weighted


def metric_rows(model: ModelReport) -> list[MetricRow]:
    """Compare every metric that either side has: the usual rates first, then the others by name."""
    return [_metric_row(*move, model) for move in _moves(model)]


def none_told(model: ModelReport) -> bool:
    """Say whether both sides differ, and no difference on all rows is more than noise.

    False where one is not tested, or the interval of a gate leaves out 0; what the jobs took is not asked. A metric
    that was tested counts where its values are not at hand, too, as of the base's yardstick.
    """
    if model.baseline is None or any(_leaves_out_none(model, gate) for gate in model.gates):
        return False
    if any(one.told for name, one in model.differences.metrics.items() if name not in OF_JOB):
        return False
    moves = [move for move in _moves(model) if move[0] not in OF_JOB and move[1:] != (None, None)]
    rows = [_metric_row(*move, model) for move in moves]
    return all(row.arrow in (NOISE, "=") for row in rows) and not all(row.same for row in rows)


def _leaves_out_none(model: ModelReport, gate: GateResult) -> bool:
    """Say whether a gate's interval is of a difference, and proves that there is one."""
    return shape_of(model, gate).relative and Difference(gate.interval).told


def _moves(model: ModelReport) -> Iterator[tuple[str, float | None, float | None]]:
    """Give each metric that either side has, with its values before and after."""
    if model.candidate is None:
        return
    new, old = all_metrics(model.candidate), all_metrics(model.baseline) if model.baseline else {}
    # What a job took differs from one machine and hour to the next: only who gates it wants to see it.
    hidden = {name for name in OF_JOB if not any(_names(name, gate.condition) for gate in model.gates)}
    others = [name for name in model.candidate.metrics if name not in OF_COUNTS and name not in hidden]
    for name in [*_SHOWN, *sorted(others)][:_MOST_METRICS]:
        before, after = defined(old.get(name)), defined(new.get(name))
        if before is None and after is None and name not in ("fpr", "fnr"):
            continue
        yield name, before, after


def _names(metric: str, condition: str) -> bool:
    return re.search(rf"\b{metric}\b", condition) is not None


def unmoved(rows: list[MetricRow]) -> bool:
    """Say whether every metric has the very same value on both sides."""
    return bool(rows) and all(row.same for row in rows)


def all_metrics(side: Side) -> dict[str, float | None]:
    """Give the rates of the four counts and the other metrics of one side, finite or None."""
    return {name: defined(value) for name, value in (dict(side.metrics) | of_side(side)).items()}


def _metric_row(name: str, before: float | None, after: float | None, model: ModelReport) -> MetricRow:
    shown, unit = label(title(name), 60), currency(model)
    if model.baseline is None:
        return MetricRow(shown, "", said(name, [after], unit)[0], "", "")
    pair = moved(name, before, after, unit, _told(model.differences.metrics, name))
    return MetricRow(shown, *pair.said, pair.change, pair.arrow, before is not None and before == after)


def slice_rows(model: ModelReport, most: int) -> tuple[list[SliceRow], int]:
    """Give the `most` slices that moved furthest, and how many moved; without a baseline the largest, and all.

    How far a slice moved is the larger move of its FPR and FNR.
    """
    found = slices_of(model)
    if model.baseline is None:
        found.sort(key=lambda one: -one.now.rows)
    else:
        found = sorted((one for one in found if largest_move(one.now, one.was)), key=_largest)
    return [slice_row(model, one) for one in found[:most]], len(found)


def _largest(one: SliceCounts) -> float:
    return -largest_move(one.now, one.was)


def slices_of(model: ModelReport) -> list[SliceCounts]:
    """Give the counts of every slice of both sides, as they are declared; [] without a candidate."""
    if model.candidate is None:
        return []
    found = []
    for column in model.candidate.slices:
        before = of_slices(model.baseline, column) if model.baseline else {}
        values = of_slices(model.candidate, column)
        found += [SliceCounts(column, value, now, before.get(value, Confusion())) for value, now in values.items()]
    return found


def _told(found: Mapping[str, Difference], metric: str) -> bool | None:
    """Say whether a difference is more than noise; None where it was not tested."""
    return found[metric].told if metric in found else None


def slice_row(model: ModelReport, one: SliceCounts) -> SliceRow:
    """Put one slice into words."""
    told = model.differences.slices.get(one.column, {}).get(one.value, {})
    now, old = one.now, one.was
    fpr, fnr = said("fpr", [old.fpr, now.fpr]), said("fnr", [old.fnr, now.fnr])
    arrows = (
        arrow("fpr", old.fpr, now.fpr, _told(told, "fpr")),
        arrow("fnr", old.fnr, now.fnr, _told(told, "fnr")),
    )
    rows = model.candidate.slices[one.column][one.value].rows if model.candidate else 0
    title = label(slice_title(one.column, one.value), 120)
    return SliceRow(title, rows, (fpr[0], fpr[1]), (fnr[0], fnr[1]), arrows)

"""One row per gate, as words and numbers: what every rendering of the gates shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import nothing_to_compare
from ml_ci.gates.together import NEUTRAL, more_clusters
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.verdict import ORDER
from ml_ci.gates.wording import confidence_said, more_rows
from ml_ci.metrics import find
from ml_ci.reports.behaviours import as_side
from ml_ci.reports.conditions import Shape, name, shape_of
from ml_ci.reports.metrics import counts_of, difference, said, unit
from ml_ci.reports.numbers import UNDEFINED, decimal, defined, percent, points, share, signed
from ml_ci.reports.text import label
from ml_ci.reports.values import ModelReport, Side

MARKS: dict[Verdict, str] = {"pass": "✓", "fail": "✗", "inconclusive": "?", "error": "!", "unjudged": "–"}
# Beyond so many slices of one gate, those that pass are one row.
_MOST_SLICES = 6
# What a mark beside a number and its limit says already.
_PLAIN = ("above the limit as measured", "below the limit as measured")


@dataclass(frozen=True)
class Scale:
    """The numbers of a bar: the interval, the measured value and the limit, all values or all differences."""

    low: float
    high: float
    value: float | None
    limit: float | None


@dataclass(frozen=True)
class GateRow:
    """A gate in words; absent cells are "".

    `interval` are the ends in words, `level` how sure they are together: `90%`, "" where the report does not say.
    `named` is False where `label` is the condition itself. `remark` is the reason where it has to be read: no pass,
    or a pass without a limit. `folded` is how many passing slices this row stands for, 0 for a row of its own.
    """

    gate: GateResult
    mark: str
    label: str
    named: bool
    candidate: str
    counts: str
    baseline: str
    limit: str
    interval: str
    level: str
    needs: str
    remark: str
    scale: Scale | None
    shape: Shape
    folded: int = 0


def gate_rows(model: ModelReport, most: int = 100) -> tuple[list[GateRow], int]:
    """Give the first `most` rows of the gates, and how many more there are.

    Gates stand in the order of `ml-ci.yaml`; of one gate's slices the ones that do not pass come first, and where
    there are many, one row says how many pass.
    """
    groups = [group for results in _by_condition(model.gates) for group in _groups(results)]
    shown = [gate_row(model, group[0]) if len(group) == 1 else _folded(model, group) for group in groups[:most]]
    return shown, len(groups) - len(shown)


def _groups(results: list[GateResult]) -> list[list[GateResult]]:
    """Give each result of one gate a group of its own; many passing ones share the last."""
    ordered = sorted(results, key=lambda gate: ORDER.index(gate.verdict))
    passing = [gate for gate in ordered if gate.verdict == "pass"]
    if len(ordered) <= _MOST_SLICES or len(passing) < 2:
        return [[gate] for gate in ordered]
    return [*([gate] for gate in ordered if gate.verdict != "pass"), passing]


def gate_row(model: ModelReport, gate: GateResult) -> GateRow:
    """Put one gate into words."""
    seen = shape_of(model, gate)
    title = name(seen, label(gate.slice, 120) if gate.slice else None)
    fallback = label(gate.condition, 200) + (f", {label(gate.slice, 120)}" if gate.slice else "")
    candidate, baseline, limit = _cells(seen, gate, currency(model))
    return GateRow(
        gate=gate,
        mark=MARKS[gate.verdict],
        label=title or fallback,
        named=title is not None,
        candidate=candidate,
        counts=_counts(seen, gate, model),
        baseline=baseline,
        limit=limit,
        interval=_interval(seen, gate),
        level=level(gate),
        needs=_needs(seen, gate),
        remark=_remark(model, gate, limit),
        scale=_scale(seen, gate),
        shape=seen,
    )


def told(gate: GateResult) -> str:
    """Give the reason without the numbers that it opens with: `above the limit, proven with 95% confidence`."""
    head, colon, rest = label(gate.reason, 600).partition(": ")
    return rest if colon and ", limit " in head else label(gate.reason, 600)


def _remark(model: ModelReport, gate: GateResult, limit: str) -> str:
    if gate.verdict == "unjudged" and gate.reason.lower() == no_baseline(model):
        return ""  # it is said once, of the model
    if limit and told(gate) in _PLAIN:
        return ""
    return told(gate) if gate.verdict != "pass" or not limit or "may be noise" in gate.reason else ""


def no_baseline(model: ModelReport) -> str:
    """Say why there is nothing to compare with, in lower case; "" where there is, or where the report does not say."""
    why = next((change.summary for change in model.changes if change.part == "model"), "")
    return nothing_to_compare(label(why, 200)).lower() if why and model.baseline is None else ""


def _needs(seen: Shape, gate: GateResult) -> str:
    """Say how many further rows, of the kind that the metric is a share of, would decide it; or whose rows."""
    if not gate.needs:
        return ""
    row = find(seen.metric or "") if seen.how in ("", "each") else None
    kind = (row and row.of) or "rows"
    if gate.needs_clusters is not None:
        return more_clusters(gate.needs, gate.needs_clusters, kind, label(gate.unit, 40) or NEUTRAL, gate.chance)
    return more_rows(gate.needs, kind, gate.chance).replace("more would", f"more {kind} would")


def currency(model: ModelReport) -> str:
    """Give the currency of `cost:`, or ""."""
    return label(model.cost.currency, 12) if model.cost else ""


def find_slice(side: Side | None, slice_name: str | None) -> Confusion | None:
    """Find the counts behind `region = north`; of all rows for None; None when the report has no such slice."""
    if side is None or slice_name is None:
        return side.confusion if side else None
    for column, values in side.slices.items():
        start = slice_title(column, "")
        if slice_name.startswith(start) and slice_name[len(start) :] in values:
            return values[slice_name[len(start) :]]
    return None


def slice_title(column: str, value: str) -> str:
    """Name a slice: `region = north`."""
    return f"{column} = {value}"


def _by_condition(gates: Sequence[GateResult]) -> list[list[GateResult]]:
    groups: dict[str, list[GateResult]] = {}
    for gate in gates:
        groups.setdefault(gate.condition, []).append(gate)
    return list(groups.values())


def _folded(model: ModelReport, passing: list[GateResult]) -> GateRow:
    """Say many passing slices in one row, with the range of their values."""
    seen = shape_of(model, passing[0])
    values = sorted(value for gate in passing if (value := defined(gate.value)) is not None)
    ends = said(seen.metric or "", [values[0], values[-1]]) if values else []
    same_limit = len({gate.limit for gate in passing}) == 1
    named = name(replace(seen, how="", by=""), f"{len(passing):,} other slices")
    return GateRow(
        gate=passing[0],
        mark=MARKS["pass"],
        label=named or f"{label(passing[0].condition)}, {len(passing):,} other slices",
        named=named is not None,
        candidate=" … ".join(dict.fromkeys(ends)),
        counts="",
        baseline="",
        limit=_cells(seen, passing[0], "")[2] if same_limit or seen.relative else "",
        interval="",
        level="",
        needs="",
        remark="",
        scale=None,
        shape=seen,
        folded=len(passing),
    )


def _cells(seen: Shape, gate: GateResult, currency: str) -> tuple[str, str, str]:
    """Say candidate, baseline and limit, told apart from each other where they differ."""
    if seen.how in {"gap", "ratio"}:
        say = _gap if seen.how == "gap" and unit(seen.metric or "") == "%" else decimal
        cells = [say(value) for value in (gate.value, gate.baseline, gate.limit)]
    else:
        cells = said(seen.metric or "", [gate.value, gate.baseline, gate.limit], currency)
    has_baseline = defined(gate.baseline) is not None
    margin = _margin(gate)
    if gate.limit is None:
        limit = ""
    elif seen.relative and margin is not None:
        limit = difference(seen.metric or "", margin, currency) if margin else "the baseline's"
    else:
        limit = cells[2]
    return cells[0], cells[1] if has_baseline else "", f"{seen.sign} {limit}".strip() if limit else ""


def _gap(value: float | None) -> str:
    """Say a gap between two rates, which has no sign: `5.0 points`."""
    return points(value).removeprefix("+")


def _margin(gate: GateResult) -> float | None:
    """Say how far the limit of a relative gate is from the baseline; the rounding of binary fractions left out."""
    limit, baseline = defined(gate.limit), defined(gate.baseline)
    return None if limit is None or baseline is None else round(limit - baseline, 12)


def _counts(seen: Shape, gate: GateResult, model: ModelReport) -> str:
    if seen.metric is None or seen.how in {"worst", "gap", "ratio"} or defined(gate.value) is None:
        return ""
    side = as_side(model.behaviours.get(seen.of)) if seen.of else model.candidate
    confusion = find_slice(side, gate.slice)
    pair = counts_of(seen.metric, confusion) if confusion else None
    if not pair or not pair[1]:
        return ""
    return share(*pair) + (", weighed" if side is not None and side.weights is not None else "")


def _interval(seen: Shape, gate: GateResult) -> str:
    if gate.interval is None or any(defined(end) is None for end in gate.interval):
        return ""
    low, high = gate.interval
    if unit(seen.metric or "") != "%" or seen.how == "ratio":
        return f"{signed(low)} … {signed(high)}" if seen.relative else f"{decimal(low)} … {decimal(high)}"
    if seen.relative or seen.how == "gap":
        return f"{points(low).removesuffix(' points')} … {points(high)}"
    return f"{percent(low)} … {percent(high)}"


def level(gate: GateResult) -> str:
    """Say how sure both ends of a gate's interval are together: `90%`; "" without an interval or its level."""
    return confidence_said(gate.level) if gate.level and gate.interval else ""


def interval_named(row: GateRow) -> str:
    """Say the interval with its level: `90% interval 2.1% … 4.4%`; "" without one."""
    return f"{row.level} interval {row.interval}".lstrip() if row.interval else ""


def _scale(seen: Shape, gate: GateResult) -> Scale | None:
    if gate.interval is None or any(defined(end) is None for end in gate.interval):
        return None
    value, limit, baseline = defined(gate.value), defined(gate.limit), defined(gate.baseline)
    if seen.relative:
        if baseline is None:
            return None
        value = None if value is None else value - baseline
        limit = None if limit is None else limit - baseline
    return Scale(*gate.interval, value, limit)


def remarks(row: GateRow) -> list[str]:
    """Give what is to be read below a gate: the reason, and the rows that are missing unless it says so."""
    known = "would decide it" in row.remark or "it would take" in row.remark
    return [line[:1].upper() + line[1:] for line in (row.remark, "" if known else row.needs) if line]


def undefined(row: GateRow) -> bool:
    """Say whether the gate has no measured value."""
    return row.candidate == UNDEFINED

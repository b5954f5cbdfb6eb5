"""What came of comparing logged features with computed ones, or a service with its model: `ml-ci skew`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult
from ml_ci.live.skew_values import ColumnSkew, Pair, Skew
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.numbers import percent
from ml_ci.reports.text import label, plural

FORMAT = 1
_MOST = 80
Interval = tuple[float, float]


@dataclass(frozen=True)
class Flips:
    """On how many of the rows that were scored twice the decision is another; `of` names the model.

    `flipped` is None where nobody could be asked: `why_not` says why.
    """

    of: str
    rows: int
    flipped: int | None
    why_not: str = ""


@dataclass(frozen=True)
class SkewReport:
    """How the features of live rows were judged. `sources` name the log and what is computed, `id` what joins them."""

    model: str
    gate: GateResult
    skew: Skew
    flips: Flips
    sources: tuple[str, str]
    id: str
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServedReport:
    """How a service was judged that serves a model: `differing` scores differ, and `flips` decisions."""

    model: str
    url: str
    gate: GateResult
    differing: int
    flips: Flips
    of_rows: int
    notes: tuple[str, ...] = ()


def lines(report: SkewReport | ServedReport, width: int = 80) -> Iterator[str]:
    """Say it in lines of `width` characters: the verdict, each column with what explains it, the decisions, notes."""
    gate = report.gate
    yield from _fold(f"{MARKS[gate.verdict]} {label(report.model, 100)}: {_verdict(report)}", width, then="  ")
    if gate.reason:
        yield from _fold(gate.reason, width, "  ", "  ")
    yield from _fold(_what(report), width, "  ", "  ")
    if isinstance(report, SkewReport):
        yield from _columns(report, width)
    yield ""
    yield from _fold(_decisions(report.flips), width, "  ", "  ")
    for note in report.notes:
        yield from _fold(f"note: {label(note, 400)}", width, "  ", "  ")


def _verdict(report: SkewReport | ServedReport) -> str:
    gate = report.gate
    if gate.value is None or gate.interval is None:
        return "nothing to compare"
    served = isinstance(report, ServedReport)
    number, rows = (report.flips.flipped or 0, report.flips.rows) if served else _counted(report)
    what = "decisions are others" if served else "rows differ"
    low, high = gate.interval
    said = f"{number:,} of {rows:,} {what} ({percent(gate.value)}, limit {percent(gate.limit)})"
    return f"{said}; {100 * (gate.level or 0):.0f}% interval {percent(low)} to {percent(high)}"


def _counted(report: SkewReport | ServedReport) -> tuple[int, int]:
    assert isinstance(report, SkewReport)  # noqa: S101
    return report.skew.mismatches, report.skew.rows


def _what(report: SkewReport | ServedReport) -> str:
    if isinstance(report, ServedReport):
        chosen = "" if report.of_rows == report.flips.rows else f" of {report.of_rows:,}, by a hash of the row"
        rows = f"{plural(report.flips.rows, 'row')} of the holdout{chosen}"
        scores = f"{plural(report.differing, 'score')} {'differs' if report.differing == 1 else 'differ'}"
        return f"{label(report.url, 200)} against {report.flips.of}, on {rows}; {scores}"
    skew = report.skew
    log, computed = (label(one, 120) for one in report.sources)
    taken = skew.rows + skew.unmatched
    said = f"{log} against {computed}, by {label(report.id, 60)}"
    if taken < skew.logged:
        said += f"; {taken:,} of {skew.logged:,} rows, by a hash of the id"
    return said + (f"; {skew.unmatched:,} have no computed features" if skew.unmatched else "")


def _columns(report: SkewReport, width: int) -> Iterator[str]:
    unlike = {name: one for name, one in report.skew.columns.items() if one.mismatches}
    if unlike:
        yield ""
    for name, one in sorted(unlike.items(), key=lambda item: -item[1].mismatches):
        yield from _fold(_column(name, one, report), width, "  ", "      ")
        for pair in one.pairs:
            yield from _fold(_pair(pair), width, "      ", "        ")
        if one.note:
            yield from _fold(label(one.note, 200), width, "      ", "        ")
    alike = len(report.skew.columns) - len(unlike)
    if alike and report.skew.rows:
        yield from _fold(f"{plural(alike, 'column')} alike in every row", width, "  ", "      ")
    for names, where in ((report.skew.only_logged, "logged"), (report.skew.only_computed, "computed")):
        if names:
            shown = ", ".join(label(name, 40) for name in names[:12])
            more = f" and {len(names) - 12} more" if len(names) > 12 else ""
            yield from _fold(f"only {where}, not compared: {shown}{more}", width, "  ", "      ")


def _column(name: str, one: ColumnSkew, report: SkewReport) -> str:
    rate = percent(one.mismatches / report.skew.rows)
    low, high = report.intervals.get(name, (None, None))
    interval = f", 95% interval {percent(low)} to {percent(high)}" if low is not None else ""
    cause = "nothing explains 95% of them" if one.cause is None else label(one.cause.said, 120)
    return f"{label(name, 60)}: {plural(one.mismatches, 'row')} ({rate}{interval}): {cause}"


def _pair(pair: Pair) -> str:
    values = f"logged {_value(pair.logged)}, computed {_value(pair.computed)}"
    return f"{values}: {plural(pair.rows, 'row')}" if pair.id is None else f"{values}: {label(str(pair.id), _MOST)}"


def _value(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = label(str(value), _MOST)
    return f'"{text}"' if isinstance(value, str) and (text != str(value) or not text or " " in text) else text


def _decisions(flips: Flips) -> str:
    if flips.flipped is None:
        return f"whether decisions flipped is not known: {label(flips.why_not, 300)}"
    if not flips.rows:
        return "no decision flipped: there was no row to score twice"
    return f"{flips.of} scored {plural(flips.rows, 'row')} both ways: {plural(flips.flipped, 'decision')} flipped"


def _fold(text: str, width: int, first: str = "", then: str | None = None) -> Iterator[str]:
    after = first if then is None else then
    yield from textwrap.wrap(text, width, initial_indent=first, subsequent_indent=after, break_on_hyphens=False)


def as_json(report: SkewReport | ServedReport) -> dict[str, Any]:
    """Give the same as JSON; `flipped` is null where no model could be asked. Of a service `rows` were asked about and
    `mismatches` are scores that differ.
    """
    if isinstance(report, ServedReport):
        counts = {"rows": report.flips.rows, "mismatches": report.differing, "flipped": report.flips.flipped}
        return {"format": FORMAT, **counts, "columns": {}}
    skew = report.skew
    columns = {
        name: {"mismatches": one.mismatches, "cause": None if one.cause is None else one.cause.said}
        for name, one in skew.columns.items()
    }
    counts = {"rows": skew.rows, "mismatches": skew.mismatches, "flipped": report.flips.flipped}
    return {"format": FORMAT, **counts, "columns": columns}

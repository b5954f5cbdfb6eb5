"""The gates, those that do not hold first, each around its limit; and below them every metric."""

from __future__ import annotations

from ml_ci.gates.verdict import ORDER
from ml_ci.reports import sentences
from ml_ci.reports.differences import metric_rows, unmoved
from ml_ci.reports.gate_rows import GateRow, gate_rows, interval_named, remarks
from ml_ci.reports.page.forest import forest
from ml_ci.reports.page.markup import NOTHING, Html, code, join, quoted, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, arrow, fold, lead, mark
from ml_ci.reports.page.tables import Column, table
from ml_ci.reports.pieces import capital
from ml_ci.reports.text import plural, short_source
from ml_ci.reports.values import ModelReport
from ml_ci.reports.yardsticks import named, seen_by

_MOST = 100


def gates(sheet: Sheet) -> Part:
    """Give the section of the gates."""
    model = sheet.model
    by = [
        (tag("p", quoted(f"{capital(named(one))}:"), class_="lead"), seen_by(model, one))
        for one in model.yardsticks[:10]
    ]
    drawn = [join((said, _gates(seen))) for said, seen in by if seen.gates] or [_gates(model)]
    return Part("gates", "gates", "Gates", join((*drawn, _metrics(model))))


def _gates(model: ModelReport) -> Html:
    found, more = gate_rows(model, _MOST)
    rows = sorted(found, key=lambda row: ORDER.index(row.gate.verdict))
    if not rows:
        return NOTHING
    columns = [Column("gate"), Column("candidate", True), Column(_baseline(model), True), Column("limit and interval")]
    shown = [[_name(row), _candidate(row), text(row.baseline), _evidence(row)] for row in rows]
    used = [at for at in range(len(columns)) if at != 2 or any(row.baseline for row in rows)]
    drawn = [[row[at] for at in used] for row in shown]
    left = tag("p", f"and {plural(more, 'more gate')}") if more else NOTHING
    return join((_how_to_read(rows), table([columns[at] for at in used], drawn, class_="gates"), left))


def _how_to_read(rows: list[GateRow]) -> Html:
    """Say how to read the drawings, where there are any with an interval."""
    if not any(row.interval for row in rows):
        return NOTHING
    return lead(
        "Every row has its limit in the middle. An interval that is wholly left of it holds, wholly right of it does "
        "not; one across it is not decided yet."
    )


def _baseline(model: ModelReport) -> str:
    if model.baseline is None or not model.baseline.source:
        return "baseline"
    return f"baseline {short_source(model.baseline.source).split()[-1]}"


def _name(row: GateRow) -> Html:
    written = code(row.gate.condition) if row.named else NOTHING
    name = tag("span", quoted(row.label, 300)) if row.named else code(row.label)
    below = [tag("span", quoted(line, 600), class_="remark") for line in remarks(row)]
    return tag("div", mark(row.gate.verdict), tag("div", name, written, *below), class_="gate")


def _candidate(row: GateRow) -> Html:
    return join(
        (text(row.candidate), tag("span", f" ({row.counts})", class_="quiet counts") if row.counts else NOTHING)
    )


def _evidence(row: GateRow) -> Html:
    drawn = forest(row)
    said = tag("p", interval_named(row), class_="interval") if row.interval else NOTHING
    limit = text(f"limit {row.limit}") if row.limit and not drawn else NOTHING
    return join((said, drawn, limit))


def _metrics(model: ModelReport) -> Html:
    """Fold away all metrics of both sides."""
    rows = metric_rows(model)
    if not rows:
        return NOTHING
    if unmoved(rows):
        return tag("p", sentences.no_difference(len(rows)))
    if model.baseline is None:
        cells = [[quoted(row.title), text(row.candidate)] for row in rows]
        drawn = table([Column("metric"), Column("candidate", True)], cells)
    else:
        columns = [
            Column("metric"),
            *(Column(one, True) for one in ("baseline", "candidate", "change")),
            Column("direction"),
        ]
        drawn = table(
            columns,
            [[quoted(r.title), text(r.baseline), text(r.candidate), text(r.change), arrow(r.arrow)] for r in rows],
        )
    return fold(text(f"All {plural(len(rows), 'metric')}" if len(rows) > 1 else "The metric"), drawn)

"""How it was decided: each gate as written with its reason, rows that belong together, and how to make it again."""

from __future__ import annotations

from ml_ci.gates.together import NEUTRAL
from ml_ci.gates.values import GateResult
from ml_ci.reports import advice, sentences
from ml_ci.reports.gate_rows import gate_row
from ml_ci.reports.page.markup import NOTHING, Html, code, join, named, quoted, sentence, tag, text
from ml_ci.reports.page.sheet import Part, Sheet, fold, mark
from ml_ci.reports.page.tables import Column, table
from ml_ci.reports.ran import tell_ran
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import ModelReport

_MOST, _OPEN = 100, 12


def clusters(sheet: Sheet) -> Part:
    """Give the section of the rows that belong together, or weigh unlike: what they are evidence of."""
    columns = [Column("gate"), Column("belong to", True), Column("design effect", True), Column("count as", True)]
    seen: dict[tuple[object, ...], GateResult] = {}
    for gate in sheet.model.gates:
        if gate.clusters is not None or gate.design_effect is not None:
            seen.setdefault((gate.condition, gate.slice), gate)
    rows = [_together(gate) for gate in list(seen.values())[:_MOST]]
    said = tag(
        "p",
        "Rows of one cluster are one piece of evidence, not many: intervals and verdicts go by these numbers.",
        class_="lead",
    )
    body = join((said, table(columns, rows))) if rows else NOTHING
    return Part("clusters", "clusters", "Rows that belong together", body)


def _together(gate: GateResult) -> list[Html]:
    effect = "resampled" if gate.design_effect is None else f"{gate.design_effect:.3g}"
    counted = "" if gate.effective_rows is None else f"{gate.effective_rows:,.0f} rows"
    unit = label(gate.unit, 40) or NEUTRAL
    whose = "" if gate.clusters is None else f"{gate.clusters:,} {unit}"
    where = named(f", {gate.slice}", 120) if gate.slice else NOTHING
    return [join((code(gate.condition), where)), text(whose), text(effect), text(counted)]


def decided(sheet: Sheet) -> Part:
    """Give the section that says of each gate as it is written why it was judged so."""
    model = sheet.model
    items = [_reason(model, gate) for gate in model.gates[:_MOST]]
    more = len(model.gates) - _MOST
    items += [tag("li", f"and {plural(more, 'more gate')}")] if more > 0 else []
    shown = tag("ul", *items[:_OPEN], class_="reasons") if items else NOTHING
    rest = (
        fold(text(f"{plural(len(items) - _OPEN, 'more gate')}"), tag("ul", *items[_OPEN:], class_="reasons"))
        if len(items) > _OPEN
        else NOTHING
    )
    ran = [tag("p", quoted(line, 1_000)) for line in tell_ran(model)]
    again = tag("p", tag("b", "Make it again: "), sentence(advice.again(sheet.name, sheet.report)))
    return Part("how", "how it was decided", "How it was decided", join((shown, rest, *ran, again)))


def _reason(model: ModelReport, gate: GateResult) -> Html:
    where = join((", ", named(gate.slice, 120))) if gate.slice else NOTHING
    reason = gate.reason or sentences.numbers(gate_row(model, gate))
    line = tag("div", code(gate.condition), where, Html(" "), quoted(reason, 600))
    return tag("li", mark(gate.verdict), line)

"""A candidate beside the champion on the page: its card, gates with their evidence, charts over time, windows."""

from __future__ import annotations

from math import exp

from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports.live import canary_words, words
from ml_ci.reports.live.drawn import over_time, parts
from ml_ci.reports.live.drawn.canary_figures import figures, is_sampled
from ml_ci.reports.live.drawn.meter import meter
from ml_ci.reports.live.drawn.parts import Spot
from ml_ci.reports.live.values import CanaryReport
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.markup import NOTHING, Html, join, tag, text
from ml_ci.reports.page.sheet import Part, lead, mark, of_name
from ml_ci.reports.text import label, plural

_SAMPLED = (
    "Labels were asked for where the two models disagree: of the rows on which they agree only a sample has one, so "
    "that counts of labelled rows are no rates. The evidence takes that into account."
)


def sections(report: CanaryReport, spot: Spot) -> list[Part]:
    """Give the sections in their order; those without a body are left out."""
    rows = [canary_words.cells(one) for one in report.windows]
    windows = parts.windows_table(canary_words.HEAD, rows, opened=not draw.is_there())
    sampled = lead(_SAMPLED) if is_sampled([one for one in report.windows if one.closed]) else NOTHING
    time = join((sampled, over_time.charts(figures(report), spot.key, spot.level + 1), windows))
    found = [
        Part("gates", "gates", "Gates", _gates(report)),
        Part("time", "over time", "Over time", time),
        Part("how", "how it was decided", "How it was decided", parts.reasons(report.gates)),
    ]
    return parts.kept(found)


def card(report: CanaryReport, verdict: Verdict) -> Html:
    """Draw the card of the decision."""
    said = tag("span", of_name(report.model, canary_words.verdict(report)))
    return tag(
        "div",
        tag("h1", mark(verdict), said),
        tag("p", text(canary_words.why(report)), class_="why"),
        parts.next_step(canary_words.next_steps(report)),
        parts.notes(report.notes),
        _foot(report),
        class_=f"card {verdict}",
    )


def _gates(report: CanaryReport) -> Html:
    rows = [
        (canary_words.name_of(gate), canary_words.gate_numbers(report, gate), _meters(report, gate))
        for gate in report.gates
    ]
    return parts.gates_table(report.gates, rows, "candidate and champion")


def _meters(report: CanaryReport, gate: GateResult) -> Html:
    found, against = report.evidence.get(gate.condition, ()), report.against.get(gate.condition, ())
    names = ("for the gate", _at(report.line), "proven")
    contrary = ("against it", _at(report.against_line), "proven")
    return join(
        (
            meter(found, report.line, "Evidence for the gate", names, good=True),
            meter(against, report.against_line, "Evidence against the gate", contrary),
        )
    )


def _at(line: float | None) -> str:
    return f"{exp(line):,.0f}" if line is not None and line < 700 else "line"


def _foot(report: CanaryReport) -> Html:
    traffic = label(report.traffic, 40)
    said = [
        f"Traffic: {'none, it answers in the shadow' if traffic == 'shadow' else traffic}" if traffic else "",
        f"in the stage since {words.minute(report.since)}" if report.since else "",
        canary_words.labelled(report),
        f"{plural(report.waiting, 'row')} too young to be judged" if report.waiting else "",
        f"the last row is of {words.minute(report.last_row)}" if report.last_row else "",
    ]
    return tag("p", join((tag("span", one) for one in said if one), " "), class_="foot")

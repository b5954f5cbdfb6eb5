"""One model of a watch on the page: its card, gates with their evidence, charts over time, drift, windows."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports.live import rates, words
from ml_ci.reports.live.drawn import over_time, parts
from ml_ci.reports.live.drawn.drift import drift
from ml_ci.reports.live.drawn.meter import meter
from ml_ci.reports.live.drawn.parts import Spot
from ml_ci.reports.live.drawn.watch_figures import figures
from ml_ci.reports.live.values import ModelWatch
from ml_ci.reports.numbers import defined, percent
from ml_ci.reports.page.curves import draw
from ml_ci.reports.page.markup import NOTHING, Html, code, join, quoted, tag, text
from ml_ci.reports.page.sheet import Part, bullets, lead, mark, of_name
from ml_ci.reports.page.squares import squares
from ml_ci.reports.text import label, plural

_FIELDS = (("fnr", "Misses", "positives"), ("fpr", "False alarms", "negatives"))


def sections(model: ModelWatch, spot: Spot) -> list[Part]:
    """Give the sections of a model in their order; those without a body are left out."""
    head = words.WINDOW_HEAD
    windows = parts.windows_table(
        head, [words.window_cells(model, one) for one in model.windows], opened=not draw.is_there()
    )
    time = join((over_time.charts(figures(model), spot.key, spot.level + 1), windows))
    found = [
        Part("gates", "gates", "Gates", _gates(model)),
        Part("time", "over time", "Over time", time),
        Part("drift", "drift", "Drift", drift(model, spot)),
        Part("how", "how it was decided", "How it was decided", _decided(model)),
    ]
    return parts.kept(found)


def card(name: str, model: ModelWatch, spot: Spot) -> Html:
    """Draw the card of a model's verdict."""
    said = tag("span", of_name(name, words.verdict(name, model)))
    head = tag(f"h{spot.level - 1}", mark(model.verdict), said, id=None if spot.alone else spot.id("name"))
    return tag(
        "div",
        head,
        tag("p", parts.told(words.why(model)), class_="why"),
        parts.next_step(words.next_steps(name, model)),
        parts.notes(model.notes),
        _fields(model),
        bullets([quoted(line, 600) for line in words.facts(model)]),
        _foot(model),
        class_=f"card {model.verdict}",
    )


def _gates(model: ModelWatch) -> Html:
    rows = [(words.name_of(gate), words.gate_numbers(model, gate), _meter(model, gate)) for gate in model.gates]
    drawn = parts.gates_table(model.gates, rows, "since the promotion")
    if not drawn or not any(row[2] for row in rows):
        return drawn
    said = (
        "Each dot is the evidence that the rate is beyond its limit: in the middle of the green half there is none "
        "either way, at the line it is an alarm."
    )
    return join((lead(said), drawn))


def _meter(model: ModelWatch, gate: GateResult) -> Html:
    line = "alarm" if model.line is None or model.line > 700 else f"alarm at {exp(model.line):,.0f}"
    said = words.evidence(model, gate) or "evidence"
    return meter(model.evidence.get(gate.condition, ()), model.line, said, ("within the limit", line, "beyond it"))


def _fields(model: ModelWatch) -> Html:
    """Draw misses and false alarms of the holdout and of live rows, each as 100 squares."""
    live = rates.add_up(model.closed)
    if not sum(window.counts.rows for window in model.closed):
        return NOTHING
    return tag("div", *(_field(model, live, *one) for one in _FIELDS), class_="fields")


def _field(model: ModelWatch, live: Confusion | Weighted, metric: str, called: str, of: str) -> Html:
    unknown = words.is_unknown(model, metric)
    sides: list[tuple[str, float | None, bool]] = [("live", None if unknown else getattr(live, metric), True)]
    if model.holdout is not None:
        sides.insert(0, ("holdout", getattr(model.holdout, metric), False))
    missing = "not known" if unknown else f"no {of}"
    shown = [percent(rate) if defined(rate) is not None else missing for _, rate, _ in sides]
    return tag(
        "div",
        tag(
            "p", tag("b", f"{called} ({metric.upper()})"), tag("span", f", of 100 {of}", class_="quiet"), class_="name"
        ),
        tag("p", " → ".join(shown), class_="rate"),
        *(_side(*side, said) for side, said in zip(sides, shown, strict=True)),
        class_="field",
    )


def _side(name: str, rate: float | None, candidate: bool, said: str) -> Html:
    drawn = NOTHING if defined(rate) is None or rate is None else squares(rate, candidate=candidate)
    return tag("div", tag("span", name), drawn, tag("b", said), class_="side")


def _foot(model: ModelWatch) -> Html:
    """Say which version it is, since when, and of which commit."""
    said = [
        text(f"Version {label(model.version, 40)}, champion since {words.minute(model.since)}")
        if model.version
        else NOTHING,
        join(("trained of ", code(label(model.commit, 40)[:7]))) if model.commit else NOTHING,
        text(f"decides at {model.threshold:g}") if model.threshold is not None else NOTHING,
    ]
    shown = [tag("span", one) for one in said if one]
    return tag("p", join(shown, " "), class_="foot") if shown else NOTHING


def _decided(model: ModelWatch) -> Html:
    if not model.gates:
        return NOTHING
    return join((parts.reasons(model.gates), bullets(list(_explained(model))), _often(model)))


def _explained(model: ModelWatch) -> Iterator[Html]:
    for alarm in model.alarms[: parts.MOST_GATES]:
        yield join(
            (
                text(f"Alarm in the window from {words.day(alarm.begin)}, by "),
                code(alarm.gate),
                ", id ",
                code(alarm.id, 64),
            )
        )


def _often(model: ModelWatch) -> Html:
    if not model.false_alarms or not model.window:
        return NOTHING
    said = (
        f"Judged in windows of {words.span(model.window)} whose rows are {words.span(model.delay)} old, "
        f"{plural(len(model.closed), 'window')} so far. However often one looks, a model within its limits has one "
        f"false alarm in {words.span(model.false_alarms)} on average. Closed windows stay as they are: what changes "
        "later is told and not counted."
    )
    return tag("p", said)

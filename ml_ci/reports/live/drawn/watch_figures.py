"""The charts of a watch: each gate's rate and evidence by window, label coverage, cost, and what moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ml_ci.gates.metrics import share
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import ORDER
from ml_ci.live.values import Window
from ml_ci.reports.live import rates
from ml_ci.reports.live.drawn import over_time
from ml_ci.reports.live.limits import Limited, read
from ml_ci.reports.live.values import ModelWatch
from ml_ci.reports.live.words import day, evidence
from ml_ci.reports.metrics import title
from ml_ci.reports.numbers import money, percent
from ml_ci.reports.page.curves.figures import Figure
from ml_ci.reports.page.curves.frame import Axis, dots
from ml_ci.reports.text import label, plural

# The gates that do not hold come first; the numbers of all are in the table.
_MOST_GATES, _MOST_COLUMNS = 6, 4


def figures(model: ModelWatch) -> list[Figure]:
    """Give the charts that there is something to draw for: none before the first window is closed."""
    if not model.closed:
        return []
    found: list[Figure] = []
    gates = sorted(model.gates, key=lambda gate: ORDER.index(gate.verdict))[:_MOST_GATES]
    for at, gate in enumerate(gates, 1):
        limited = read(gate.condition)
        if limited is not None:
            found += [_rate(model, gate, limited, at), *_evidence(model, gate, limited, at)]
    return [*found, *_coverage(model), *_cost(model)]


def _rate(model: ModelWatch, gate: GateResult, limited: Limited, at: int) -> Figure:
    """Draw a rate by window around its limit, the window of an alarm in red, the holdout's rate dashed."""
    windows = model.closed
    pairs = [_pair(limited.metric, one) for one in windows]
    values = [_value(limited.metric, one) for one in windows]
    counted = [(round(part), round(whole)) for part, whole in pairs]
    drawn, reach = ([], []) if any(one.weighed for one in windows) else over_time.intervals(counted, "new")
    was = None if model.holdout is None else _share(*share(model.holdout, limited.metric))
    known = [one for one in (*values, *reach, gate.limit, was) if one is not None]
    x, y = over_time.time_axis([one.begin for one in windows]), over_time.share_axis(title(limited.metric), known)
    alarms = [(one.window, values[one.window]) for one in model.alarms if one.gate == gate.condition]
    layers = [
        *over_time.across(was, len(windows), "old"),
        *over_time.across(gate.limit, len(windows), "bad"),
        *drawn,
        *over_time.follow(values, y, "new"),
        dots(over_time.points(alarms), "bad", size=90),
    ]
    name, limit = title(limited.metric), "" if gate.limit is None else f"limit {percent(gate.limit)} in red"
    before = "" if was is None else f"the holdout's {percent(was)} in grey"
    reading = "; ".join(filter(None, [limit, before, "bars are 95% intervals" if reach else ""]))
    last = next((value for value in reversed(values) if value is not None), None)
    said = (
        f"{name} by window: {percent(last)} in the last of {plural(len(windows), 'window')}" if last is not None else ""
    )
    said = ", ".join(filter(None, [said or f"{name} by window: no labelled rows", limit.removesuffix(" in red")]))
    return over_time.figure(f"rate{at}", f"{name} by window", reading, said, (x, y), layers)


def _pair(metric: str, window: Window) -> tuple[float, float]:
    """Give part and whole of a rate in a window; the share called positive is of all rows, labelled or not."""
    if metric == "selection_rate":
        return window.positive, window.rows
    return share(rates.count(window), metric)


def _value(metric: str, window: Window) -> float | None:
    return _share(*_pair(metric, window))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _evidence(model: ModelWatch, gate: GateResult, limited: Limited, at: int) -> Iterator[Figure]:
    """Draw the evidence against a gate, which is an alarm at the line."""
    found = model.evidence.get(gate.condition, ())
    known = [one for one in found if one is not None]
    if not known or model.line is None:
        return
    windows = model.closed
    x = over_time.time_axis([one.begin for one in windows])
    y = over_time.evidence_axis(known, model.line)
    alarms = [(one.window, found[one.window]) for one in model.alarms if one.gate == gate.condition]
    layers = [
        *over_time.across(model.line, len(windows), "bad"),
        *over_time.follow(found, y, "new"),
        dots(over_time.points([(place, min(one, y.high)) for place, one in alarms if one is not None]), "bad", size=90),
    ]
    name = title(limited.metric)
    begun = next((f"; the alarm is of {day(one.begin)}" for one in model.alarms if one.gate == gate.condition), "")
    reading = f"that {name} is beyond its limit; an alarm where it reaches the red line{begun}"
    said = f"Evidence that {name} is beyond its limit: {evidence(model, gate)}{begun}"
    yield over_time.figure(f"evidence{at}", f"Evidence against {name}", reading, said, (x, y), layers)


def _coverage(model: ModelWatch) -> Iterator[Figure]:
    """Draw which share of the rows has a label, by what the model decided."""
    windows = model.closed
    shares = [[one.decided_positive.share for one in windows], [one.decided_negative.share for one in windows]]
    if all(one is None for side in shares for one in side):
        return
    x, y = (
        over_time.time_axis([one.begin for one in windows]),
        over_time.share_axis("rows with a label", [], whole=True),
    )
    layers = [*over_time.follow(shares[0], y, "pos"), *over_time.follow(shares[1], y, "neg")]
    reading = "of the rows decided positive (orange) and negative (violet); far apart, they say little of all rows"
    covered = [
        f"{percent(one.share)} of those decided {name}"
        for one, name in zip(model.coverage, _DECIDED, strict=True)
        if one.due
    ]
    said = f"Label coverage: of all rows that are due, {' and '.join(covered)} have a label"
    yield over_time.figure("coverage", "Label coverage", reading, said, (x, y), layers)


_DECIDED = ("positive", "negative")


def _cost(model: ModelWatch) -> Iterator[Figure]:
    """Draw what errors cost by labelled row."""
    cost, windows = model.cost, model.closed
    if cost is None or not any(one.counts.rows for one in windows):
        return
    counts = [rates.count(one) for one in windows]
    values = [rates.price(one, cost) / one.rows if one.rows else None for one in counts]
    x = over_time.time_axis([one.begin for one in windows])
    y = Axis("cost of a row", 0.0, max([one for one in values if one is not None], default=0.0) * 1.1 or 1.0)
    unit, last = label(cost.currency, 12), next(one for one in reversed(values) if one is not None)
    said = f"Cost of errors by window: {money(last, unit)} a labelled row in the last one"
    reading = f"of a labelled row{', in ' + unit if unit else ''}; {money(last, unit)} in the last window"
    yield over_time.figure("cost", "Cost of errors", reading, said, (x, y), over_time.follow(values, y, "new"))


def drift_figures(model: ModelWatch, names: Sequence[str]) -> list[Figure]:
    """Draw the evidence of some columns that they left the distribution of the holdout."""
    found = []
    for at, name in enumerate(names[:_MOST_COLUMNS], 1):
        values = model.drift.get(name, ())
        known = [one for one in values if one is not None]
        if not known or model.drift_line is None:
            continue
        x = over_time.time_axis([one.begin for one in model.closed])
        y = over_time.evidence_axis(known, model.drift_line)
        layers = [*over_time.across(model.drift_line, len(values), "warn"), *over_time.follow(values, y, "new")]
        since = model.drifted.get(name)
        moved = since is not None and since < len(model.closed)
        when = (
            f"since the window from {day(model.closed[since].begin)}" if moved and since is not None else "not reached"
        )
        reading = f"that it left the holdout's distribution, from the dashed line on: {when}"
        said = f"Evidence that {label(name, 60)} left the distribution of the holdout: the line is {when}"
        found.append(over_time.figure(f"drift{at}", f"Drift of {label(name, 60)}", reading, said, (x, y), layers))
    return found

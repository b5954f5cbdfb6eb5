"""What a look at live rows says in words; every rendering uses these sentences."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import is_proportion, share
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.live.values import Coverage, Window
from ml_ci.reports.gate_rows import told
from ml_ci.reports.live import rates
from ml_ci.reports.live.limits import Limited, read
from ml_ci.reports.live.values import ModelWatch, WatchReport
from ml_ci.reports.live.worth import say_worth
from ml_ci.reports.metrics import ERRORS, title
from ml_ci.reports.numbers import decimal, defined, duration, money, percent, percents, points
from ml_ci.reports.pieces import Code, Sentence, capital, stop
from ml_ci.reports.text import label, plural

_OUTCOMES: dict[Verdict, str] = {
    "pass": "is as good as it was",
    "fail": "is worse than it was",
    "inconclusive": "cannot be judged yet",
    "error": "could not be looked at",
    "unjudged": "was not looked at",
}
_DAY = 86_400.0


def named(name: str, model: ModelWatch) -> str:
    """Name a model with the version that is in use: `churn v3`."""
    return label(name, 100) + (f" v{label(model.version, 40)}" if model.version else "")


def verdict(name: str, model: ModelWatch) -> str:
    """Say what a look came to, without its mark: `churn v3 is worse than it was: 1 alarm`."""
    judged = plural(len(model.closed), "window")
    how = {
        "pass": f": no alarm in {judged}",
        "fail": f": {plural(len({alarm.gate for alarm in model.alarms}), 'alarm')}",
        "inconclusive": f": {judged} so far",
    }
    return f"{named(name, model)} {_OUTCOMES[model.verdict]}{how.get(model.verdict, '')}"


def overall(report: WatchReport) -> str:
    """Say what a look at several models came to: `1 of 3 models has an alarm`."""
    every = list(report.models.values())
    if not every:
        return "nothing to watch: no model has `live:`"
    alarms = sum(bool(model.alarms) for model in every)
    if alarms:
        return f"{alarms:,} of {plural(len(every), 'model')} {'has' if alarms == 1 else 'have'} an alarm"
    whole = sum(model.verdict == "pass" for model in every)
    if whole == len(every):
        return f"all {plural(whole, 'model')} are as good as they were"
    return f"no alarm; {len(every) - whole:,} of {plural(len(every), 'model')} cannot be judged"


def day(when: str | None) -> str:
    """Say a time by its day: `2026-02-23`."""
    return label(when or "", 40)[:10]


def instant(when: str | None, window: float) -> str:
    """Say when a window begins: by its day, or to the second where windows are shorter or begin at another hour."""
    return day(when) if window >= _DAY else label(when or "", 40)[:19].replace("T", " ")


def minute(when: str | None) -> str:
    """Say a time to the minute: `2026-02-23 09:30 UTC`."""
    return f"{label(when or '', 40)[:16].replace('T', ' ')} UTC"


def span(seconds: float) -> str:
    """Say a length of time in years or days, a shorter one as it is: `5 years`, `7 days`, `1 h 30 min`."""
    for unit, length in (("year", 365 * _DAY), ("day", _DAY)):
        number = seconds / length
        if number >= 1 and abs(number - round(number)) < 1e-9:
            return plural(round(number), unit)
    return duration(seconds)


def why(model: ModelWatch) -> Sentence:
    """Say why the verdict is what it is, in a sentence or two."""
    if model.failure is not None:
        return (stop(label(model.failure.message, 1000)),)
    if model.verdict == "fail" and model.alarms:
        gates = {gate.condition: gate for gate in model.gates}
        return _join(alarm(model, gates[one.gate], one.begin) for one in model.alarms[:3] if one.gate in gates)
    if model.verdict != "pass" and model.reason:
        return (stop(capital(label(model.reason, 600))),)
    open_ones = [gate for gate in model.gates if gate.verdict == model.verdict and gate.reason]
    if model.verdict != "pass" and open_ones:
        return (*name_of(open_ones[0]), ": ", stop(label(open_ones[0].reason, 600)))
    return (_held(model),)


def _held(model: ModelWatch) -> str:
    counts, rows = rates.add_up(model.closed), sum(window.counts.rows for window in model.closed)
    fpr, fnr = percent(counts.fpr), percent(counts.fnr)
    of_holdout = model.holdout
    was = "" if of_holdout is None else f" (holdout {percent(of_holdout.fpr)} and {percent(of_holdout.fnr)})"
    return f"FPR {fpr} and FNR {fnr} on {plural(rows, 'labelled row')} since {day(model.since)}{was}."


def alarm(model: ModelWatch, gate: GateResult, begin: str) -> Sentence:
    """Say one alarm: `Misses went up: FNR 12.4% on the holdout → 50.0% in the window from …, limit 22.2%.`"""
    limited = read(gate.condition)
    window = next((one for one in model.windows if one.begin == begin), None)
    since = instant(begin, model.window)
    if limited is None or window is None:
        return (Code(label(gate.condition, 200)), f" does not hold since the window from {since}.")
    now, was = _of(limited.metric, rates.count(window)), _of(limited.metric, model.holdout)
    cells = percents([now, was, gate.limit])
    counts = share(window.counts, limited.metric) if not window.weighed else None
    of = f" ({counts[0]:,} of {counts[1]:,})" if counts else ""
    before = f" {cells[1]} on the holdout →" if was is not None else ""
    limit = f", limit {cells[2]}" if gate.limit is not None else ""
    said = f"{title(limited.metric)}{before} {cells[0]} in the window from {since}{of}{limit}."
    return (f"{capital(_called(limited))} went {'up' if limited.upper else 'down'}: {said}",)


def _called(limited: Limited) -> str:
    return ERRORS.get(limited.metric, title(limited.metric))


def _join(sentences: Iterator[Sentence]) -> Sentence:
    joined: list[str] = []
    for one in sentences:
        joined += [" ", *one] if joined else list(one)
    return tuple(joined)


def _of(metric: str, counts: Confusion | Weighted | None) -> float | None:
    """Give a rate of counts; None where it is undefined, or no share of rows."""
    if counts is None or not is_proportion(metric):
        return None
    part, whole = share(counts, metric)
    return part / whole if whole else None


def name_of(gate: GateResult) -> Sentence:
    """Name a gate by its metric; where that cannot be read, by what is written."""
    limited = read(gate.condition)
    return (Code(label(gate.condition, 200)),) if limited is None else (title(limited.metric),)


def gate_numbers(model: ModelWatch, gate: GateResult) -> str:
    """Say a gate's numbers: `13.3% (32 of 240), limit ≤ 22.2% (holdout 12.4%, +5.0 points), evidence 0.6 of 521`."""
    limited = read(gate.condition)
    if limited is None:
        return ", ".join(filter(None, [percent(gate.value), evidence(model, gate)]))
    value, limit = percents([gate.value, gate.limit])
    counts = share(_sum(model), limited.metric) if not any(one.weighed for one in model.closed) else None
    of = f" ({counts[0]:,} of {counts[1]:,})" if counts and counts[1] else ""
    beside = ""
    if limited.holdout:
        beside = f" (holdout {percent(_of(limited.metric, model.holdout))}, {points(limited.margin)})"
    shown = f"limit {'≤' if limited.upper else '≥'} {limit}{beside}" if gate.limit is not None else ""
    said = "not known" if is_unknown(model, limited.metric) else value + of
    return ", ".join(filter(None, [said, shown, evidence(model, gate)]))


def is_unknown(model: ModelWatch, metric: str) -> bool:
    """Say whether a gate found that the labelled rows do not tell a rate, though they have one."""
    asked = [gate for gate in model.gates if (found := read(gate.condition)) is not None and found.metric == metric]
    counted = _of(metric, rates.add_up(model.closed)) is not None
    return counted and any(gate.verdict == "inconclusive" and defined(gate.value) is None for gate in asked)


def _sum(model: ModelWatch) -> Confusion:
    return sum((window.counts for window in model.closed), Confusion())


def evidence(model: ModelWatch, gate: GateResult) -> str:
    """Say how far the evidence against a gate has come: `evidence 0.6 of 521`; "" before the first window."""
    found = model.evidence.get(gate.condition)
    if not found or model.line is None or model.line > 700:
        return ""
    last = found[-1]
    return "" if last is None else f"evidence {_large(max(last, -50.0))} of {exp(model.line):,.0f}"


def _large(log: float) -> str:
    """Say e to a power, which may be larger than a float."""
    if log > 30:
        return "over 10¹²"
    return f"{exp(log):,.0f}" if log > 3 else decimal(exp(log), 1)


def window_cells(model: ModelWatch, window: Window) -> tuple[str, ...]:
    """Give a window as cells: when it began, its predictions, labels, FPR, FNR, cost, and what is to be said of it."""
    counts = rates.count(window)
    raised = sum(alarm.begin == window.begin for alarm in model.alarms)
    labels = f"{window.counts.rows:,}"
    price = model.cost if window.counts.rows else None
    cost = money(rates.price(counts, price), label(price.currency, 12)) if price else ""
    said = [
        "" if window.closed else "open",
        "alarm" if raised else "",
        f"{plural(window.late, 'label')} came late" if window.late else "",
    ]
    fpr, fnr = (percent(rate) if defined(rate) is not None else "–" for rate in (counts.fpr, counts.fnr))
    begin = instant(window.begin, model.window)
    return begin, f"{window.rows:,}", labels, fpr, fnr, cost, ", ".join(filter(None, said))


def told_windows(model: ModelWatch) -> tuple[Window, ...]:
    """Give the windows that are worth a line: those that were judged, and open ones with rows."""
    return tuple(window for window in model.windows if window.closed or window.rows)


WINDOW_HEAD = ("window from", "predictions", "labels", "FPR", "FNR", "cost of errors", "")


def facts(model: ModelWatch) -> Iterator[str]:
    """Say what else has to be known: how many rows have a label, what waits, what moved, what errors cost."""
    if model.closed:
        yield _covered(model)
    if model.last_row is not None:
        rows = f"{plural(model.waiting, 'row')} {'is' if model.waiting == 1 else 'are'} not {span(model.delay)} old yet"
        last = f"the last row is of {minute(model.last_row)}."
        yield f"{rows} and not judged; {last}" if model.waiting else capital(last)
    moved = [label(column, 60) for column in model.drifted]
    if moved:
        yield f"Moved away from the holdout, which is told and never an alarm: {', '.join(moved[:8])}."
    if told := cost(model):
        yield told
    if model.worth is not None and model.version is not None:
        yield say_worth(model.version, model.worth, sum(window.rows for window in model.windows))


def _covered(model: ModelWatch) -> str:
    positive, negative = model.coverage
    return (
        f"Of the rows that are due a label, {_part(positive)} decided positive and {_part(negative)} decided negative "
        "have one."
    )


def _part(one: Coverage) -> str:
    return f"{percent(one.labelled / one.due)} ({one.labelled:,} of {one.due:,})" if one.due else "none"


def cost(model: ModelWatch) -> str:
    """Say what the errors of the judged windows cost; "" without `cost:` or without labelled rows."""
    counts = rates.add_up(model.closed)
    if model.cost is None or not counts.rows:
        return ""
    unit = label(model.cost.currency, 12)
    fp, fn = (f"{decimal(one, 0)} {unit}".rstrip() for one in (model.cost.fp, model.cost.fn))
    total = rates.price(counts, model.cost)
    judged, each = plural(len(model.closed), "window"), money(total / counts.rows, unit)
    return f"At {fp} a false alarm and {fn} a miss, errors cost {money(total, unit)} in {judged}, {each} a row."


def remark(model: ModelWatch, gate: GateResult) -> str:
    """Give the reason of a gate that could not be judged, without what stands beside it or was said of the model."""
    if gate.verdict not in ("inconclusive", "error") or gate.reason == model.reason:
        return ""
    return told(gate)


NOTHING = "Say where a model's live rows are, by `live:` in ml-ci.yaml: docs/live.md tells how."


def next_steps(name: str, model: ModelWatch) -> Sentence:
    """Say what to do next, for this verdict; () for a healthy one."""
    if model.failure is not None:
        return (label(model.failure.hint, 1000),) if model.failure.hint else ()
    shown = label(name, 100)
    if model.verdict == "fail":
        return (
            "Train on newer rows (",
            Code(f"ml-ci watch {shown} --rows FILE"),
            " writes those that have a label) and open a pull request; or go back to the champion before: ",
            Code(f"ml-ci rollback {shown} --reason 'why'"),
            ".",
        )
    if model.verdict == "inconclusive":
        return ("Bring more labels, or wait until the rows are old enough to have one.",)
    return ()

"""The charts of a canary: both models' rates by window, the evidence for and against, labels, the assignment."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import share
from ml_ci.gates.values import GateResult
from ml_ci.live.values import Coverage
from ml_ci.reports.live.drawn import over_time
from ml_ci.reports.live.limits import read_margin
from ml_ci.reports.live.values import Beside, CanaryReport
from ml_ci.reports.metrics import title
from ml_ci.reports.numbers import percents
from ml_ci.reports.page.curves.figures import Figure
from ml_ci.reports.page.curves.frame import dots
from ml_ci.reports.text import plural

_MOST_GATES = 6
_BROKEN = 1_000  # as in gates.statistics.ratio, which needs scipy
# Of a shadow's rows on which both agree so much smaller a share has a label: what is counted is no rate.
_SAMPLED = 0.9


def figures(report: CanaryReport) -> list[Figure]:
    """Give the charts that there is something to draw for."""
    windows = [one for one in report.windows if one.closed]
    found: list[Figure] = []
    for at, gate in enumerate(report.gates[:_MOST_GATES], 1):
        limited = read_margin(gate.condition)
        if limited is not None and windows:
            found += [*_rates(windows, limited.metric, at), *_evidence(report, windows, gate, limited.metric, at)]
    return [*found, *_coverage(windows), *_ratio(report, windows)]


def is_sampled(windows: list[Beside]) -> bool:
    """Say whether labels were asked for where the two models of a shadow disagree."""
    agreed, apart = (sum((one.covered[side] for one in windows if one.covered), Coverage()) for side in (0, 1))
    shadow = all(one.share is None for one in windows)
    return shadow and agreed.share is not None and apart.share is not None and agreed.share < _SAMPLED * apart.share


def _rates(windows: list[Beside], metric: str, at: int) -> Iterator[Figure]:
    if is_sampled(windows):
        return
    own, other = ([_rate(metric, side) for side in sides] for sides in _sides(windows))
    known = [one for one in (*own, *other) if one is not None]
    if not known:
        return
    x, y = over_time.time_axis([one.begin for one in windows]), over_time.share_axis(title(metric), known)
    layers = [*over_time.follow(other, y, "old", dashed=True), *over_time.follow(own, y, "new")]
    totals = [_rate(metric, sum(sides, Confusion())) for sides in _sides(windows)]
    now, was = percents(totals)
    said = f"{title(metric)} by window: candidate {now}, champion {was} in {plural(len(windows), 'window')}"
    reading = f"candidate {now} in blue, champion {was} dashed"
    yield over_time.figure(f"rate{at}", f"{title(metric)} by window", reading, said, (x, y), layers)


def _sides(windows: list[Beside]) -> tuple[list[Confusion], list[Confusion]]:
    return [one.candidate for one in windows], [one.champion for one in windows]


def _rate(metric: str, counts: Confusion) -> float | None:
    part, whole = share(counts, metric)
    return part / whole if whole else None


def _evidence(report: CanaryReport, windows: list[Beside], gate: GateResult, metric: str, at: int) -> Iterator[Figure]:
    found, against = report.evidence.get(gate.condition, ()), report.against.get(gate.condition, ())
    known = [one for one in (*found, *against) if one is not None]
    lines = [one for one in (report.line, report.against_line) if one is not None]
    if not known or not lines:
        return
    x = over_time.time_axis([one.begin for one in windows])
    y = over_time.evidence_axis(known, max(lines))
    layers = [
        *over_time.across(report.line, len(windows), "good"),
        *over_time.across(report.against_line, len(windows), "bad"),
        *over_time.follow(against, y, "bad"),
        *over_time.follow(found, y, "good"),
    ]
    reading = "that the gate holds (green) and that it does not (red); each is proven at the dashed line of its colour"
    said = f"Evidence on {title(metric)}: the gate is {_state(gate)}"
    yield over_time.figure(f"evidence{at}", f"Evidence on {title(metric)}", reading, said, (x, y), layers)


def _state(gate: GateResult) -> str:
    return {"pass": "proven to hold", "fail": "proven not to hold"}.get(gate.verdict, "not decided")


def _coverage(windows: list[Beside]) -> Iterator[Figure]:
    covered = [one.covered for one in windows]
    shares = [[None if pair is None else pair[side].share for pair in covered] for side in (0, 1)]
    if all(one is None for side in shares for one in side):
        return
    shadow = all(one.share is None for one in windows)
    names = (
        ("rows on which both agree", "those on which they disagree")
        if shadow
        else ("the candidate's rows", "the champion's")
    )
    x, y = (
        over_time.time_axis([one.begin for one in windows]),
        over_time.share_axis("rows with a label", [], whole=True),
    )
    layers = [*over_time.follow(shares[0], y, "new"), *over_time.follow(shares[1], y, "pos")]
    said = f"Label coverage of {names[0]} and of {names[1]}"
    reading = f"of {names[0]} (blue) and {names[1]} (orange)"
    yield over_time.figure("coverage", "Label coverage", reading, said, (x, y), layers)


def _ratio(report: CanaryReport, windows: list[Beside]) -> Iterator[Figure]:
    known = [one for one in report.ratio if one is not None]
    if not known:
        return
    line = log(_BROKEN)
    x, y = over_time.time_axis([one.begin for one in windows]), over_time.evidence_axis(known, line)
    broken = [(at, min(one, y.high)) for at, one in enumerate(report.ratio) if one is not None and one >= line][:1]
    layers = [
        *over_time.across(line, len(windows), "bad"),
        *over_time.follow(report.ratio, y, "new"),
        dots(over_time.points(broken), "bad", size=90),
    ]
    state = "it is broken" if broken else "nothing speaks against it"
    reading = f"that rows were assigned with another share than asked, which is an error at the red line: {state}"
    yield over_time.figure("ratio", "Assignment", reading, f"Evidence against the assignment: {state}", (x, y), layers)

"""Judge the windows of a champion: an alarm where a rate rose above its limit, told soon and seldom wrongly."""

from __future__ import annotations

import math

import numpy as np

from ml_ci.conditions.tree import Metric
from ml_ci.digests import digest
from ml_ci.frozen import dataclass
from ml_ci.gates.defined import UndefinedError
from ml_ci.gates.evidence import LEAST_ROWS, Policy
from ml_ci.gates.live import coverage, drift, telling
from ml_ci.gates.live.asked import Asked, as_evidence, ask, follow
from ml_ci.gates.live.bound import find_bound
from ml_ci.gates.live.series import Series, find_impossible, make_series, make_weighed
from ml_ci.gates.live.values import Alarm, Evidence, LiveJudgement
from ml_ci.gates.statistics import detector
from ml_ci.gates.statistics.values import Floats
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import of_gates
from ml_ci.gates.wording import confidence_said, said
from ml_ci.live.values import Watched, Window
from ml_ci.metrics import TABLE
from ml_ci.spec.live_gates import find_limit
from ml_ci.spec.values import LiveSpec, ModelSpec

# How sure "it holds, proven" is where the model asks for no confidence.
_CONFIDENCE = 0.95
_DIGITS = 16


def judge_windows(spec: ModelSpec, watched: Watched) -> LiveJudgement:
    """Judge the closed windows of a champion by the gates of `live:`; the windows' counts are all that it depends on.

    ValueError where the model has no `live:`.
    """
    if spec.live is None:
        raise ValueError(f"{spec.name} has no live: in ml-ci.yaml")
    closed = tuple(window for window in watched.windows if window.closed)
    look = _Look(spec, spec.live, watched, make_series(closed))
    damaged = find_impossible(look.series)
    results, alarms, evidence = _judge_gates(look, damaged)
    counted = closed if damaged is None else ()
    column, drifted, drift_line = drift.follow(counted, watched.reference, spec.live)
    verdict = "unjudged" if not any(one.rows for one in watched.windows) else of_gates(results)
    reason = _say_nothing(look) or next(one.reason for one in results if one.verdict == verdict)
    line = look.line if results else None
    return LiveJudgement(verdict, results, alarms, evidence, line, column, drift_line, drifted, reason)


@dataclass(frozen=True, eq=False)
class _Look:
    """What is judged at one look, and what an alarm takes: ln M at `line`."""

    spec: ModelSpec
    live: LiveSpec
    watched: Watched
    series: Series

    @property
    def line(self) -> float:
        return detector.alarm_line(self.live.windows_per_alarm, max(1, len(self.live.gates)))

    @property
    def confidence(self) -> float:
        return self.spec.confidence or _CONFIDENCE


def _say_nothing(look: _Look) -> str:
    """Say why there is nothing to judge; "" where there is."""
    if not any(one.rows for one in look.watched.windows):
        return f"No live row of version {look.watched.version} since {look.watched.since[:10]}"
    return "" if look.live.gates else "No gates under live:, so that nothing but drift is told"


def _judge_gates(
    look: _Look, damaged: Window | None
) -> tuple[tuple[GateResult, ...], tuple[Alarm, ...], dict[str, Evidence]]:
    weighed = make_weighed(look.series.windows) if look.live.weight is not None else None
    asked: list[Asked] = []
    errors: dict[str, GateResult] = {}
    for gate in look.live.gates:
        try:
            if damaged is not None:
                raise UndefinedError(_say_damaged(telling.begin(damaged)))
            limit = find_limit(gate.condition)
            bound = find_bound(limit, look.watched.reference.holdout)
            asked.append(ask(gate, limit, bound, look.series, weighed, dependent=look.live.dependent))
        except UndefinedError as error:
            errors[gate.text] = GateResult(gate.text, "error", reason=str(error), line=gate.line)
    found, log_ms, most = dict(errors), follow(asked), follow(asked, all_wrong=True)
    alarms = []
    log_ms = [_without_silent(look, one, log_m) for one, log_m in zip(asked, log_ms, strict=True)]
    for one, log_m, possible in zip(asked, log_ms, most, strict=True):
        alarm = _find_alarm(look, one, log_m)
        if alarm is not None:
            alarms.append(alarm)
        found[one.gate.text] = _judge(look, one, alarm, possible)
    evidence = {one.gate.text: as_evidence(log_m) for one, log_m in zip(asked, log_ms, strict=True)}
    return tuple(found[gate.text] for gate in look.live.gates), tuple(alarms), evidence


def _say_damaged(window: str) -> str:
    return f"The counts of the window from {window} cannot be: its record is damaged; delete it, and look again"


def _without_silent(look: _Look, asked: Asked, log_m: Floats) -> Floats:
    """Take out the evidence of times at which the labels so far said nothing of the rate."""
    silent = coverage.find_silent(asked.limit.metric, look.series, weighed=asked.weighed is not None)
    return np.where(silent, -np.inf, log_m)


def _find_alarm(look: _Look, asked: Asked, log_m: Floats) -> Alarm | None:
    """Find the first alarm: what comes later revokes none."""
    at = detector.find_alarm(log_m, look.line)
    if at is None:
        return None
    start = look.series.windows[at].begin
    names = [look.watched.model, look.watched.version, str(asked.gate.condition), start]
    return Alarm(asked.gate.text, at, start, digest(names)[:_DIGITS])


def _judge(look: _Look, asked: Asked, alarm: Alarm | None, possible: Floats) -> GateResult:
    limit, bound = asked.limit, asked.bound
    known = alarm is not None or not coverage.is_unknown(limit.metric, look.series, weighed=asked.weighed is not None)
    value = asked.value if known else None
    head = telling.heading(limit.metric, value, _own_counts(asked), bound.words, upper=limit.upper, known=known)

    def result(verdict: str, told: str, confidence: float | None = None, needs: int | None = None) -> GateResult:
        return GateResult(
            asked.gate.text,
            verdict,  # type: ignore[arg-type]
            value=value,
            limit=bound.value,
            baseline=bound.holdout,
            confidence=confidence,
            needs=needs,
            reason=f"{head}: {told}",
            line=asked.gate.line,
        )

    if alarm is not None:
        return result("fail", _say_alarm(look, asked, alarm))
    silent = coverage.explain(limit.metric, look.series, weighed=asked.weighed is not None)
    if silent:
        return result("inconclusive", silent)
    missing, needs = _find_missing(look, asked, possible)
    if missing:
        return result("inconclusive", missing, needs=needs)
    held, proven = _say_held(look, asked)
    return result("pass", held, look.confidence if proven else None)


def _own_counts(asked: Asked) -> tuple[float, float] | None:
    """Give the metric's own part and whole; None of weighted labels."""
    if asked.weighed is not None:
        return None
    wrong, rows = float(asked.wrong.sum()), float(asked.rows.sum())
    return (wrong if asked.limit.upper else rows - wrong), rows


def _say_alarm(look: _Look, asked: Asked, alarm: Alarm) -> str:
    rate = said(Metric(asked.limit.metric), asked.rate(alarm.window))[0]
    window = telling.begin(look.series.windows[alarm.window])
    gates = len(look.live.gates)
    by = "" if gates == 1 else f" by any of its {gates} gates"
    often = f"at most once in {telling.span(look.live.false_alarms)} on average"
    return f"alarm in the window from {window} ({rate} there); a model within its limits alarms{by} {often}"


def _find_missing(look: _Look, asked: Asked, possible: Floats) -> tuple[str, int | None]:
    """Say what is missing before silence means anything, and how many rows: an alarm could have come by now."""
    rows, number, of = int(asked.rows.sum()), int(asked.seen.sum()), TABLE[asked.limit.metric].of
    if not look.series.windows:
        waits = f"{telling.span(look.live.window)} long and its rows {telling.span(look.live.delay)} old"
        return f"no window is closed yet, which it is once it is {waits}", None
    if rows < LEAST_ROWS:
        return f"too few labels to tell: {rows:,} {of} in {telling.windows(len(possible))}", LEAST_ROWS - rows
    if detector.find_alarm(possible, look.line) is not None:
        return "", None
    told = f"too few labels to tell: {rows:,} {of} in {telling.windows(number)} would raise no alarm if all were wrong"
    return f"{told}{_say_plan(look, asked)}", None


def _say_held(look: _Look, asked: Asked) -> tuple[str, bool]:
    told = f"no alarm in {telling.windows(int(asked.seen.sum()))}"
    alpha = Policy().alpha(look.confidence)
    proven = asked.log_e_holds() >= -math.log(alpha)
    if proven:
        told += f", and within it since the promotion, proven with {confidence_said(look.confidence)} confidence"
    return told + _say_plan(look, asked), proven


def _say_plan(look: _Look, asked: Asked) -> str:
    """Say how soon a rise would alarm: to twice the limit, or half of the way from it to 1."""
    at = asked.bound.wrong
    rate = min(2 * at, (1 + at) / 2)
    wait = _plan(look, asked, rate)
    if wait is None:
        return ""
    shown = said(Metric(asked.limit.metric), rate if asked.limit.upper else 1 - rate)[0]
    return f"; at {shown} one would come after {telling.about_windows(wait)}"


def _plan(look: _Look, asked: Asked, rate: float) -> float | None:
    if asked.weighed is not None:
        return None
    if asked.dependent:
        return detector.windows_to_alarm(rate, asked.bound.wrong, look.line)
    rows = detector.rows_to_alarm(rate, asked.bound.wrong, look.line)
    seen = asked.rows[asked.seen]
    return None if rows is None or not len(seen) else rows / float(seen.mean())

"""Judge a candidate on live rows beside the champion: promote it, roll it back, or go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.evidence import Policy
from ml_ci.gates.live import of_shadow, of_split, telling
from ml_ci.gates.live.compared import Compared
from ml_ci.gates.live.values import CanaryJudgement, Decision, Evidence
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.wording import confidence_said, more_rows
from ml_ci.live.values import Canary, Coverage, Shadowed, ShadowWindow, SplitWindow
from ml_ci.metrics import TABLE
from ml_ci.spec.live_gates import find_margin
from ml_ci.spec.values import ModelSpec, Stage

# How sure a promotion is where the model asks for no confidence.
_CONFIDENCE = 0.95


def judge_canary(spec: ModelSpec, stage: Stage, rows: Canary, holdout: Confusion) -> CanaryJudgement:
    """Judge the candidate of a stage with traffic by its gates, on the closed windows since both models were there.

    Promote when every gate is proven now, and the stage is `after:` old; roll back when the contrary of one is, at
    alpha / K for K gates, or when the stage has taken as long as `for:` says and not all are proven; else continue.
    `holdout` is what the champion came to on its own: a rate that is known beforehand, of which a split makes use.
    """
    look = _Look(stage, rows.since, spec.confidence or _CONFIDENCE)
    closed = look.pick(rows)
    error = _find_damaged(look.pick(rows, closed=False))
    used = () if error else closed
    compared = _compare(look, rows, used, holdout)
    ratio = of_split.follow_ratio(_splits(used))
    # Rows need no label, and no age, to be assigned wrongly.
    error = error or of_split.explain_ratio(_splits(look.pick(rows, closed=False)))
    gates = tuple(_judge(look, one, error) for one in compared)
    decision, reason = _decide(look, gates, closed, error)
    return CanaryJudgement(
        decision,
        gates,
        reason,
        {one.gate.text: one.evidence for one in compared},
        look.line,
        {one.gate.text: one.against for one in compared},
        look.against_line,
        ratio,
    )


@dataclass(frozen=True)
class _Look:
    """How a stage is judged: since when it is there, and how sure a promotion has to be."""

    stage: Stage
    since: str
    confidence: float

    @property
    def alpha(self) -> float:
        return Policy().alpha(self.confidence)

    @property
    def line(self) -> float:
        return -math.log(self.alpha)

    @property
    def against_line(self) -> float:
        return self.line + math.log(max(1, len(self.stage.gates)))

    def age(self, time: str) -> float:
        """Give the seconds from the stage's begin to a time."""
        return (datetime.fromisoformat(time) - datetime.fromisoformat(self.since)).total_seconds()

    def pick(self, rows: Canary, *, closed: bool = True) -> tuple[ShadowWindow | SplitWindow, ...]:
        """Give the windows that begin before the stage is over: the closed ones, or all."""
        end = math.inf if self.stage.until is None else self.stage.until
        return tuple(one for one in rows.windows if (one.closed or not closed) and self.age(one.begin) < end)

    def is_over(self, windows: Sequence[ShadowWindow | SplitWindow]) -> bool:
        """Say whether the stage has taken as long as it may, and the last of its rows were judged."""
        return self.stage.until is not None and bool(windows) and self.age(windows[-1].end) >= self.stage.until


def _splits(windows: Sequence[ShadowWindow | SplitWindow]) -> list[SplitWindow]:
    """Give the windows in which rows went to both; with a share of 0 or 1 nothing compares them."""
    return [one for one in windows if isinstance(one, SplitWindow) and 0 < one.share < 1]


def _compare(
    look: _Look, rows: Canary, windows: Sequence[ShadowWindow | SplitWindow], holdout: Confusion
) -> list[Compared]:
    limits = [(gate, find_margin(gate.condition)) for gate in look.stage.gates]
    if isinstance(rows, Shadowed):
        shadows = [one for one in windows if isinstance(one, ShadowWindow)]
        return [of_shadow.compare(gate, limit, shadows, look.alpha) for gate, limit in limits]
    return [of_split.compare(gate, limit, _splits(windows), look.alpha, holdout) for gate, limit in limits]


def _find_damaged(windows: Sequence[ShadowWindow | SplitWindow]) -> str:
    """Say of which window the counts cannot be; "" where all can."""
    for one in windows:
        if not (_is_possible_shadow(one) if isinstance(one, ShadowWindow) else _is_possible_split(one)):
            start = telling.begin(one)
            return f"The counts of the window from {start} cannot be: its record is damaged; delete it, and look again"
    return ""


def _is_possible_shadow(one: ShadowWindow) -> bool:
    pairs = one.paired.negatives, one.paired.positives
    cells = [cell for pair in pairs for cell in astuple(pair)]
    apart = sum(pair.candidate_only + pair.baseline_only for pair in pairs)
    alike = sum(pair.both + pair.neither for pair in pairs)
    known = (apart, one.disagreed), (alike, one.agreed)
    return min(cells) >= 0 and all(rows <= covered.labelled <= covered.due for rows, covered in known)


def _is_possible_split(one: SplitWindow) -> bool:
    sides = zip((one.candidate, one.champion), one.covered, one.assigned, strict=True)
    return 0 <= one.share <= 1 and all(_is_possible_side(*side) for side in sides)


def _is_possible_side(counts: Confusion, covered: Coverage, assigned: int) -> bool:
    return min(astuple(counts)) >= 0 and counts.rows <= covered.labelled <= covered.due <= assigned


def _judge(look: _Look, one: Compared, error: str) -> GateResult:
    """Judge one gate by what its evidence is now, not by its highest so far."""
    verdict, told, needs = _find(look, one)
    if error:
        verdict, told, needs = "error", error, None
    now, was = one.rates
    return GateResult(
        one.gate.text,
        verdict,
        value=now,
        limit=None if was is None else was + one.limit.margin,
        baseline=was,
        confidence=look.confidence if verdict in ("pass", "fail") else None,
        needs=needs,
        reason=error or f"{one.head}: {told}",
        line=one.gate.line,
    )


def _find(look: _Look, one: Compared) -> tuple[Verdict, str, int | None]:
    """Give the verdict of a gate, what is told of it, and the rows that it needs."""
    of = f"{one.rows:,} {TABLE[one.limit.metric].of}"
    proven = f", proven with {confidence_said(look.confidence)} confidence on {of}"
    if one.silent:
        return "inconclusive", one.silent, None
    if _reaches(one.evidence, look.line):
        return "pass", f"within the limit{proven}", None
    if _reaches(one.against, look.against_line):
        return "fail", f"{'above' if one.limit.upper else 'below'} the limit{proven}", None
    if not one.rows:
        return "inconclusive", "wait for labels", None
    more = more_rows(one.needs, TABLE[one.limit.metric].of)
    return "inconclusive", f"cannot be told from noise with {of}; {more}", one.needs


def _reaches(evidence: Evidence, line: float) -> bool:
    return bool(evidence) and evidence[-1] is not None and evidence[-1] >= line


def _decide(
    look: _Look, gates: Sequence[GateResult], windows: Sequence[ShadowWindow | SplitWindow], error: str
) -> tuple[Decision, str]:
    if error:
        return "continue", error
    failed = next((one for one in gates if one.verdict == "fail"), None)
    if failed is not None:
        return "roll back", failed.reason
    if not gates:
        return "continue", "There is no gate to judge the candidate by"
    if not windows:
        return "continue", "No window of both models is closed yet: its rows have to be old enough to have a label"
    missing = next((one for one in gates if one.verdict != "pass"), None)
    if look.is_over(windows):
        lasted = telling.span(look.stage.until or 0.0)
        if missing is not None:
            return "roll back", f"The {lasted} of the stage are over and not every gate is proven. {missing.reason}"
    elif look.age(windows[-1].end) < look.stage.after:
        least = telling.span(look.stage.after)
        late = f"The stage lasts {least} at least, and its rows are judged up to {windows[-1].end[:10]}"
        return "continue", late if missing is None else f"{missing.reason}. {late}"
    if missing is not None:
        return "continue", missing.reason
    number = "The gate holds" if len(gates) == 1 else f"All {len(gates)} gates hold"
    return "promote", f"{number}, proven with {confidence_said(look.confidence)} confidence. {gates[0].reason}"

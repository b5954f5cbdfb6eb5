"""How live rows were judged: values of builtin types. Evidence is in natural logarithms, one number a closed window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult, Verdict

Decision: TypeAlias = Literal["promote", "roll back", "continue"]
# ln M, or ln E, after each closed window; None before the first row that it is about, and where labels say nothing.
Evidence: TypeAlias = tuple[float | None, ...]


@dataclass(frozen=True)
class Alarm:
    """A gate's first alarm since the promotion: in the closed window number `window`, from 0 on, from `begin` on.

    `id` is of the model, its version, the gate and the window: the same however often one looks.
    """

    gate: str
    window: int
    begin: str
    id: str


@dataclass(frozen=True)
class LiveJudgement:
    """How the windows of a champion were judged.

    `verdict`: pass (no alarm, and labels enough for one), fail (an alarm), inconclusive (too few labels, or labels that
    say nothing), error, unjudged (nothing to watch); `reason` says so in a sentence. `gates` are in the order of
    `ml-ci.yaml`; their `value` is the rate since the promotion, their `baseline` the holdout's where they ask for it.
    `evidence` is by gate, as written; an alarm is at `line`. `drift` is by column, the ones that left the holdout's
    distribution are in `drifted` with the number of the first such window; it is at `drift_line`, and never an alarm.
    """

    verdict: Verdict
    gates: tuple[GateResult, ...]
    alarms: tuple[Alarm, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    line: float | None = None
    drift: Mapping[str, Evidence] = field(default_factory=dict)
    drift_line: float | None = None
    drifted: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class CanaryJudgement:
    """Whether the candidate of a stage with traffic may take over, in a sentence: `reason`.

    `gates` pass where they are proven now, fail where the contrary is, and are an error where rows were assigned
    wrongly, which never promotes. Their `value` is the candidate's rate, their `baseline` the champion's. `evidence` is
    for each gate, proven at `line`, `against` its contrary, proven at `against_line`; `ratio` is that against the
    assignment, of a split.
    """

    decision: Decision
    gates: tuple[GateResult, ...]
    reason: str
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    line: float | None = None
    against: Mapping[str, Evidence] = field(default_factory=dict)
    against_line: float | None = None
    ratio: Evidence = ()

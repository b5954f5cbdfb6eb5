"""What a look at live rows found: every output of `ml-ci watch` and `ml-ci canary` is a function of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ml_ci.errors import Failure
from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.live.values import Alarm, Decision, Evidence
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.live.values import Coverage, Window
from ml_ci.records.origin import Origin
from ml_ci.registry.values import Worth

if TYPE_CHECKING:
    from ml_ci.spec.values import Cost


@dataclass(frozen=True)
class ModelWatch:
    """What a look at one model's live rows found; `failure` says why there was nothing to look at, None otherwise.

    `verdict`: pass is healthy, fail an alarm, inconclusive too few labels, unjudged nothing to watch, error a look that
    could not be taken. `since` is when the `version` became champion (UTC, ISO 8601), `commit` what it was trained of,
    `threshold` what it decides by, `holdout` how it did there. `windows` are without their columns, the oldest first;
    each `window` seconds long, judged when its rows are `delay` seconds old.

    `evidence` is by gate, ln M after each closed window; an alarm is raised at `line`. `drift` is the same by column
    (of what the model says: `score`), for the ones that are in `drifted` with the number of the first window in which
    they had left the holdout's distribution: at `drift_line`, and never an alarm. The rates of the model have one false
    alarm in `false_alarms` seconds on average. `waiting` rows are no `delay` old yet, `last_row` is the time of the
    youngest. `reason` is the verdict in a sentence.
    """

    verdict: Verdict
    version: str | None = None
    since: str | None = None
    commit: str | None = None
    threshold: float | None = None
    holdout: Confusion | None = None
    window: float = 0.0
    delay: float = 0.0
    false_alarms: float = 0.0
    windows: tuple[Window, ...] = ()
    gates: tuple[GateResult, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    line: float | None = None
    drift: Mapping[str, Evidence] = field(default_factory=dict)
    drift_line: float | None = None
    drifted: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    waiting: int = 0
    last_row: str | None = None
    cost: Cost | None = None
    worth: Worth | None = None
    failure: Failure | None = None
    notes: tuple[str, ...] = ()

    @property
    def closed(self) -> tuple[Window, ...]:
        """The windows that were judged."""
        return tuple(window for window in self.windows if window.closed)

    @property
    def coverage(self) -> tuple[Coverage, Coverage]:
        """How many of the rows of closed windows, decided positive and decided negative, have a label."""
        return (
            sum((window.decided_positive for window in self.closed), Coverage()),
            sum((window.decided_negative for window in self.closed), Coverage()),
        )


@dataclass(frozen=True)
class WatchReport:
    """The outcome of `ml-ci watch`, at the time `when` (UTC, ISO 8601). `commit` is HEAD's id, where gates stand.

    `config` is the configuration's path from the root of the repository, `origin` says which run of a CI system it was.
    """

    verdict: Verdict
    when: str
    models: Mapping[str, ModelWatch] = field(default_factory=dict)
    commit: str | None = None
    config: str | None = None
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True)
class Beside:
    """One window of a candidate beside the champion: labelled rows of each, of the same rows where `share` is None.

    `share` of the traffic went to the candidate; `assigned` are the rows that each answered, labelled or not. Of a
    shadow's rows on which both agree only a sample may have labels: counts are of labels, and no rates. `covered` says
    how many rows have a label: of candidate and champion, in a shadow of those on which they agree and disagree.
    """

    begin: str
    end: str
    closed: bool
    candidate: Confusion
    champion: Confusion
    share: float | None = None
    assigned: tuple[int, int] | None = None
    covered: tuple[Coverage, Coverage] | None = None


@dataclass(frozen=True)
class CanaryReport:
    """The outcome of `ml-ci canary MODEL --stage STAGE`, at the time `when` (UTC, ISO 8601).

    `version` is the candidate's, in the stage since `since`; `training` is the key of its training: a promotion asks
    for the very model. `champion` is the version that it is held against. `traffic` is the share that it gets, or
    "shadow"; `then` is the stage that comes after. `evidence` is by gate, ln E after each closed window that it holds,
    proven at `line`; `against` that it does not, proven at `against_line`; `ratio` that rows were not assigned by the
    share.
    """

    model: str
    stage: str
    decision: Decision
    when: str
    reason: str = ""
    version: str | None = None
    training: str | None = None
    since: str | None = None
    champion: str | None = None
    traffic: str = ""
    then: str = "champion"
    windows: tuple[Beside, ...] = ()
    gates: tuple[GateResult, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    line: float | None = None
    against: Mapping[str, Evidence] = field(default_factory=dict)
    against_line: float | None = None
    ratio: Evidence = ()
    waiting: int = 0
    last_row: str | None = None
    notes: tuple[str, ...] = ()
    commit: str | None = None
    config: str | None = None
    origin: Origin = field(default_factory=Origin)

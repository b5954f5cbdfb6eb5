"""Format 1 of a look at live rows as a schema: what may stand in it, how long, how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

from ml_ci.errors import Failure, UserError
from ml_ci.gates.live.values import Alarm, Decision, Evidence
from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import overall
from ml_ci.live.values import Coverage, Weighed, Window
from ml_ci.records.origin import Origin
from ml_ci.registry.values import Worth
from ml_ci.reports.document_counts import (
    CommitId,
    CostDocument,
    Count,
    CountsDocument,
    GateDocument,
    Number,
    PathText,
    Share,
)
from ml_ci.reports.document_parts import Document, FailureDocument, Name, OriginDocument, Text, list_problems
from ml_ci.reports.live.values import Beside, CanaryReport, ModelWatch, WatchReport
from ml_ci.spec.names import MODEL_NAME

_Time: TypeAlias = Annotated[str, Field(max_length=40, pattern=r"^\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)$")]
_ModelName: TypeAlias = Annotated[str, Field(pattern=rf"^(?:{MODEL_NAME})$")]
_Version: TypeAlias = Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,100}$")]
_Id: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
_Seconds: TypeAlias = Annotated[float, Field(ge=0, le=10**12)]
_Evidence: TypeAlias = Annotated[list[Number], Field(max_length=20_000)]
_ByName: TypeAlias = dict[Name, _Evidence]


class _Coverage(Document):
    due: Count
    labelled: Count

    @model_validator(mode="after")
    def _within(self) -> _Coverage:
        if self.labelled > self.due:
            raise ValueError("more rows have a label than are due")
        return self

    def value(self) -> Coverage:
        return Coverage(self.due, self.labelled)


class _BothCoverages(Document):
    positive: _Coverage
    negative: _Coverage


class _Weighed(Document):
    positive: bool
    probability: Annotated[float, Field(gt=0, le=1)]
    wrong: Count
    right: Count

    def value(self) -> Weighed:
        return Weighed(self.positive, self.probability, self.wrong, self.right)


class _Window(CountsDocument):
    begin: _Time
    end: _Time
    closed: bool
    predictions: Count
    predicted_positive: Count
    coverage: _BothCoverages
    weighed: list[_Weighed] = Field(default_factory=list, max_length=10_000)
    late: Count = 0

    def window(self) -> Window:
        """Give the window as a report holds it, without its columns."""
        return Window(
            begin=self.begin,
            end=self.end,
            closed=self.closed,
            rows=self.predictions,
            positive=self.predicted_positive,
            counts=self.value(),
            decided_positive=self.coverage.positive.value(),
            decided_negative=self.coverage.negative.value(),
            weighed=tuple(one.value() for one in self.weighed),
            late=self.late,
        )


class _Alarm(Document):
    gate: Text
    window: Count
    begin: _Time
    id: _Id


class _Worth(Document):
    before: _Version
    saved: float
    currency: Name = ""
    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    level: Share | None

    def value(self) -> Worth:
        interval = None if self.interval is None else (self.interval[0], self.interval[1])
        return Worth(self.before, self.saved, self.currency, interval, self.level)


class _Cost(CostDocument):
    worth: _Worth | None = None


class _Model(Document):
    verdict: Verdict
    version: _Version | None
    since: _Time | None
    commit: CommitId | None
    threshold: Number = None
    holdout: CountsDocument | None = None
    window: _Seconds
    delay: _Seconds
    false_alarms: _Seconds
    windows: list[_Window] = Field(max_length=20_000)
    gates: list[GateDocument] = Field(max_length=1_000)
    alarms: list[_Alarm] = Field(max_length=1_000)
    evidence: _ByName = Field(default_factory=dict, max_length=1_000)
    line: Number = None
    drift: _ByName = Field(default_factory=dict, max_length=10_000)
    drift_line: Number = None
    drifted: dict[Name, Count] = Field(default_factory=dict, max_length=10_000)
    reason: Text = ""
    waiting: Count = 0
    last_row: _Time | None = None
    cost: _Cost | None = None
    failure: FailureDocument | None = None
    notes: list[Text] = Field(default_factory=list, max_length=1_000)

    @model_validator(mode="after")
    def _agree(self) -> _Model:
        """Refuse alarms of no gate and no judged window, and a verdict that is better than what it rests on."""
        gates, judged = {gate.condition for gate in self.gates}, [one.begin for one in self.windows if one.closed]
        for alarm in self.alarms:
            if alarm.gate not in gates or alarm.begin not in judged:
                raise ValueError("an alarm is of a gate and of a judged window that are not here")
        if self.verdict == "pass" and (self.alarms or self.failure or not self.gates or not judged):
            raise ValueError("it says pass, and what it rests on does not")
        if self.verdict == "pass" and overall(gate.verdict for gate in self.gates) in ("fail", "error"):
            raise ValueError("it says pass, and a gate of it does not hold")
        return self

    def model(self) -> ModelWatch:
        """Give the model as a report holds it."""
        return ModelWatch(
            verdict=self.verdict,
            version=self.version,
            since=self.since,
            commit=self.commit,
            threshold=self.threshold,
            holdout=self.holdout.value() if self.holdout else None,
            window=self.window,
            delay=self.delay,
            false_alarms=self.false_alarms,
            windows=tuple(one.window() for one in self.windows),
            gates=tuple(gate.result() for gate in self.gates),
            alarms=tuple(Alarm(**dict(alarm)) for alarm in self.alarms),
            evidence=_freeze(self.evidence),
            line=self.line,
            drift=_freeze(self.drift),
            drift_line=self.drift_line,
            drifted=self.drifted,
            reason=self.reason,
            waiting=self.waiting,
            last_row=self.last_row,
            cost=self.cost.value() if self.cost else None,
            worth=self.cost.worth.value() if self.cost and self.cost.worth else None,
            failure=Failure(**dict(self.failure)) if self.failure else None,
            notes=tuple(self.notes),
        )


class _Watch(Document):
    format: Literal[1]
    verdict: Verdict
    when: _Time
    commit: CommitId | None = None
    config: PathText | None = None
    origin: OriginDocument = Field(default_factory=OriginDocument)
    models: dict[_ModelName, _Model] = Field(max_length=1_000)

    @model_validator(mode="after")
    def _rests(self) -> _Watch:
        if self.verdict == "pass" and overall(model.verdict for model in self.models.values()) != "pass":
            raise ValueError("the report says pass, and what it rests on does not")
        return self


class _BesideCounts(Document):
    candidate: Count
    champion: Count


class _Beside(Document):
    begin: _Time
    end: _Time
    closed: bool
    share: Share | None
    assigned: _BesideCounts | None
    covered: Annotated[list[_Coverage], Field(min_length=2, max_length=2)] | None = None
    candidate: CountsDocument
    champion: CountsDocument

    def value(self) -> Beside:
        assigned = None if self.assigned is None else (self.assigned.candidate, self.assigned.champion)
        counts = (self.candidate.value(), self.champion.value())
        covered = None if self.covered is None else (self.covered[0].value(), self.covered[1].value())
        return Beside(self.begin, self.end, self.closed, *counts, self.share, assigned, covered)


class _Canary(Document):
    format: Literal[1]
    decision: Decision
    model: _ModelName
    stage: Name
    when: _Time
    reason: Text = ""
    version: _Version | None = None
    training: Name | None = None
    since: _Time | None = None
    champion: _Version | None = None
    traffic: Name = ""
    then: Name = "champion"
    gates: list[GateDocument] = Field(max_length=1_000)
    windows: list[_Beside] = Field(default_factory=list, max_length=20_000)
    evidence: _ByName = Field(default_factory=dict, max_length=1_000)
    line: Number = None
    against: _ByName = Field(default_factory=dict, max_length=1_000)
    against_line: Number = None
    ratio: _Evidence = Field(default_factory=list)
    waiting: Count = 0
    last_row: _Time | None = None
    notes: list[Text] = Field(default_factory=list, max_length=1_000)
    commit: CommitId | None = None
    config: PathText | None = None
    origin: OriginDocument = Field(default_factory=OriginDocument)

    @model_validator(mode="after")
    def _rests(self) -> _Canary:
        """Refuse a promotion that its gates do not allow."""
        if self.decision == "promote" and overall(gate.verdict for gate in self.gates) != "pass":
            raise ValueError("it says promote, and its gates do not")
        if self.decision == "promote" and (self.version is None or self.champion is None):
            raise ValueError("it says promote, and does not say what in whose place")
        return self


def read_watch(data: dict[str, Any], whence: str) -> WatchReport:
    """Validate the parsed JSON of a watch; UserError that names the first places that are wrong."""
    try:
        found = _Watch.model_validate(data)
    except ValidationError as error:
        raise _refuse("report of a watch", error, whence) from None
    return WatchReport(
        verdict=found.verdict,
        when=found.when,
        models={name: model.model() for name, model in found.models.items()},
        commit=found.commit,
        config=found.config,
        origin=Origin(**dict(found.origin)),
    )


def read_canary(data: dict[str, Any], whence: str) -> CanaryReport:
    """Validate the parsed JSON of a canary; UserError that names the first places that are wrong."""
    try:
        found = _Canary.model_validate(data)
    except ValidationError as error:
        raise _refuse("report of a canary", error, whence) from None
    return CanaryReport(
        model=found.model,
        stage=found.stage,
        decision=found.decision,
        when=found.when,
        reason=found.reason,
        version=found.version,
        training=found.training,
        since=found.since,
        champion=found.champion,
        traffic=found.traffic,
        then=found.then,
        windows=tuple(one.value() for one in found.windows),
        gates=tuple(gate.result() for gate in found.gates),
        evidence=_freeze(found.evidence),
        line=found.line,
        against=_freeze(found.against),
        against_line=found.against_line,
        ratio=tuple(found.ratio),
        waiting=found.waiting,
        last_row=found.last_row,
        notes=tuple(found.notes),
        commit=found.commit,
        config=found.config,
        origin=Origin(**dict(found.origin)),
    )


def _freeze(found: Mapping[str, Sequence[float | None]]) -> dict[str, Evidence]:
    return {name: tuple(values) for name, values in found.items()}


def _refuse(what: str, error: ValidationError, whence: str) -> UserError:
    return UserError(f"The {what} is not valid: {'; '.join(list_problems(error))}.", hint=f"{whence[:-1]}, unedited.")

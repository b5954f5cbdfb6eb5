"""Format 1 of the report as a schema: what may stand in it, how long, how many. Read only where a report is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

from ml_ci.changes.values import Change
from ml_ci.errors import NOTHING_GATED, Failure, UserError
from ml_ci.evaluation.clusters import Weighted
from ml_ci.gates.values import MOST_JUDGEMENTS, Difference, Differences, Verdict
from ml_ci.gates.verdict import of_gates, overall
from ml_ci.gates.yardstick import Yardstick, worst
from ml_ci.metrics import OF_COUNTS
from ml_ci.plan.values import Action
from ml_ci.records.origin import Origin
from ml_ci.reports.document_audit import AuditDocument
from ml_ci.reports.document_behaviours import BehaviourDocument
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
from ml_ci.reports.document_judgements import JudgementDocument
from ml_ci.reports.document_parts import (
    ChangeDocument,
    Document,
    FailureDocument,
    FoldsDocument,
    JobDocument,
    Name,
    OriginDocument,
    Text,
    list_problems,
)
from ml_ci.reports.document_pictures import PicturesDocument
from ml_ci.reports.document_ran import RanDocument
from ml_ci.reports.document_scoring import DeedDocument, ScoringDocument
from ml_ci.reports.text import label
from ml_ci.reports.values import Deed, Folds, ModelReport, Report, Side
from ml_ci.suspicion.overlap import Odd, Overlap


class _Slice(CountsDocument):
    fpr: Number = None
    fnr: Number = None
    metrics: dict[Name, Number] = Field(default_factory=dict, max_length=1_000)


_Values: TypeAlias = Annotated[dict[Text, _Slice], Field(max_length=20_000)]


class _Side(CountsDocument):
    record: Name
    source: Name | None = None
    action: Action | None = None
    metrics: dict[Name, Number] = Field(max_length=1_000)
    slices: dict[Name, _Values] = Field(max_length=200)
    ran: dict[Name, RanDocument] = Field(default_factory=dict, max_length=10)

    def side(self) -> Side:
        """Give the side as a report holds it."""
        return Side(
            record=self.record,
            confusion=self.value(),
            metrics={name: value for name, value in self.metrics.items() if name not in OF_COUNTS},
            slices={column: {k: v.value() for k, v in values.items()} for column, values in self.slices.items()},
            source=self.source,
            action=self.action,
            weights=self.weights.value() if self.weights else None,
            slice_weights=self._slice_weights() if self.weights else {},
            ran={job: one.value() for job, one in self.ran.items()},
        )

    def _slice_weights(self) -> dict[str, dict[str, Weighted]]:
        return {
            column: {value: one.weights.value() for value, one in values.items() if one.weights}
            for column, values in self.slices.items()
        }

    @model_validator(mode="after")
    def _weigh_all(self) -> _Side:
        """Refuse a side of which some slices have weights, and others or the whole have none."""
        if any((one.weights is None) is not (self.weights is None) for v in self.slices.values() for one in v.values()):
            raise ValueError("not all slices have weights as the whole has")
        return self


class _Difference(Document):
    """Whether a difference is told follows from its interval; what the report says of it is not believed."""

    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    level: Share | None

    @model_validator(mode="after")
    def _in_order(self) -> _Difference:
        if self.interval is not None and (self.level is None or self.interval[0] > self.interval[1]):
            raise ValueError("an interval has a level, and its lower end first")
        return self

    def value(self) -> Difference:
        """Give the difference as a report holds it."""
        return Difference(None if self.interval is None else (self.interval[0], self.interval[1]), self.level)


_OfMetrics: TypeAlias = Annotated[dict[Name, _Difference], Field(max_length=1_000)]


class _Differences(Document):
    metrics: _OfMetrics = Field(default_factory=dict)
    slices: Annotated[dict[Name, Annotated[dict[Text, _OfMetrics], Field(max_length=1_000)]], Field(max_length=200)] = (
        Field(default_factory=dict)
    )

    def value(self) -> Differences:
        """Give the differences as a report holds them."""
        return Differences(
            _by_metric(self.metrics),
            {
                column: {value: _by_metric(found) for value, found in values.items()}
                for column, values in self.slices.items()
            },
        )


def _by_metric(found: Mapping[str, _Difference]) -> dict[str, Difference]:
    return {name: one.value() for name, one in found.items()}


class _Yardstick(Document):
    source: Name
    verdict: Verdict
    gates: list[GateDocument] = Field(max_length=50_000)
    rows: Count
    left_out: Count
    changed: list[Text] = Field(default_factory=list, max_length=100)
    reason: Text = ""
    candidate: _Slice | None = None
    baseline: _Slice | None = None
    differences: _Differences = Field(default_factory=_Differences)

    def value(self) -> Yardstick:
        """Give the yardstick as a report holds it."""
        return Yardstick(
            self.source,
            self.verdict,
            tuple(gate.result() for gate in self.gates),
            self.rows,
            self.left_out,
            tuple(self.changed),
            self.reason,
            self.candidate.value() if self.candidate else None,
            self.baseline.value() if self.baseline else None,
            self.differences.value(),
        )


class _Overlap(Document):
    side: Literal["candidate", "baseline"]
    data: Name
    path: Text
    rows: Count
    same: Count | None
    features: Count
    odd: Odd = ""
    features_odd: Odd = ""
    chance: Annotated[float, Field(ge=0)] = 0.0
    cut: bool = False
    folds: Count = 0


class _Model(Document):
    verdict: Verdict
    action: Action
    changes: list[ChangeDocument] = Field(max_length=1_000)
    candidate: _Side | None
    baseline: _Side | None
    gates: list[GateDocument] = Field(max_length=50_000)
    seconds: dict[Name, Annotated[float, Field(ge=0)] | None] = Field(max_length=100)
    failure: FailureDocument | None = None
    notes: list[Text] = Field(default_factory=list, max_length=1_000)
    cost: CostDocument | None = None
    paths: dict[Name, Name] = Field(default_factory=dict, max_length=1_000)
    cautions: list[Text] = Field(default_factory=list, max_length=1_000)
    overlaps: Annotated[list[_Overlap], Field(max_length=1_000)] | None = None
    done: Annotated[list[DeedDocument], Field(max_length=10_000)] | None = None
    yardsticks: list[_Yardstick] = Field(default_factory=list, max_length=10)
    differences: _Differences = Field(default_factory=_Differences)
    folds: FoldsDocument | None = None
    behaviours: dict[Name, BehaviourDocument] = Field(default_factory=dict, max_length=1_000)
    pictures: PicturesDocument | None = None
    audit: AuditDocument | None = None
    scoring: ScoringDocument | None = None
    judgements: list[JudgementDocument] = Field(default_factory=list, max_length=MOST_JUDGEMENTS)

    @model_validator(mode="after")
    def _drawn_of_it(self) -> _Model:
        """Refuse pictures, and an audit, of other counts than those that the verdict rests on."""
        if self.pictures is not None:
            sides = (None if side is None else side.value() for side in (self.candidate, self.baseline))
            self.pictures.refuse_other_rows(*sides)
        if self.audit is not None:
            self.audit.refuse_other_rows(None if self.candidate is None else self.candidate.value())
        return self

    def report(self) -> ModelReport:
        """Give the model as a report holds it."""
        return ModelReport(
            verdict=self.verdict,
            action=self.action,
            changes=tuple(Change(c.part, c.summary, tuple(c.details)) for c in self.changes),
            candidate=self.candidate.side() if self.candidate else None,
            baseline=self.baseline.side() if self.baseline else None,
            gates=tuple(gate.result() for gate in self.gates),
            seconds={name: value for name, value in self.seconds.items() if value is not None},
            failure=Failure(**dict(self.failure)) if self.failure else None,
            notes=tuple(self.notes),
            cost=self.cost.value() if self.cost else None,
            paths=self.paths,
            cautions=tuple(self.cautions),
            overlaps=None if self.overlaps is None else tuple(Overlap(**dict(one)) for one in self.overlaps),
            done=None if self.done is None else tuple(Deed(**dict(deed)) for deed in self.done),
            yardsticks=tuple(one.value() for one in self.yardsticks),
            differences=self.differences.value(),
            folds=Folds(**dict(self.folds)) if self.folds else None,
            behaviours={name: one.report() for name, one in self.behaviours.items()},
            pictures=self.pictures.value() if self.pictures else None,
            audit=self.audit.value() if self.audit else None,
            scoring=self.scoring.value() if self.scoring else None,
            judgements=tuple(one.value() for one in self.judgements),
        )


class ReportDocument(Document):
    """The report of `ml-ci run`, format 1."""

    format: Literal[1]
    verdict: Verdict
    commit: CommitId | None
    base_commit: CommitId | None
    dirty: bool = False
    failure: FailureDocument | None = None
    config: PathText | None = None
    cautions: list[Text] = Field(default_factory=list, max_length=1_000)
    origin: OriginDocument = Field(default_factory=OriginDocument)
    asked: dict[Name, Name] = Field(default_factory=dict, max_length=20)
    models: dict[Name, _Model] = Field(max_length=1_000)
    jobs: dict[Name, JobDocument] = Field(default_factory=dict, max_length=1_000)

    @model_validator(mode="after")
    def _agree(self) -> ReportDocument:
        """Refuse a report whose verdict is better than what it rests on."""
        for where, claimed, rests in _claims(self):
            if claimed == "pass" and rests != "pass":
                raise ValueError(f"{where} says pass, and what it rests on does not")
        return self

    def report(self) -> Report:
        """Give the report that this document is of."""
        return Report(
            verdict=self.verdict,
            commit=self.commit,
            base_commit=self.base_commit,
            models={name: model.report() for name, model in self.models.items()},
            dirty=self.dirty,
            failure=Failure(**dict(self.failure)) if self.failure else None,
            config=self.config,
            cautions=tuple(self.cautions),
            origin=Origin(**dict(self.origin)),
            asked=self.asked,
            jobs={name: job.report() for name, job in self.jobs.items()},
        )


def read(data: dict[str, Any]) -> Report:
    """Validate the parsed JSON of a report of format 1; UserError that names the first places that are wrong."""
    try:
        return ReportDocument.model_validate(data).report()
    except ValidationError as error:
        raise UserError(
            f"The report is not valid: {'; '.join(list_problems(error))}.",
            hint="Give the file that `ml-ci run` left at .ml_ci/report.json, unedited.",
        ) from None


def json_schema() -> dict[str, Any]:
    """Generate the JSON Schema of format 1."""
    generated = ReportDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **generated, "title": "ml-ci report"}


def _claims(document: ReportDocument) -> Iterator[tuple[str, Verdict, Verdict]]:
    """List each verdict with the one that it rests on."""
    models = [model.verdict for model in document.models.values()]
    parts = [*models, *(job.verdict for job in document.jobs.values())]
    yield "the report", document.verdict, overall([*parts, *_failed(document.failure)])
    for name, job in document.jobs.items():
        yield f"job {label(name, 80)}", job.verdict, overall(_failed(job.failure) or ["pass"])
    for name, model in document.models.items():
        judged = worst(of_gates(gate.result() for gate in model.gates), (one.value() for one in model.yardsticks))
        rests = overall([judged, *_failed(model.failure)])
        yield f"model {label(name, 80)}", model.verdict, rests


def _failed(failure: FailureDocument | None) -> list[Verdict]:
    """Give what a failure makes of a verdict: an error; where only nothing was gated, `unjudged`."""
    if failure is None:
        return []
    return ["unjudged" if failure.code == NOTHING_GATED else "error"]

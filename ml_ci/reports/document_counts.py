"""Counts, gates and prices as they stand in the file of a report, of a run or of a watch."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports.document_parts import Document, Name, Text
from ml_ci.spec.values import Cost

CommitId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")]
# Below the repository's root, in ordinary signs: it becomes the place of annotations.
PathText: TypeAlias = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f\\:/.][^\x00-\x1f\x7f\\:]*$")]
Count: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
Weight: TypeAlias = Annotated[float, Field(ge=0, le=10**30)]
Share: TypeAlias = Annotated[float, Field(gt=0, lt=1)]
Number: TypeAlias = float | None


class WeightsDocument(Document):
    """The four counts, each row counted as often as it weighs."""

    tp: Weight
    fp: Weight
    tn: Weight
    fn: Weight

    def value(self) -> Weighted:
        """Give the counts as a report holds them."""
        return Weighted(self.tp, self.fp, self.tn, self.fn)


class CountsDocument(Document):
    """The four counts, with their sums, which have to be right."""

    rows: Count
    positives: Count
    negatives: Count
    tp: Count
    fp: Count
    tn: Count
    fn: Count
    weights: WeightsDocument | None = None

    @model_validator(mode="after")
    def _add_up(self) -> CountsDocument:
        sums = (self.tp + self.fn, self.tn + self.fp, self.positives + self.negatives)
        if sums != (self.positives, self.negatives, self.rows):
            raise ValueError("rows, positives and negatives are not the sums of tp, fp, tn and fn")
        if self.weights is not None and any(
            bool(getattr(self, name)) is not (getattr(self.weights, name) > 0) for name in ("tp", "fp", "tn", "fn")
        ):
            raise ValueError("weights are of other rows than tp, fp, tn and fn")
        return self

    def value(self) -> Confusion:
        """Give the counts as a report holds them."""
        return Confusion(tp=self.tp, fp=self.fp, tn=self.tn, fn=self.fn)


class GateDocument(Document):
    """How one gate, or one slice of it, was judged."""

    condition: Text
    slice: Annotated[str, Field(max_length=50_000)] | None
    verdict: Verdict
    value: Number
    limit: Number
    baseline: Number
    interval: Annotated[list[float], Field(min_length=2, max_length=2)] | None
    confidence: Share | None
    needs: Count | None
    reason: Text
    line: Annotated[int, Field(ge=1, le=10**7)] | None = None
    clusters: Count | None = None
    unit: Annotated[str, Field(max_length=40, pattern=r"^[a-z ]*$")] = ""
    design_effect: Annotated[float, Field(ge=0, le=10**30)] | None = None
    effective_rows: Annotated[float, Field(ge=0, le=10**15)] | None = None
    needs_clusters: Count | None = None
    level: Share | None = None
    chance: Share | None = None

    def result(self) -> GateResult:
        """Give the result as a report holds it."""
        fields = dict(self)
        fields["interval"] = None if self.interval is None else (self.interval[0], self.interval[1])
        return GateResult(**fields)


class CostDocument(Document):
    """What a mistake of each kind costs."""

    fp: float
    fn: float
    currency: Name = ""

    def value(self) -> Cost:
        """Give the prices as a report holds them."""
        return Cost(self.fp, self.fn, self.currency)

"""The part of the report's schema that says what behaviours came to."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from ml_ci.evaluation.values import Shown
from ml_ci.reports.document_parts import Document, Name, Text
from ml_ci.reports.values import BehaviourReport, Broken

_Count: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
_Weight: TypeAlias = Annotated[float, Field(ge=0, le=10**30)]


class _Part(Document):
    applies: _Count
    broken: _Count

    @model_validator(mode="after")
    def _part_of_it(self) -> _Part:
        if self.broken > self.applies:
            raise ValueError("more rows are broken than it applies to")
        return self


class _Weights(Document):
    applies: _Weight
    broken: _Weight


_Slices: TypeAlias = Annotated[
    dict[Name, Annotated[dict[Text, _Part], Field(max_length=20_000)]], Field(max_length=200)
]


class _Broken(Document):
    """One side; the rows to which it applies are those of the behaviour."""

    broken: _Count | None
    no_answer: _Count | None
    slices: _Slices = Field(default_factory=dict)
    weights: _Weights | None = None

    def side(self, applies: int | None) -> Broken | None:
        """Give the side as a report holds it; None where it was not measured."""
        if self.broken is None or applies is None:
            return None
        slices = {
            column: {value: (one.applies, one.broken) for value, one in values.items()}
            for column, values in self.slices.items()
        }
        weights = None if self.weights is None else (self.weights.applies, self.weights.broken)
        return Broken(applies, self.broken, self.no_answer or 0, slices, weights)


class _Shown(Document):
    words: Text
    arguments: list[Name] = Field(default_factory=list, max_length=50)
    full: bool = False
    beyond: bool = False

    def value(self) -> Shown:
        """Give it as a report holds it."""
        return Shown(self.words, tuple(self.arguments), self.full, self.beyond)


class BehaviourDocument(_Broken):
    """One behaviour: the candidate's counts, and the baseline's."""

    kind: Annotated[str, Field(max_length=40, pattern=r"^[a-z]+$")]
    says: Text = ""
    rows: _Count
    applies: _Count | None
    baseline: _Broken | None = None
    certain: bool = False
    why: Text = ""
    counterexample: _Shown | None = None

    @model_validator(mode="after")
    def _add_up(self) -> BehaviourDocument:
        for side in (self, self.baseline):
            if side is not None and (side.broken or 0) > (self.applies or 0):
                raise ValueError("more rows are broken than it applies to")
            if side is not None and (side.no_answer or 0) > (side.broken or 0):
                raise ValueError("more rows have no answer than are broken")
        return self

    def report(self) -> BehaviourReport:
        """Give the behaviour as a report holds it."""
        return BehaviourReport(
            self.kind,
            self.says,
            self.rows,
            self.side(self.applies),
            None if self.baseline is None else self.baseline.side(self.applies),
            self.why,
            self.certain,
            None if self.counterexample is None else self.counterexample.value(),
        )

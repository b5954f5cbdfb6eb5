"""The part of the report's schema that counts for a bias audit; its tables are made again, and never believed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from ml_ci.evaluation.audit import Audit, AuditCell
from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.document_parts import Document, Name, Text
from ml_ci.spec.card import Selected

_Count: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]


class _Cell(Document):
    sex: Text
    race: Text
    tp: _Count
    fp: _Count
    tn: _Count
    fn: _Count
    above: _Count | None = None

    @model_validator(mode="after")
    def _part_of_it(self) -> _Cell:
        if self.above is not None and self.above > self.tp + self.fp + self.tn + self.fn:
            raise ValueError("more rows score above the median than there are")
        return self

    def value(self) -> AuditCell:
        return AuditCell(self.sex, self.race, Confusion(self.tp, self.fp, self.tn, self.fn), self.above)


class _Row(Document):
    category: list[Text] = Field(max_length=2)
    rows: _Count
    chosen: _Count
    rate: float
    small: bool
    ratio: float | None
    ratio_of_all: float | None


class _Unknown(Document):
    sex: _Count
    race: _Count
    either: _Count
    rows: _Count


_Rows: TypeAlias = Annotated[list[_Row], Field(max_length=1_000)]
_Tables: TypeAlias = Annotated[dict[Literal["sex", "race", "both"], _Rows], Field(max_length=3)]


class AuditDocument(Document):
    """The candidate's rows by sex and race."""

    sex: Name
    race: Name
    cells: list[_Cell] = Field(max_length=1_000)
    median: float | None = None
    unknown: list[Text] = Field(default_factory=list, max_length=1_000)
    selected: Selected = "positive"
    unknown_rows: _Unknown | None = None
    tables: Annotated[dict[Literal["selection", "scoring"], _Tables | None], Field(max_length=2)] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _agree(self) -> AuditDocument:
        if len({(cell.sex, cell.race) for cell in self.cells}) < len(self.cells):
            raise ValueError("a pair of sex and race is counted twice")
        if any((cell.above is None) is not (self.median is None) for cell in self.cells):
            raise ValueError("rows score above no median")
        rows = sum(cell.value().counts.rows for cell in self.cells)
        if 2 * sum(cell.above or 0 for cell in self.cells) > rows:
            raise ValueError("more than half of the rows score above the median")
        return self

    def refuse_other_rows(self, candidate: Confusion | None) -> None:
        """Raise ValueError where the cells are of other rows than the report's own counts, or count otherwise."""
        total = sum((cell.value().counts for cell in self.cells), Confusion())
        if total != candidate:
            raise ValueError("the audit is of other rows than the report counts")

    def value(self) -> Audit:
        """Give the audit as a report holds it."""
        cells = tuple(cell.value() for cell in self.cells)
        return Audit(self.sex, self.race, cells, self.median, tuple(self.unknown), self.selected)

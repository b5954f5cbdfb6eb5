"""How a report says what was done, and how models were asked: read, and believed only where it holds together."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from ml_ci.reports.document_parts import Document, Name
from ml_ci.reports.values import DeedKind, DeedSide, Scoring

Count: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]


class _Price(Document):
    per_row: Annotated[float, Field(gt=0)]
    currency: Name = ""
    total: Annotated[float, Field(ge=0)]


class ScoringDocument(Document):
    repeats: Annotated[int, Field(ge=1, le=1000)] = 1
    rows: Count = 0
    again: Count = 0
    price: _Price | None = None

    def value(self) -> Scoring:
        """Give it as a report holds it; what was paid in all follows from the rows."""
        price = self.price
        own = (None, "") if price is None else (price.per_row, price.currency)
        return Scoring(self.repeats, self.rows, self.again, *own)


class DeedDocument(Document):
    kind: DeedKind
    side: DeedSide
    model: Name
    seconds: Annotated[float, Field(ge=0)]
    finished: bool

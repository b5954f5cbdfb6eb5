"""The looks at a holdout as they stand in a report: what may stand in one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ml_ci.gates.values import Judgement, Verdict
from ml_ci.reports.document_parts import Document

_Count = Annotated[int, Field(ge=0, le=10**15)]


class JudgementDocument(Document):
    """One look at the holdout, as the chart of judgements draws it."""

    when: Annotated[str, Field(max_length=40, pattern=r"^\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)$")]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")] | None
    verdict: Verdict
    promoted: bool
    tp: _Count
    fp: _Count
    tn: _Count
    fn: _Count

    def value(self) -> Judgement:
        """Give the look as a report holds it."""
        return Judgement(**dict(self))

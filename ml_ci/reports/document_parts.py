"""Parts of the report's schema that several of its shapes are made of, and the one of a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.gates.values import Verdict
from ml_ci.plan.values import JobAction
from ml_ci.reports.text import label
from ml_ci.reports.values import JobReport

Name: TypeAlias = Annotated[str, Field(max_length=2_000)]
Text: TypeAlias = Annotated[str, Field(max_length=20_000)]
Log: TypeAlias = Annotated[str, Field(max_length=1_000_000)]


class Document(BaseModel):
    """Read strictly what is known, and pass over what a later version adds."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class ChangeDocument(Document):
    """One change of a part."""

    part: Name
    summary: Text
    details: list[Text] = Field(default_factory=list, max_length=1_000)


class FailureDocument(Document):
    """Why something could not be judged, or did not pass."""

    stage: Name
    code: Name
    message: Text
    hint: Text = ""
    log_tail: Log = ""


class OriginDocument(Document):
    """Which run of a CI system a report is of."""

    event: Name = ""
    ref: Name = ""
    run: Name = ""
    gates_from: Name = ""


class JobDocument(Document):
    """One job that is a check."""

    verdict: Verdict
    action: JobAction
    changes: list[ChangeDocument] = Field(default_factory=list, max_length=1_000)
    seconds: Annotated[float, Field(ge=0)] | None = None
    failure: FailureDocument | None = None
    line: Annotated[int, Field(ge=1, le=10**7)] | None = None

    def report(self) -> JobReport:
        """Give the job as a report holds it."""
        return JobReport(
            self.verdict,
            self.action,
            tuple(Change(c.part, c.summary, tuple(c.details)) for c in self.changes),
            self.seconds,
            Failure(**dict(self.failure)) if self.failure else None,
            self.line,
        )


class FoldsDocument(Document):
    """How a model was cross-validated."""

    folds: Annotated[int, Field(ge=2, le=20)]
    of: Name
    by: Name | None
    rows: Annotated[int, Field(ge=0, le=10**15)]
    trained: Annotated[int, Field(ge=0, le=10**15)]


def list_problems(error: ValidationError, most: int = 3) -> Iterator[str]:
    """Name the first places that are wrong, and how many more there are."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in found[:most]:
        where = ".".join(label(str(step), 40) for step in problem["loc"][:8]) or "the report"
        yield f"{where}: {label(problem['msg'], 120)}"
    if len(found) > most:
        yield f"and {len(found) - most:,} more"

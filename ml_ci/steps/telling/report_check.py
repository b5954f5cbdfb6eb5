"""Report a job that is a check."""

from __future__ import annotations

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.gates.values import Verdict
from ml_ci.reports.values import JobReport
from ml_ci.spec.values import JobSpec
from ml_ci.variables.masks import Mask

# By these the job itself said no; any other failure says that it could not be done.
_SAID_NO = frozenset({"job-exit", "job-raised"})
LOST_JOB = "lost-job"


def report_passed(job: JobSpec, seconds: float | None, changes: tuple[Change, ...]) -> JobReport:
    """Report a job that ended well, now or as its record says."""
    return JobReport("pass", "reuse" if seconds is None else "run", changes, seconds, line=job.line)


def report_not_passed(job: JobSpec, failure: Failure, mask: Mask, changes: tuple[Change, ...]) -> JobReport:
    """Report a job that did not end well, or could not be done."""
    verdict: Verdict = "fail" if failure.code in _SAID_NO else "error"
    return JobReport(verdict, "run", changes, failure=mask.failure(failure), line=job.line)


def report_lost(name: str, ref: str | None) -> JobReport:
    """Report a check that the base declares and the change does not."""
    message = f"the job `{name}` is a check on `{ref}` and no longer in this change: nobody would do it"
    hint = "Declare it again under its name. A check is removed on purpose by whoever may merge over a red status."
    return JobReport("error", "reuse", failure=Failure("spec", LOST_JOB, message, hint))

"""What a report says of the jobs that are checks: those that do not pass one by one, the others in a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ml_ci.gates.values import Verdict
from ml_ci.gates.verdict import ORDER
from ml_ci.reports.gate_rows import MARKS
from ml_ci.reports.numbers import duration
from ml_ci.reports.pieces import stop
from ml_ci.reports.text import label, plural
from ml_ci.reports.values import JobReport, Report

_OUTCOMES: Mapping[Verdict, str] = {"pass": "passes", "fail": "fails", "error": "could not be done"}
_MOST_NAMES = 5


def verdict(name: str, job: JobReport) -> str:
    """Say the verdict on one job in a few words: `the job lint fails`."""
    return f"the job {label(name, 100)} {_OUTCOMES.get(job.verdict, job.verdict)}"


def overall(report: Report) -> str:
    """Say the verdicts of all jobs in a few words: `1 of 3 jobs fails`; "" where there are none."""
    if not report.jobs:
        return ""
    if len(report.jobs) == 1:
        return verdict(*next(iter(report.jobs.items())))
    bad = [job for job in report.jobs.values() if job.verdict != "pass"]
    if not bad:
        return f"{'both jobs' if len(report.jobs) == 2 else 'all ' + plural(len(report.jobs), 'job')} pass"
    return f"{len(bad):,} of {plural(len(report.jobs), 'job')} {'does' if len(bad) == 1 else 'do'} not pass"


def list_failing(report: Report) -> dict[str, JobReport]:
    """Give the jobs that do not pass, the worst first."""
    bad = ((name, job) for name, job in report.jobs.items() if job.verdict != "pass")
    return dict(sorted(bad, key=lambda one: ORDER.index(one[1].verdict)))


def marked(name: str, job: JobReport) -> str:
    """Say the verdict on one job with its mark: `✗ the job lint fails`."""
    return f"{MARKS[job.verdict]} {verdict(name, job)}"


def explain(job: JobReport) -> Iterator[str]:
    """Say why a job does not pass, what of it changed, and what to do."""
    if job.failure is not None:
        yield stop(label(job.failure.message, 1_000))
        if job.failure.hint:
            yield label(job.failure.hint, 1_000)
    for change in job.changes[:10]:
        yield f"changed {label(change.part, 80)}: {label(change.summary, 300)}"


def passing(report: Report) -> str:
    """Say in a line which jobs pass: `✓ the jobs lint and tests pass (1.2 s)`; "" where none does."""
    found = {name: job for name, job in report.jobs.items() if job.verdict == "pass"}
    if not found:
        return ""
    names = [label(name, 60) for name in found]
    shown = names if len(names) <= _MOST_NAMES else [*names[:_MOST_NAMES], plural(len(names) - _MOST_NAMES, "more job")]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    took = sum(job.seconds or 0.0 for job in found.values())
    spent = f" ({duration(took)})" if any(job.seconds is not None for job in found.values()) else ""
    said = f"the job {listed} passes" if len(names) == 1 else f"the jobs {listed} pass"
    return f"{MARKS['pass']} {said}{spent}"

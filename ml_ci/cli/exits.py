"""Which exit code a report is."""

from __future__ import annotations

from ml_ci.cli.main import FAILED, INCONCLUSIVE, PASSED, UNJUDGED
from ml_ci.reports.values import Report


def code_of(report: Report) -> int:
    """Give 0 only for `pass`; a run in which nothing was judged has a code of its own."""
    if report.verdict == "pass":
        return PASSED
    if report.verdict == "inconclusive":
        return INCONCLUSIVE
    if report.verdict == "unjudged":
        return UNJUDGED
    return FAILED

"""Whether a report is of the commit, the run and the base that are told of: a stale or a foreign one is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ml_ci.errors import Failure
from ml_ci.frozen import dataclass
from ml_ci.reports.text import label
from ml_ci.reports.values import Report


@dataclass(frozen=True)
class Due:
    """What a report has to be of; "" where nobody says.

    `head` is the commit that statuses are set on, `here` the one that a run of this event checks out (of a pull request
    the merge with its base that GitHub makes), `run` the id of the run that left the report, `base` the branch that a
    pull request goes to. `covers` is the one branch whose ml-ci.yaml is at hand, where that may be another.
    """

    head: str = ""
    here: str = ""
    run: str = ""
    base: str = ""
    covers: str = ""


def hold(report: Report, due: Due, merged: Callable[[str], str]) -> Report:
    """Give the report, as an error where it is of another commit, run or base.

    `merged` gives the second parent of a merge commit, "" for what is none or is not known: the merge that GitHub made
    of a pull request counts as its head. A report that names no commit is an error already.
    """
    why = _foreign(report, due, merged)
    if not why:
        return report
    failure = Failure("report", "foreign-report", why, "Give the report of this run: run the whole workflow again.")
    return replace(report, verdict="error", models={}, failure=failure)


def _foreign(report: Report, due: Due, merged: Callable[[str], str]) -> str:
    origin = report.origin
    if due.run and origin.run and origin.run != due.run:
        return f"the report is of run {label(origin.run, 30)}, not of run {label(due.run, 30)}"
    if due.base and origin.gates_from and origin.gates_from != due.base:
        of = f"`{label(origin.gates_from, 80)}`, and this pull request goes to `{label(due.base, 80)}`"
        return f"the report was judged by the gates of {of}"
    if due.covers and due.base and due.covers != due.base:
        of = f"goes to `{label(due.base, 80)}`, and only the gates of `{label(due.covers, 80)}` are at hand"
        return f"this pull request {of}"
    if not due.head or (report.verdict == "error" and report.commit is None):
        return ""
    if report.commit is None:
        return f"the report names no commit, and this is of {due.head[:7]}"
    if report.commit in (due.head, due.here) or merged(report.commit) == due.head:
        return ""
    return f"the report is of commit {report.commit[:7]}, and this is of {due.head[:7]}"

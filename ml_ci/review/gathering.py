"""Read the reports of a run as one, held to what is trusted: the commit, the run, the base, and its configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml_ci.errors import Failure, UserError
from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Activity, Request, read_commit
from ml_ci.reports.text import label
from ml_ci.reports.values import Report
from ml_ci.review.belonging import Due, hold
from ml_ci.review.desk import desk_of, step_of
from ml_ci.review.files import lost, read_reports
from ml_ci.review.shards import held_to, joined
from ml_ci.spec.find import read
from ml_ci.spec.values import Spec


def gathered(request: Request) -> Report:
    """Read the reports, as one, held to the trusted configuration and to the commit, the run and the base at hand.

    A report that is lost, not valid, stale or foreign is an error.
    """
    due = _due(request)
    try:
        reports = [
            hold(report, _of_its_pull(request, due, report), lambda commit: _merged(request, commit))
            for report in read_reports(request.reports)
        ]
        report = joined(reports)
    except RefusedError:
        raise
    except UserError as error:
        report = lost(error)
    if request.expect is None:
        return report
    return held_to(report, _spec(request.expect)) if request.expect.is_file() else _unfounded(report)


def _unfounded(report: Report) -> Report:
    """Give the report as an error: the base has no configuration that is trusted, and it is expected to have one."""
    why = "the base branch has no ml-ci.yaml, and the default branch has one: nothing that is trusted judges this"
    hint = "Bring ml-ci.yaml to the base branch first, by whoever may merge over a red status."
    return replace(report, verdict="error", models={}, failure=Failure("report", "no-base-gates", why, hint))


def _due(request: Request) -> Due:
    """Say what a report has to be of, as far as the event tells it."""
    wanted = asked(request)
    merge_queue = wanted.kind == "merge-group"
    base = wanted.gates_from if wanted.pull_request is not None or merge_queue else ""
    return Due(wanted.sha, wanted.here, wanted.run or (request.run_id if request.event_name else ""), base)


def _of_its_pull(request: Request, due: Due, report: Report) -> Due:
    """Add the branch that the report's pull request goes to, where no event says it and the forge is asked.

    The second stage has the ml-ci.yaml of the default branch at hand, and of no other.
    """
    wanted = asked(request)
    if wanted.head is None or not (request.token and request.repository):
        return due
    found = desk_of(request).by_head(wanted.head, report.origin.gates_from)
    if found is None:
        return due
    return replace(due, base=found.base, covers=wanted.covers if request.expect is not None else "")


def _merged(request: Request, commit: str) -> str:
    return desk_of(request).second_parent(commit) if request.token and request.repository else ""


def asked(request: Request) -> Activity:
    """Say what the event asks for; a pull request or a commit that was named by hand comes first."""
    wanted = step_of(request).activity(request)
    if request.pull_request is not None:
        same = request.pull_request == wanted.pull_request
        sha = wanted.sha if same else ""
        wanted = replace(wanted, pull_request=request.pull_request, sha=sha, head=None, comments=True, statuses=True)
    if request.sha:
        if not read_commit(request.sha):
            raise UserError(f"--sha {label(request.sha)}: no commit's full id", hint="Give all 40 digits.")
        wanted = replace(wanted, sha=request.sha, statuses=True)
    return wanted


def _spec(file: Path) -> Spec:
    from ml_ci.spec.load import load

    return load(read(file), str(file))

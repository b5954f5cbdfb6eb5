"""What the commands of a forge do, each as one list of steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.forges.errors import RefusedError
from ml_ci.forges.registry import named
from ml_ci.forges.values import Activity, PullRequest, Request, Status
from ml_ci.frozen import dataclass
from ml_ci.records.atomic import write_text
from ml_ci.reports.forms import write
from ml_ci.reports.text import label
from ml_ci.reports.values import Report
from ml_ci.review import several, sticky
from ml_ci.review.desk import Desk, desk_of, step_of
from ml_ci.review.draft import draft, key_of
from ml_ci.review.gathering import asked, gathered
from ml_ci.review.statuses import left, name_whole, pending, statuses
from ml_ci.review.statuses import lost as lost_statuses


@dataclass(frozen=True)
class Outcome:
    """What was done, to be printed, and the exit code."""

    said: str
    code: int = 0


def comment_on(request: Request) -> Outcome:
    """Have the one comment of the pull request say what the reports say; the job summary where it may not be had."""
    report = gathered(request)
    wanted = asked(request)
    if not wanted.comments:
        _hold_that_an_event_decided(request, "--pull-request NUMBER")
        return _elsewhere(request, report, f"no comment: {wanted.why}")
    desk = desk_of(request)
    try:
        found = _pull_request(desk, wanted, report.origin.gates_from)
        if isinstance(found, str):
            return _elsewhere(request, report, f"no comment: {found}")
        flagged = desk.touched(found.number, found.base)
        report = replace(report, cautions=(*flagged, *report.cautions))
        key = key_of(request.key, request.workflow, request.project)
        comment = draft(report, key, step_of(request).run_url(request), request.page)
        done = sticky.put(desk, found.number, comment, request.author)
    except RefusedError as error:
        if error.status == 403 and _summarized(request, report):
            told = f"{error.message}; the report is in the job summary instead"
            raise RefusedError(403, told, hint=error.hint) from None
        raise
    return Outcome(f"comment on pull request #{found.number}: {done}{_noticed(request, flagged)}", _code(report))


def _noticed(request: Request, flagged: tuple[str, ...]) -> str:
    """Say it in the log of the job as well, where the forge shows it."""
    if not request.event_name:
        return "".join(f"\n{said}" for said in flagged)
    notice = step_of(request).notice
    return "".join(f"\n{notice(said)}" for said in flagged)


def set_statuses(request: Request) -> Outcome:
    """Set a status per model and one for the whole; what was pending and has no result becomes an error."""
    wanted = asked(request)
    if not wanted.statuses:
        report = gathered(request)
        _hold_that_an_event_decided(request, "--sha COMMIT, or --pull-request NUMBER")
        return Outcome(f"no status: {wanted.why}", _code(report))
    desk = desk_of(request)
    sha = _sha(desk, wanted)
    report = gathered(replace(request, sha=sha))
    told = statuses(report, _target(request), request.project)
    number = _number(desk, wanted, report)
    if number is not None:
        told = _for_all(desk, sha, number, told, name_whole(request.project))
    _send(desk, sha, (*left(_latest(desk, sha), told, _target(request), request.project), *told))
    return Outcome(f"status of commit {sha[:7]}: {told[-1].state} ({len(told)} set)", _code(report))


def set_pending(request: Request, models: tuple[str, ...]) -> Outcome:
    """Say that the run has begun."""
    wanted = asked(request)
    if not wanted.statuses:
        _hold_that_an_event_decided(request, "--sha COMMIT, or --pull-request NUMBER")
        return Outcome(f"no status: {wanted.why}")
    desk = desk_of(request)
    sha = _sha(desk, wanted)
    told = pending(models, _target(request), request.project)
    _send(desk, sha, told)
    return Outcome(f"status of commit {sha[:7]}: pending ({len(told)} set)")


def set_lost(request: Request) -> Outcome:
    """Turn what a run that died left pending into an error; what has a result is left as it is."""
    wanted = asked(request)
    if not wanted.statuses:
        _hold_that_an_event_decided(request, "--sha COMMIT, or --pull-request NUMBER")
        return Outcome(f"no status: {wanted.why}")
    desk = desk_of(request)
    sha = _sha(desk, wanted)
    told = lost_statuses(desk.latest(sha), _target(request), request.project)
    _send(desk, sha, told)
    return Outcome(
        f"status of commit {sha[:7]}: {len(told)} left pending, now error" if told else "nothing was pending"
    )


def summarize(request: Request) -> Outcome:
    """Append the reports to the job summary."""
    report = gathered(request)
    if request.step_summary is None:
        raise UserError("there is no job summary to write to", hint=_summary_hint(request))
    written = step_of(request).summarize(report, request.step_summary)
    return Outcome("job summary: written" if written else "job summary: there is no room left in it", _code(report))


def write_page(request: Request, file: Path) -> Outcome:
    """Write the page of the reports, as they are held to what is trusted: what it says the comment says, too."""
    report = gathered(request)
    write_text(file, write("html", report))
    return Outcome(f"wrote {file}")


def show_event(request: Request) -> Outcome:
    """Give what the event asks for as JSON, and as outputs of the step."""
    wanted = asked(request)
    told = {
        "kind": wanted.kind,
        "sha": wanted.sha,
        "pull-request": wanted.pull_request,
        "gates-from": wanted.gates_from,
        "comments": wanted.comments,
        "statuses": wanted.statuses,
        "promotes": wanted.promotes,
        "why": wanted.why,
    }
    if request.output is not None:
        step = step_of(request)
        step.append(request.output, step.outputs({name: _output(value) for name, value in told.items()}))
    return Outcome(json.dumps({"format": 1, **told}, indent=2))


def _number(desk: Desk, wanted: Activity, report: Report) -> int | None:
    """Give the number of the pull request that statuses are set for; None where it is none's."""
    if wanted.pull_request is not None or wanted.head is None:
        return wanted.pull_request
    found = desk.by_head(wanted.head, report.origin.gates_from)
    return None if found is None else found.number


def _for_all(desk: Desk, sha: str, number: int, told: tuple[Status, ...], whole: str) -> tuple[Status, ...]:
    """Let the worst count over all open pull requests that have this commit as their head."""
    marked = several.mark(told, number)
    neighbours = sorted((one for one in desk.neighbours(sha) if one.number != number), key=lambda one: one.number)
    if not neighbours:
        return marked
    return several.worsen(marked, number, neighbours, several.read_told(desk.history(sha), neighbours), whole)


def _hold_that_an_event_decided(request: Request, option: str) -> None:
    """Hold that an event said that nothing is to be written: outside of a forge's job somebody has to name what is."""
    if not request.event_name:
        message = f"outside of {named(request.forge).title} no event names the pull request or the commit"
        raise UserError(message, hint=f"Name the repository and what is meant: --repository OWNER/NAME {option}.")


def _pull_request(desk: Desk, wanted: Activity, base: str) -> PullRequest | str:
    """Find the pull request to comment on, or say why there is none: a run that was overtaken says nothing."""
    if wanted.pull_request is not None:
        found: PullRequest | None = desk.by_number(wanted.pull_request)
    else:
        found = desk.by_head(wanted.head, base) if wanted.head else None
    if found is None:
        return "no open pull request has this head"
    if wanted.sha and found.sha != wanted.sha:
        return f"pull request #{found.number} has moved on to {label(found.sha[:7])}, this is of {wanted.sha[:7]}"
    return found


def _sha(desk: Desk, wanted: Activity) -> str:
    """Give the commit for statuses: the pull request's head, asked for where only its number is known."""
    if wanted.sha or wanted.pull_request is None:
        return wanted.sha
    return desk.by_number(wanted.pull_request).sha


def _latest(desk: Desk, sha: str) -> dict[str, str]:
    """Read what is set; a token that may write and not read leaves nothing to be found pending."""
    try:
        return dict(desk.latest(sha))
    except RefusedError as error:
        if error.status == 403:
            return {}
        raise


def _elsewhere(request: Request, report: Report, why: str) -> Outcome:
    told = "; the report is in the job summary" if _summarized(request, report) else ""
    return Outcome(why + told, _code(report))


def _summarized(request: Request, report: Report) -> bool:
    return request.step_summary is not None and step_of(request).summarize(report, request.step_summary)


def _code(report: Report) -> int:
    """Give 1 where no report arrived, or none that could be read: what was written tells of it."""
    return 1 if report.failure is not None and report.failure.stage == "report" else 0


def _send(desk: Desk, sha: str, statuses: Sequence[Status]) -> None:
    """Set the statuses in order; one that cannot be set does not keep the others from being set, then it raises."""
    problems: list[UserError] = []
    for status in statuses:
        try:
            desk.set_status(sha, status)
        except UserError as error:
            problems.append(error)
    if problems:
        raise problems[0]


def _summary_hint(request: Request) -> str:
    variable = named(request.forge).variables.get("step_summary")
    return f"Give --step-summary FILE, or {variable}." if variable else "This forge has none."


def _target(request: Request) -> str:
    return request.target_url or step_of(request).run_url(request)


def _output(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else label(str(value), 500)

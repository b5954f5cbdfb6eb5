"""`ml-ci github`: a report as a comment, as commit statuses, as a job summary."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ml_ci.github.tasks import Outcome
    from ml_ci.github.values import Request

_PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Bring reports to a pull request, from any CI system.

    The token is taken from GITHUB_TOKEN only. Where GitHub Actions has set its variables, no option is needed: the
    repository, the commit and the pull request follow from the event. They are never taken from a report.
    """


def _options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of these names to a command, in this order."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            function = _OPTIONS[name](function)
        return function

    return add


_OPTIONS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "report": click.option(
        "--report",
        "reports",
        multiple=True,
        type=_PATH,
        metavar="PATH",
        help="A report, or a folder of reports; may be given again: they become one. [default: .ml_ci/report.json]",
    ),
    "repository": click.option("--repository", envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", show_envvar=True),
    "pull-request": click.option(
        "--pull-request", type=click.IntRange(1), metavar="N", help="Its number; found by the event otherwise."
    ),
    "sha": click.option(
        "--sha",
        metavar="SHA",
        help="The commit for the statuses; by the event, the pull request's head, never a merge.",
    ),
    "key": click.option("--key", metavar="KEY", help="Tells several comments apart. [default: the workflow's name]"),
    "author": click.option(
        "--author", metavar="LOGIN", help="Whose comments are edited, where the token is an app's that cannot say it."
    ),
    "expect": click.option(
        "--expect",
        type=_PATH,
        metavar="FILE",
        help="A trusted ml-ci.yaml: a model or gate of it that the report does not have is an error; so is a file "
        "that is not there.",
    ),
    "target-url": click.option("--target-url", metavar="URL", help="Where a status leads. [default: the run]"),
    "api-url": click.option(
        "--api-url", envvar="GITHUB_API_URL", default="https://api.github.com", metavar="URL", show_default=True
    ),
    "server-url": click.option(
        "--server-url", envvar="GITHUB_SERVER_URL", default="https://github.com", metavar="URL", show_default=True
    ),
    "event-name": click.option("--event-name", envvar="GITHUB_EVENT_NAME", metavar="NAME", show_envvar=True),
    "event": click.option(
        "--event", envvar="GITHUB_EVENT_PATH", type=_PATH, metavar="FILE", help="The event's payload.", show_envvar=True
    ),
    "step-summary": click.option(
        "--step-summary", envvar="GITHUB_STEP_SUMMARY", type=_PATH, metavar="FILE", show_envvar=True
    ),
    "github-output": click.option(
        "--github-output", envvar="GITHUB_OUTPUT", type=_PATH, metavar="FILE", show_envvar=True
    ),
}
_WHERE = ("repository", "pull-request", "sha", "api-url", "server-url", "event-name", "event")


@command.command(short_help="Write the pull request's one comment, or edit it.")
@_options("report", "expect", "key", "author", *_WHERE, "step-summary")
def comment(**given: Any) -> int:
    """Write the one comment of the pull request, or edit it in place; leave it alone when nothing changed.

    Without the permission to comment, the report goes to the job summary, and the message names the line to add.
    """
    from ml_ci.github.tasks import comment_on

    return _told(lambda: comment_on(_request(given)))


@command.command(short_help="Set the commit statuses.")
@click.option("--pending", is_flag=True, help="Say that the run has begun. No report is read.")
@click.option("--lost", is_flag=True, help="Turn what is still pending, or was never set, into an error.")
@click.option("--model", "-m", "models", multiple=True, metavar="NAME", help="With --pending: this model's status too.")
@_options("report", "expect", "target-url", *_WHERE)
def status(pending: bool, lost: bool, models: tuple[str, ...], **given: Any) -> int:
    """Set the commit statuses `ml-ci/MODEL` and `ml-ci` on the head of the pull request.

    success only for pass; failure for fail and inconclusive; error for an error, and for a report that is missing or
    not valid. Run `status --lost` in a step that always runs: then no status is left pending.
    """
    from ml_ci.github import tasks

    if pending and lost:
        raise click.UsageError("--pending and --lost exclude each other")
    request = _request(given)
    if pending:
        return _told(lambda: tasks.set_pending(request, models))
    return _told(lambda: tasks.set_lost(request) if lost else tasks.set_statuses(request))


@command.command(short_help="Append the report to the job summary.")
@_options("report", "expect", "step-summary")
def summary(**given: Any) -> int:
    """Append the report to the job summary, at most 1 MiB."""
    from ml_ci.github.tasks import summarize

    return _told(lambda: summarize(_request(given)))


@command.command(short_help="Print what this event asks for, as JSON.")
@_options(*_WHERE, "github-output")
def event(**given: Any) -> int:
    """Print what this event asks for, as JSON: the commit, the pull request, what may be written.

    The step's outputs have the same: kind, sha, pull-request, gates-from, comments, statuses, promotes.
    """
    from ml_ci.github.tasks import show_event

    return _told(lambda: show_event(_request(given)))


def _request(given: dict[str, Any]) -> Request:
    from ml_ci.github.values import Request, Token

    return Request(
        **{name: value for name, value in given.items() if value is not None and value != ()},
        token=Token(os.environ.get("GITHUB_TOKEN", "")),
        workflow=os.environ.get("GITHUB_WORKFLOW", ""),
        run_id=os.environ.get("GITHUB_RUN_ID", ""),
        head=os.environ.get("GITHUB_SHA", ""),
    )


def _told(task: Callable[[], Outcome]) -> int:
    """Perform a task and say what was done; 1 where GitHub gave no answer, which is nobody's mistake."""
    from ml_ci.github.api import UnavailableError

    try:
        outcome = task()
    except UnavailableError as error:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
        return 1
    click.echo(outcome.said)
    return outcome.code

"""`ml-ci github`, and the like of any other forge: a report as a comment, as commit statuses, as a job summary."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ml_ci.errors import UserError
from ml_ci.forges.forge import Forge
from ml_ci.forges.registry import FORGES, forge_of, is_build, named

if TYPE_CHECKING:
    from ml_ci.forges.values import Request
    from ml_ci.review.tasks import Outcome

_PATH = click.Path(path_type=Path)
_WHERE = ("repository", "pull-request", "sha", "api-url", "server-url", "event-name", "event")


def commands_of(forge: Forge) -> click.Group:
    """Give the commands of a forge; their options are read from its variables."""
    token = forge.variables["token"]
    group = click.Group(
        forge.name,
        help="Bring reports to a pull request, from any CI system.\n\n"
        f"The token is taken from {token} only. Where {forge.title} has set its variables, no option is needed: the "
        "repository, the commit and the pull request follow from the event. They are never taken from a report.",
    )
    for make in (_comment, _status, _summary, _page, _event, _alert):
        group.add_command(make(forge))
    if forge.tells_all:
        group.add_command(_tell_all(forge))
    return group


class Anywhere(click.Command):
    """A command of whichever forge runs here, or of the one that `--forge` names: its options are read from that."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        forge, rest = _chosen(args)
        if self.name not in _ANYWHERE and not is_build(os.environ) and not _NAMED.intersection(_words(args)):
            raise UserError(
                "no forge runs this process, so that nothing says whose pull request is meant", hint=_NAME_IT
            )
        found = commands_of(forge).commands[self.name or ""]
        found.params.append(click.Option(["--forge"], type=click.Choice((_AUTO, *FORGES)), default=_AUTO, **_SHOWN))
        return found.make_context(info_name, rest, parent, **extra)


_AUTO = "auto"
# What needs no forge to be of use: a file of a step, or a webhook.
_ANYWHERE = ("summary", "alert")
_NAMED = {"--forge", "--repository", "--help", "-h"}
_NAME_IT = f"Name it: --forge {'|'.join(FORGES)} --repository OWNER/NAME --pull-request NUMBER."
_SHOWN: Mapping[str, Any] = {
    "show_default": True,
    "expose_value": False,
    "help": "Whose pull request it is; `auto` is the forge that runs this job.",
}


def _words(args: Iterable[str]) -> Iterator[str]:
    """Give arguments without the values that stand behind a `=`."""
    return (word.partition("=")[0] for word in args)


def _chosen(args: list[str]) -> tuple[Forge, list[str]]:
    """Take `--forge NAME` from the arguments: it decides which other options there are. UsageError for no forge."""
    rest: list[str] = []
    name = _AUTO
    given = iter(args)
    for word in given:
        if word == "--":
            return _forge(name), [*rest, word, *given]
        if word == "--forge":
            name = next(given, "")
        elif word.startswith("--forge="):
            name = word.partition("=")[2]
        else:
            rest.append(word)
    return _forge(name), rest


def _forge(name: str) -> Forge:
    if name == _AUTO:
        return forge_of(os.environ)
    if name not in FORGES:
        raise click.UsageError(f"--forge {name}: choose from {', '.join((_AUTO, *FORGES))}")
    return named(name)


def _comment(forge: Forge) -> click.Command:
    def comment(**given: Any) -> int:
        """Write the one comment of the pull request, or edit it in place; leave it alone when nothing changed.

        Without the permission to comment, the report goes to the job summary, and the message names the line to add.
        """
        from ml_ci.review.tasks import comment_on

        return _told(lambda: comment_on(_request(forge, given)))

    options = ("report", "expect", "project", "key", "author", "page", *_WHERE, "step-summary")
    return _command(forge, comment, "Write the pull request's one comment, or edit it.", *options)


def _status(forge: Forge) -> click.Command:
    def status(pending: bool, lost: bool, models: tuple[str, ...], **given: Any) -> int:
        """Set the commit statuses `ml-ci/MODEL` and `ml-ci` on the head of the pull request.

        success only for pass; failure for fail and inconclusive; error for an error, and for a report that is missing
        or not valid. Run `status --lost` in a step that always runs: then no status is left pending.
        """
        from ml_ci.review import tasks

        if pending and lost:
            raise click.UsageError("--pending and --lost exclude each other")
        request = _request(forge, given)
        if pending:
            return _told(lambda: tasks.set_pending(request, models))
        return _told(lambda: tasks.set_lost(request) if lost else tasks.set_statuses(request))

    options = ("pending", "lost", "model", "report", "expect", "project", "target-url", *forge.asks, *_WHERE)
    return _command(forge, status, "Set the commit statuses.", *options)


def _summary(forge: Forge) -> click.Command:
    def summary(**given: Any) -> int:
        """Append the report to the job summary, at most 1 MiB."""
        from ml_ci.review.tasks import summarize

        return _told(lambda: summarize(_request(forge, given)))

    return _command(forge, summary, "Append the report to the job summary.", "report", "expect", "step-summary")


def _page(forge: Forge) -> click.Command:
    def page(html: Path, **given: Any) -> int:
        """Write the reports as one page to look at, held to what is trusted as the comment is.

        For a trusted job, which keeps the file where people find it: `comment --page URL` links to it.
        """
        from ml_ci.cli.files import check
        from ml_ci.review.tasks import write_page

        check("--html", html, (".html", ".htm"))
        return _told(lambda: write_page(_request(forge, given), html))

    return _command(forge, page, "Write the reports as a page to look at.", "html", "report", "expect", *_WHERE)


def _event(forge: Forge) -> click.Command:
    def event(**given: Any) -> int:
        """Print what this event asks for, as JSON: the commit, the pull request, what may be written.

        The step's outputs have the same: kind, sha, pull-request, gates-from, comments, statuses, promotes.
        """
        from ml_ci.review.tasks import show_event

        return _told(lambda: show_event(_request(forge, given)))

    return _command(forge, event, "Print what this event asks for, as JSON.", *_WHERE, "output")


def _alert(forge: Forge) -> click.Command:
    def alert(watch: Path, config: str | None, state: Path, branch: str | None, **given: Any) -> int:
        """Tell of the alarms that `ml-ci watch` found: an issue for each model, a status on the champion's commit.

        What ml-ci.yaml names at `on_alarm:` is done once for each alarm, also after a kill: `dispatch:` starts a
        workflow. The webhook at ML_CI_WEBHOOK gets an event of CloudEvents 1.0; after a kill perhaps once more.
        """
        from ml_ci.cli.alert import tell

        return tell(forge, _request(forge, given), watch, config, state, branch)

    for option in (
        click.option("--branch", metavar="NAME", help="Where a workflow is started. [default: the default branch]"),
        click.option(
            "--state", type=_PATH, default=".ml_ci/alerts.json", show_default=True, metavar="FILE", help=_STATE
        ),
        click.option("--config", metavar="PATH", help="The ml-ci.yaml that is trusted. [default: the one here]"),
        click.option(
            "--report",
            "watch",
            type=_PATH,
            default=".ml_ci/watch.json",
            show_default=True,
            metavar="PATH",
            help=_WATCHED,
        ),
    ):
        alert = option(alert)
    options = ("project", "author", "target-url", "repository", "api-url", "server-url", "step-summary")
    return _command(forge, alert, "Tell of the alarms of a watch.", *options)


def _tell_all(forge: Forge) -> click.Command:
    def tell_all(job: str, set_them: bool, **given: Any) -> int:
        """Write the comment of every open change, from the report that the job JOB of its own pipeline left.

        For a pipeline of the default branch, whose token no change can read. What a change left is data: it is held to
        the change's commit, pipeline and base, and with --expect to the ml-ci.yaml that is trusted.
        """
        from ml_ci.review.desk import load

        done = [_shown(outcome) for outcome in load(forge.tells_all)(_request(forge, given), job, statuses=set_them)]
        return max(done, default=0)

    for option in (
        click.option("--statuses", "set_them", is_flag=True, help="Set the commit statuses too."),
        click.option("--job", default="judge", show_default=True, metavar="JOB", help="The job that runs ml-ci."),
    ):
        tell_all = option(tell_all)
    options = ("expect", "key", "author", "repository", "api-url", "server-url")
    return _command(forge, tell_all, "Tell every open change what its own pipeline found.", *options)


def _shown(outcome: Outcome) -> int:
    click.echo(outcome.said)
    return outcome.code


def _command(forge: Forge, function: Callable[..., int], short: str, *names: str) -> click.Command:
    """Make a command with the options of these names, in this order."""
    options = dict(_options(forge))
    for name in reversed(names):
        function = options[name](function)
    return click.command(short_help=short)(function)


def _options(forge: Forge) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Give the options of the forge's commands by name."""
    yield (
        "report",
        click.option(
            "--report",
            "reports",
            multiple=True,
            type=_PATH,
            metavar="PATH",
            help="A report, or a folder of reports; may be given again: they become one. [default: .ml_ci/report.json]",
        ),
    )
    yield "html", click.option("--html", type=_PATH, metavar="FILE", required=True, help="The page's file.")
    yield "page", click.option("--page", metavar="URL", callback=_read_url, help=_URL)
    for name, said in _FLAGS:
        yield name, click.option(f"--{name}", is_flag=True, help=said)
    yield "model", click.option("--model", "-m", "models", multiple=True, metavar="NAME", help=_MODEL)
    for name, metavar, said in _PLAIN:
        yield name, click.option(f"--{name}", metavar=metavar, help=said)
    yield "project", click.option("--project", metavar="FOLDER", callback=_read_folder, help=_PROJECT)
    number = click.IntRange(1)
    yield "pull-request", click.option("--pull-request", type=number, metavar="N", help=_NUMBER)
    yield "expect", click.option("--expect", type=_PATH, metavar="FILE", help=_EXPECT)
    for name, metavar, about in _READ:
        variable, default = forge.variables.get(name), getattr(forge, name, None)
        kind = _PATH if metavar == "FILE" else click.STRING
        flag = f"--{forge.name}-output" if name == "output" else f"--{name.replace('_', '-')}"
        shown = {"show_default": True, "default": default} if default else {"show_envvar": True}
        yield (
            name.replace("_", "-"),
            click.option(flag, name, envvar=variable, type=kind, metavar=metavar, help=about, **shown),
        )


def _read_folder(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    """Give a folder as every run writes it, None for the root; UsageError for one that is not in the repository."""
    folder = posixpath.normpath(given or ".")
    if folder.startswith(("/", "..")):
        raise click.UsageError(f"--project {given}: name the folder of ml-ci.yaml from the repository's root")
    return None if folder == "." else folder


def _read_url(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    """Give an address that can stand in a comment, None for none; UsageError for what is no address."""
    if given and not _ADDRESS.fullmatch(given):
        raise click.UsageError(f"--page {given!r}: this is no address of a page, such as https://HOST/PATH")
    return given or None


_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/[\w./~%&=?#-]{0,400}", re.ASCII)
_URL = "Where the page of the reports lies: the comment links to it."
_PROJECT = (
    "The folder of ml-ci.yaml, in a repository of several: its statuses are `ml-ci (FOLDER)` and "
    "`ml-ci (FOLDER)/MODEL`, and its comment is its own."
)
_MODEL = "With --pending: this model's status too."
_NUMBER = "Its number; found by the event otherwise."
_EXPECT = (
    "A trusted ml-ci.yaml: a model or gate of it that the report does not have is an error; so is a file that is not "
    "there."
)
_STATE = "What was told, with `on_alarm: {issue: false}`: keep it from look to look."
_WATCHED = "What `ml-ci watch` left, or the folder that it lies in."
_FLAGS = (
    ("pending", "Say that the run has begun. No report is read."),
    ("lost", "Turn what is still pending, or was never set, into an error."),
)
# Options of people: name, what to give, what for.
_PLAIN = (
    ("sha", "SHA", "The commit for the statuses; by the event, the pull request's head, never a merge."),
    ("key", "KEY", "Tells several comments apart. [default: the workflow's name, and the project]"),
    ("author", "LOGIN", "Whose comments or issues are edited, where the token is an app's that cannot say it."),
    ("target-url", "URL", "Where a status leads. [default: the run]"),
    ("pipeline", "ID", "The pipeline of the merge request, for its statuses to stand in."),
)
# Options that the forge's variables answer.
_READ: tuple[tuple[str, str, str | None], ...] = (
    ("repository", "OWNER/NAME", None),
    ("api_url", "URL", None),
    ("server_url", "URL", None),
    ("event_name", "NAME", None),
    ("event", "FILE", "The event's payload."),
    ("step_summary", "FILE", None),
    ("output", "FILE", None),
)
# What no option says.
_UNASKED = ("token", "workflow", "run_id", "head")


def _request(forge: Forge, given: dict[str, Any]) -> Request:
    from ml_ci.forges.values import Request

    known = {*(forge.variables.get(name, "") for name in _UNASKED), *forge.said}
    asked = {name: value for name, value in given.items() if value is not None and value != ()}
    return Request.of(forge, {name: value for name, value in os.environ.items() if name in known}, **asked)


def _told(task: Callable[[], Outcome]) -> int:
    """Perform a task and say what was done; 1 where the forge gave no answer, which is nobody's mistake."""
    from ml_ci.forges.errors import UnavailableError

    try:
        outcome = task()
    except UnavailableError as error:
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
        return 1
    click.echo(outcome.said)
    return outcome.code

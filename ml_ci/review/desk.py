"""How a forge is spoken to: by a step to the runner of its job, and by the API of its server."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from ml_ci.forges.registry import named
from ml_ci.forges.values import Activity, Comment, Head, Issue, Neighbour, PullRequest, Request, Status
from ml_ci.reports.values import Report


class Step(Protocol):
    """What a step of a job knows and says; nothing is sent."""

    def activity(self, request: Request) -> Activity:
        """Say what the event asks for; one that is not known asks for nothing."""
        ...

    def run_url(self, request: Request) -> str:
        """Give the address of the run; "" where it has none."""
        ...

    def notice(self, said: str) -> str:
        """Write a line of the log that whoever looks at the job is to see."""
        ...

    def outputs(self, values: Mapping[str, str]) -> str:
        """Write outputs of the step, for its file of outputs."""
        ...

    def append(self, file: Path, text: str) -> None:
        """Append to a file of the step; UserError when it cannot be written."""
        ...

    def summarize(self, report: Report, file: Path) -> bool:
        """Append the report to the summary of the job; False where there is no room left in it."""
        ...

    def tell(self, report: Report, file: Path, code: int, output: Path | None, summary: Path | None) -> str:
        """Tell a report to the step that made it: outputs and summary into files, what is printed is given.

        `file` is the report's, `code` the exit code of its verdict.
        """
        ...


class Desk(Protocol):
    """The pull requests, issues and commits of one repository, by API.

    Each may raise RefusedError where the forge says no, UnavailableError where it does not answer, and UnclearError
    where what must not be done twice may have been done.
    """

    def who(self) -> str:
        """Give the login that the token writes as."""
        ...

    def by_number(self, number: int) -> PullRequest:
        """Look a pull request up; RefusedError (404) where there is none."""
        ...

    def by_head(self, head: Head, base: str = "") -> PullRequest | None:
        """Find the open pull request of a head, the one into `base` first; None without one."""
        ...

    def second_parent(self, commit: str) -> str:
        """Give the second parent of a merge commit; "" of what is no merge of two, or is not known."""
        ...

    def touched(self, number: int, base: str) -> tuple[str, ...]:
        """Give a sentence for each thing that judges, and that a pull request into the branch `base` changes."""
        ...

    def comments(self, number: int) -> Iterator[Comment]:
        """Give every comment of a pull request, the oldest first."""
        ...

    def write(self, number: int, body: str) -> Comment:
        """Write a comment; UnclearError where nobody knows whether it arrived."""
        ...

    def edit(self, number: int, comment: Comment, body: str) -> None:
        """Give a comment another body; RefusedError (404) where it is gone."""
        ...

    def delete(self, number: int, comment: Comment) -> None:
        """Take a comment away; RefusedError (404) where it is gone."""
        ...

    def latest(self, sha: str) -> Mapping[str, str]:
        """Give the newest state of every status of a commit, by its context."""
        ...

    def history(self, sha: str) -> Iterator[Status]:
        """Give every status that a commit was given, the newest first."""
        ...

    def neighbours(self, sha: str) -> Iterator[Neighbour]:
        """Give the open pull requests into this repository that have this commit as their head."""
        ...

    def set_status(self, sha: str, status: Status) -> None:
        """Set a status of a commit."""
        ...

    def issues(self, author: str) -> Iterator[Issue]:
        """Give every issue that this login opened, open or closed, the newest first."""
        ...

    def open_issue(self, title: str, body: str) -> Issue:
        """Open an issue; UnclearError where nobody knows whether it was opened."""
        ...

    def edit_issue(self, issue: Issue) -> None:
        """Let the issue of this number have this title, this body, and be open or closed."""
        ...

    def dispatch(self, file: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start the workflow of a file on a branch.

        UnclearError where nobody knows whether it was started; UserError where the forge has no such thing.
        """
        ...

    def dispatched(self, file: str, said: str) -> bool | None:
        """Say whether a dispatched run of a workflow has this text in its name; None where the forge cannot tell."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait before asking again."""
        ...


def step_of(request: Request) -> Step:
    """Give how a step speaks on the forge of a request."""
    step: Step = load(named(request.forge).step)
    return step


def desk_of(request: Request) -> Desk:
    """Open the desk of a request's repository; UserError where repository, URL or token is missing or none."""
    desk: Desk = load(named(request.forge).desk)(request)
    return desk


def load(place: str) -> Any:
    """Import what a forge names as `module:object`."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)

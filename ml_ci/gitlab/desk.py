"""GitLab's merge requests, notes, commit statuses and issues, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.errors import UserError
from ml_ci.forges.values import Comment, Head, Issue, Neighbour, PullRequest, Request, Status
from ml_ci.frozen import dataclass
from ml_ci.gitlab import issues, merge
from ml_ci.gitlab.api import Api
from ml_ci.gitlab.forge import GITLAB
from ml_ci.gitlab.note import quiet
from ml_ci.gitlab.statuses import Statuses
from ml_ci.reports.text import label
from ml_ci.review import desk as asked
from ml_ci.review.client import Call

_NEEDS = "write notes"
_START = (
    "Leave `dispatch:` out of `on_alarm:`, and start the retraining by the webhook (ML_CI_WEBHOOK): what receives it "
    "may ask for a pipeline with the trigger token that it keeps."
)
_ORDER: Mapping[str, str | int] = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}


def open_desk(request: Request) -> asked.Desk:
    """Open the desk of a request's project."""
    if request.pipeline and not (request.pipeline.isascii() and request.pipeline.isdecimal()):
        raise UserError(f"--pipeline {label(request.pipeline)}: the id of a pipeline is a number")
    api = Api(request.api_url or GITLAB.api_url, request.repository, request.token)
    return Desk(api, Statuses(api, request.pipeline))


@dataclass(frozen=True)
class Desk:
    """One project at one GitLab; see `ml_ci.review.desk`."""

    api: Api
    statuses: Statuses

    def who(self) -> str:
        return str(self.api.send(Call("GET", "/user", "ask who the token belongs to", "")).data["username"])

    def by_number(self, number: int) -> PullRequest:
        return merge.by_number(self.api, number)

    def by_head(self, head: Head, base: str = "") -> PullRequest | None:
        return merge.by_head(self.api, head, base)

    def second_parent(self, commit: str) -> str:
        return merge.second_parent(self.api, commit)

    def touched(self, number: int, base: str) -> tuple[str, ...]:
        return merge.touched(self.api, number, base)

    def comments(self, number: int) -> Iterator[Comment]:
        doing = f"read the notes of merge request !{number}"
        for data in self.api.pages(Call("GET", _notes(number), doing, "read notes", _ORDER)):
            if not data.get("system"):
                yield _comment(data)

    def write(self, number: int, body: str) -> Comment:
        doing = f"write a note on merge request !{number}"
        call = Call("POST", _notes(number), doing, _NEEDS, body={"body": quiet(body)}, twice=False)
        return _comment(self.api.send(call).data)

    def edit(self, number: int, comment: Comment, body: str) -> None:
        path = f"{_notes(number)}/{comment.id}"
        self.api.send(Call("PUT", path, "edit the note", _NEEDS, body={"body": quiet(body)}))

    def delete(self, number: int, comment: Comment) -> None:
        self.api.send(Call("DELETE", f"{_notes(number)}/{comment.id}", "take a second note away", _NEEDS))

    def latest(self, sha: str) -> Mapping[str, str]:
        return self.statuses.latest(sha)

    def history(self, sha: str) -> Iterator[Status]:
        return self.statuses.history(sha)

    def neighbours(self, sha: str) -> Iterator[Neighbour]:
        return merge.neighbours(self.api, sha)

    def set_status(self, sha: str, status: Status) -> None:
        self.statuses.set(sha, status)

    def issues(self, author: str) -> Iterator[Issue]:
        return issues.issues(self.api, author)

    def open_issue(self, title: str, body: str) -> Issue:
        return issues.open_issue(self.api, title, body)

    def edit_issue(self, issue: Issue) -> None:
        issues.edit_issue(self.api, issue)

    def dispatch(self, file: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Refuse: a project of GitLab has one pipeline, and no file of its own for each thing that may be started."""
        raise UserError(f"could not start {label(file)}: GitLab has no workflow of this name to start", hint=_START)

    def dispatched(self, file: str, said: str) -> bool | None:
        return None

    def sleep(self, seconds: float) -> None:
        self.api.sleep(seconds)


def _notes(number: int) -> str:
    return f"/projects/{{repo}}/merge_requests/{number}/notes"


def _comment(data: Mapping[str, Any]) -> Comment:
    author = data.get("author") or {}
    return Comment(int(data["id"]), str(author.get("username", "")), str(data.get("body") or ""))

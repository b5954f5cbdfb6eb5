"""GitHub's pull requests, comments, commit statuses, issues and dispatches, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Comment, Head, Issue, Neighbour, PullRequest, Request, Status
from ml_ci.frozen import dataclass
from ml_ci.github import dispatch, issues, pull, touched
from ml_ci.github.api import Api
from ml_ci.github.forge import GITHUB
from ml_ci.review import desk as asked
from ml_ci.review.client import Call

_NEEDS = "pull-requests: write"


def open_desk(request: Request) -> asked.Desk:
    """Open the desk of a request's repository."""
    return Desk(Api(request.api_url or GITHUB.api_url, request.repository, request.token))


@dataclass(frozen=True)
class Desk:
    """One repository at one GitHub; see `ml_ci.review.desk`."""

    api: Api

    # Who writes with the token of a workflow, which may not ask who it is.
    bot: ClassVar[str] = "github-actions[bot]"

    def who(self) -> str:
        """Give the login that the token writes as; the bot of workflows where the token may not ask."""
        try:
            data = self.api.send(Call("GET", "/user", "ask who the token belongs to", "")).data
        except RefusedError as error:
            if error.status in (403, 404):
                return self.bot
            raise
        return str(data["login"])

    def by_number(self, number: int) -> PullRequest:
        return pull.by_number(self.api, number)

    def by_head(self, head: Head, base: str = "") -> PullRequest | None:
        return pull.by_head(self.api, head, base)

    def second_parent(self, commit: str) -> str:
        return pull.second_parent(self.api, commit)

    def touched(self, number: int, base: str) -> tuple[str, ...]:
        return touched.touched(self.api, number, base)

    def comments(self, number: int) -> Iterator[Comment]:
        path, doing = _comments(number), f"read the comments of pull request #{number}"
        for data in self.api.pages(Call("GET", path, doing, "pull-requests: read")):
            yield _comment(data)

    def write(self, number: int, body: str) -> Comment:
        doing = f"comment on pull request #{number}"
        return _comment(
            self.api.send(Call("POST", _comments(number), doing, _NEEDS, body={"body": body}, twice=False)).data
        )

    def edit(self, number: int, comment: Comment, body: str) -> None:
        self.api.send(Call("PATCH", _path(comment), "edit the comment", _NEEDS, body={"body": body}))

    def delete(self, number: int, comment: Comment) -> None:
        self.api.send(Call("DELETE", _path(comment), "take a second comment away", _NEEDS))

    def latest(self, sha: str) -> Mapping[str, str]:
        return {str(one["context"]): str(one["state"]) for one in self._of_commit(sha, "status")}

    def history(self, sha: str) -> Iterator[Status]:
        for one in self._of_commit(sha, "statuses"):
            yield Status(str(one["context"]), one.get("state"), str(one.get("description") or ""))

    def neighbours(self, sha: str) -> Iterator[Neighbour]:
        path = f"/repos/{{repo}}/commits/{quote(sha, safe='')}/pulls"
        call = Call("GET", path, "look for other pull requests with this commit", "pull-requests: read")
        for data in self.api.pages(call):
            if is_open_with(data, sha, self.api.repository):
                yield Neighbour(int(data["number"]), str((data.get("base") or {}).get("ref", "")))

    def set_status(self, sha: str, status: Status) -> None:
        body = {"state": status.state, "context": status.context, "description": status.description}
        if status.target_url:
            body["target_url"] = status.target_url
        doing = f"set the status `{status.context}` on commit {sha[:7]}"
        path = f"/repos/{{repo}}/statuses/{quote(sha, safe='')}"
        self.api.send(Call("POST", path, doing, "statuses: write", body=body))

    def issues(self, author: str) -> Iterator[Issue]:
        return issues.issues(self.api, author)

    def open_issue(self, title: str, body: str) -> Issue:
        return issues.open_issue(self.api, title, body)

    def edit_issue(self, issue: Issue) -> None:
        issues.edit_issue(self.api, issue)

    def dispatch(self, file: str, ref: str, inputs: Mapping[str, str]) -> None:
        dispatch.dispatch(self.api, file, ref, inputs)

    def dispatched(self, file: str, said: str) -> bool | None:
        return dispatch.dispatched(self.api, file, said)

    def sleep(self, seconds: float) -> None:
        self.api.sleep(seconds)

    def _of_commit(self, sha: str, what: str) -> Iterator[Any]:
        path = f"/repos/{{repo}}/commits/{quote(sha, safe='')}/{what}"
        return self.api.pages(Call("GET", path, f"read the statuses of commit {sha[:7]}", "statuses: read"))


def _comments(number: int) -> str:
    return f"/repos/{{repo}}/issues/{number}/comments"


def _path(comment: Comment) -> str:
    return f"/repos/{{repo}}/issues/comments/{comment.id}"


def _comment(data: Mapping[str, Any]) -> Comment:
    user = data.get("user") or {}
    return Comment(int(data["id"]), str(user.get("login", "")), str(data.get("body") or ""))


def is_open_with(data: Mapping[str, Any], sha: str, repository: str) -> bool:
    """Say whether a pull request is open, goes into this repository, and has this commit as its head."""
    head, base = data.get("head") or {}, data.get("base") or {}
    into = str((base.get("repo") or {}).get("full_name", "")).lower()
    return data.get("state") == "open" and head.get("sha") == sha and into == repository.lower()

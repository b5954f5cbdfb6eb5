"""Pull requests, comments and commit statuses of Gitea and Forgejo: GitHub's, but for what stands here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from ml_ci.forges.values import Issue, Neighbour, Request, Status
from ml_ci.frozen import dataclass
from ml_ci.gitea.api import Api
from ml_ci.github import desk as github
from ml_ci.github import issues, touched
from ml_ci.review import desk as asked
from ml_ci.review.client import Call
from ml_ci.review.touching import Words

_WORKFLOWS = (".gitea/", ".forgejo/", ".github/workflows/", ".github/actions/")
_WORDS = Words("Gitea", "pull request", "workflow", 3_000)
_STATES = {"success": "success", "failure": "failure", "error": "error", "warning": "failure"}


def open_desk(request: Request) -> asked.Desk:
    """Open the desk of a request's repository."""
    return Desk(Api(request.api_url, request.repository, request.token))


@dataclass(frozen=True)
class Desk(github.Desk):
    """One repository at one Gitea; see `ml_ci.review.desk`."""

    bot: ClassVar[str] = "gitea-actions"

    def touched(self, number: int, base: str) -> tuple[str, ...]:
        return touched.touched(self.api, number, base, _WORKFLOWS, _WORDS)

    def latest(self, sha: str) -> Mapping[str, str]:
        """Give the newest state of every status: the combined status of a commit without any is no JSON."""
        newest: dict[str, str] = {}
        for status in self.history(sha):
            newest.setdefault(status.context, status.state)
        return newest

    def history(self, sha: str) -> Iterator[Status]:
        path = f"/repos/{{repo}}/commits/{quote(sha, safe='')}/statuses"
        doing = f"read the statuses of commit {sha[:7]}"
        for one in self.api.pages(Call("GET", path, doing, "statuses: read", {"sort": "highestindex"})):
            yield _status(one)

    def neighbours(self, sha: str) -> Iterator[Neighbour]:
        """Look at every open pull request: no path lists those of a commit."""
        call = Call(
            "GET",
            "/repos/{repo}/pulls",
            "look for other pull requests with this commit",
            "pull-requests: read",
            {"state": "open"},
        )
        for data in self.api.pages(call):
            if github.is_open_with(data, sha, self.api.repository):
                yield Neighbour(int(data["number"]), str((data.get("base") or {}).get("ref", "")))

    def issues(self, author: str) -> Iterator[Issue]:
        return issues.issues(self.api, author, {"state": "all", "type": "issues"})

    def dispatched(self, file: str, said: str) -> bool | None:
        """Not every server lists its runs, and Forgejo's have no names."""
        return None


def _status(one: Mapping[str, Any]) -> Status:
    """Read a status, whose state stands under `status` here."""
    state: Any = _STATES.get(str(one.get("status") or one.get("state")), "pending")
    return Status(str(one.get("context", "")), state, str(one.get("description") or ""))

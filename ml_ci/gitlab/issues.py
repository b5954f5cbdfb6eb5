"""GitLab's issues, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.forges.values import Issue
from ml_ci.gitlab.api import Api
from ml_ci.gitlab.note import quiet
from ml_ci.review.client import Call

_PATH = "/projects/{repo}/issues"
_NEEDS = "write issues"


def issues(api: Api, author: str) -> Iterator[Issue]:
    """Give the issues of an author, the newest first."""
    query: dict[str, str | int] = {"scope": "all", "author_username": author, "order_by": "created_at", "sort": "desc"}
    for data in api.pages(Call("GET", _PATH, "look for the issue", "read issues", query)):
        if (found := _issue(data)).author == author:
            yield found


def open_issue(api: Api, title: str, body: str) -> Issue:
    """Open an issue; UnclearError where nobody knows whether it was opened."""
    said = {"title": title, "description": quiet(body)}
    return _issue(api.send(Call("POST", _PATH, "open an issue", _NEEDS, body=said, twice=False)).data)


def edit_issue(api: Api, issue: Issue) -> None:
    """Edit title, body and state of an issue; GitLab is asked for an event, and ignores one that changes nothing."""
    event = "reopen" if issue.open else "close"
    said = {"title": issue.title, "description": quiet(issue.body), "state_event": event}
    api.send(Call("PUT", f"{_PATH}/{issue.number}", f"edit issue #{issue.number}", _NEEDS, body=said))


def _issue(data: Mapping[str, Any]) -> Issue:
    author = str((data.get("author") or {}).get("username", ""))
    title, body, url = (str(data.get(name) or "") for name in ("title", "description", "web_url"))
    return Issue(int(data["iid"]), author, title, body, data.get("state") == "opened", url)

"""GitHub's issues, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.forges.values import Issue
from ml_ci.github.api import Api
from ml_ci.review.client import Call

_NEEDS = "issues: write"
_ALL: Mapping[str, str | int] = {"state": "all", "sort": "created", "direction": "desc"}


def issues(api: Api, author: str, query: Mapping[str, str | int] | None = None) -> Iterator[Issue]:
    """Give the issues of an author; pull requests, which are listed among them, are none."""
    wanted = {**_ALL, "creator": author} if query is None else query
    for data in api.pages(Call("GET", "/repos/{repo}/issues", "look for the issue", _NEEDS, wanted)):
        if not data.get("pull_request") and (found := _issue(data)).author == author:
            yield found


def open_issue(api: Api, title: str, body: str) -> Issue:
    """Open an issue; UnclearError where nobody knows whether it was opened."""
    said = {"title": title, "body": body}
    return _issue(api.send(Call("POST", "/repos/{repo}/issues", "open an issue", _NEEDS, body=said, twice=False)).data)


def edit_issue(api: Api, issue: Issue) -> None:
    """Edit title, body and state of an issue."""
    said = {"title": issue.title, "body": issue.body, "state": "open" if issue.open else "closed"}
    path = f"/repos/{{repo}}/issues/{issue.number}"
    api.send(Call("PATCH", path, f"edit issue #{issue.number}", _NEEDS, body=said))


def _issue(data: Mapping[str, Any]) -> Issue:
    author = str((data.get("user") or {}).get("login", ""))
    title, body, url = (str(data.get(name) or "") for name in ("title", "body", "html_url"))
    return Issue(int(data["number"]), author, title, body, data.get("state") == "open", url)

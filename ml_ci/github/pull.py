"""Find the pull request by API: never by what an artifact says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Head, PullRequest
from ml_ci.github.api import Api
from ml_ci.review.client import Call

_NEEDS = "pull-requests: read"


def by_number(api: Api, number: int) -> PullRequest:
    """Look a pull request up; RefusedError (404) where there is none."""
    call = Call("GET", f"/repos/{{repo}}/pulls/{number}", f"look up pull request #{number}", _NEEDS)
    return _pull_request(api.send(call).data)


def by_head(api: Api, head: Head, base: str = "") -> PullRequest | None:
    """Find the open pull request into this repository whose head is this branch of this repository; None without one.

    Where its head has moved on, it is given all the same, with the commit that it has now. Where a commit is at the
    head of several, the one that goes to the branch `base` is given, or else the first opened.
    """
    owner = head.repository.partition("/")[0]
    listed = Call(
        "GET",
        "/repos/{repo}/pulls",
        "find the pull request",
        _NEEDS,
        {"state": "open", "head": f"{owner}:{head.branch}"},
    )
    found = list(_of_head(api, listed, head)) or _by_commit(api, head)
    return min(found, key=lambda one: (one.sha != head.sha, one.base != base, one.number), default=None)


def create(api: Api, branch: str, base: str, title: str, body: str) -> PullRequest:
    """Open a pull request of a branch of this repository; UnclearError where nobody knows whether it was opened.

    Opened with the token of a workflow it starts no run (https://docs.github.com/actions/concepts/security/github_token).
    """
    said = {"head": branch, "base": base, "title": title, "body": body}
    doing = f"open a pull request of {branch}"
    return _pull_request(
        api.send(Call("POST", "/repos/{repo}/pulls", doing, "pull-requests: write", body=said, twice=False)).data
    )


def second_parent(api: Api, commit: str) -> str:
    """Give the second parent of a merge commit; "" of what is no merge of two, or is not known here."""
    path = f"/repos/{{repo}}/git/commits/{quote(commit, safe='')}"
    try:
        data = api.send(Call("GET", path, f"ask what commit {commit[:7]} merges", "contents: read")).data
    except RefusedError as error:
        if error.status in (404, 422):
            return ""
        raise
    parents = data.get("parents") if isinstance(data, Mapping) else None
    return str(parents[1].get("sha", "")) if isinstance(parents, list) and len(parents) == 2 else ""


def _by_commit(api: Api, head: Head) -> list[PullRequest]:
    """Ask by the commit; one that GitHub does not know here, as of a fork that was deleted, has no pull request."""
    path = f"/repos/{{repo}}/commits/{quote(head.sha, safe='')}/pulls"
    try:
        return list(_of_head(api, Call("GET", path, "find the pull request", _NEEDS), head))
    except RefusedError as error:
        if error.status in (404, 422):
            return []
        raise


def _of_head(api: Api, call: Call, head: Head) -> Iterator[PullRequest]:
    """Keep what is what was asked for: GitHub ignores a `head` that it does not understand, and lists everything."""
    for data in api.pages(call):
        source, target = data.get("head") or {}, data.get("base") or {}
        same = _name(source) == head.repository.lower() and source.get("ref") == head.branch
        if same and _name(target) == api.repository.lower() and data.get("state") == "open":
            yield _pull_request(data)


def _name(side: Mapping[str, Any]) -> str:
    return str((side.get("repo") or {}).get("full_name", "")).lower()


def _pull_request(data: Mapping[str, Any]) -> PullRequest:
    base = str((data.get("base") or {}).get("ref", ""))
    return PullRequest(int(data["number"]), str(data["head"]["sha"]), data.get("state") == "open", base)

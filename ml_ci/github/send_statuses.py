"""Set commit statuses, and read those that are set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from ml_ci.errors import UserError
from ml_ci.github.api import Api, Call
from ml_ci.github.values import Status


def latest(api: Api, sha: str) -> Mapping[str, str]:
    """Give the newest state of every context of a commit."""
    path = f"/repos/{{repo}}/commits/{quote(sha, safe='')}/status"
    found = api.pages(Call("GET", path, f"read the statuses of commit {sha[:7]}", "statuses: read"))
    return {str(one["context"]): str(one["state"]) for one in found}


def send(api: Api, sha: str, statuses: Sequence[Status]) -> None:
    """Set the statuses in order; one that cannot be set does not keep the others from being set, then it raises."""
    problems: list[UserError] = []
    for status in statuses:
        try:
            api.send(_call(sha, status))
        except UserError as error:
            problems.append(error)
    if problems:
        raise problems[0]


def _call(sha: str, status: Status) -> Call:
    body = {"state": status.state, "context": status.context, "description": status.description}
    if status.target_url:
        body["target_url"] = status.target_url
    doing = f"set the status `{status.context}` on commit {sha[:7]}"
    return Call("POST", f"/repos/{{repo}}/statuses/{quote(sha, safe='')}", doing, "statuses: write", body=body)

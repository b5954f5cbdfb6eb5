"""Find the merge request by API: never by what an artifact says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ml_ci.forges.errors import RefusedError
from ml_ci.forges.values import Head, Neighbour, PullRequest
from ml_ci.gitlab.api import Api
from ml_ci.review.client import Call
from ml_ci.review.touching import Words, touching

_NEEDS = "read merge requests"
_CONFIGS = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_FOLDERS = (".gitlab/", ".gitlab-ci/")
_WORDS = Words("GitLab", "merge request", "pipeline", 3_000)


def by_number(api: Api, number: int) -> PullRequest:
    """Look a merge request up by its number in the project; RefusedError (404) where there is none."""
    call = Call("GET", f"/projects/{{repo}}/merge_requests/{number}", f"look up merge request !{number}", _NEEDS)
    return _merge_request(api.send(call).data)


def by_head(api: Api, head: Head, base: str = "") -> PullRequest | None:
    """Find the open merge request into this project whose head is this branch of this project; None without one.

    Where its head has moved on, it is given all the same. Of several the one that goes to the branch `base` comes
    first, and then the first opened.
    """
    source = _project(api, head.repository)
    query: dict[str, str | int] = {"state": "opened", "source_branch": head.branch}
    listed = api.pages(Call("GET", "/projects/{repo}/merge_requests", "find the merge request", _NEEDS, query))
    found = list(_of_head(listed, head, source)) or list(_of_head(_of_commit(api, head.sha), head, source))
    return min(found, key=lambda one: (one.sha != head.sha, one.base != base, one.number), default=None)


def _of_head(listed: Iterator[Mapping[str, Any]], head: Head, source: int | None) -> Iterator[PullRequest]:
    """Keep what is what was asked for: a parameter that is not understood is ignored, and lists everything."""
    for one in listed:
        if one.get("source_project_id") == source and one.get("source_branch") == head.branch:
            yield _merge_request(one)


def neighbours(api: Api, sha: str) -> Iterator[Neighbour]:
    """Give the open merge requests into this project that have this commit as their head."""
    for one in _of_commit(api, sha):
        if one.get("sha") == sha:
            yield Neighbour(int(one["iid"]), str(one.get("target_branch", "")))


def second_parent(api: Api, commit: str) -> str:
    """Give the second parent of a merge commit; "" of what is no merge of two, or is not known here."""
    path = f"/projects/{{repo}}/repository/commits/{quote(commit, safe='')}"
    try:
        data = api.send(Call("GET", path, f"ask what commit {commit[:7]} merges", "read the repository")).data
    except RefusedError as error:
        if error.status == 404:
            return ""
        raise
    parents = data.get("parent_ids") if isinstance(data, Mapping) else None
    return str(parents[1]) if isinstance(parents, list) and len(parents) == 2 else ""


def touched(api: Api, number: int, base: str) -> tuple[str, ...]:
    """Give a sentence for each thing that judges, and that a merge request into the branch `base` changes."""
    path = f"/projects/{{repo}}/merge_requests/{number}/diffs"
    call = Call("GET", path, "list what the merge request changes", _NEEDS)
    return touching(lambda: map(_paths, api.pages(call)), _judges, _WORDS, base)


def _judges(path: str) -> bool:
    return path.rpartition("/")[2] in _CONFIGS or path.startswith(_FOLDERS)


def _paths(file: object) -> tuple[str, ...]:
    if not isinstance(file, dict):
        return ()
    return tuple(str(file[name]) for name in ("new_path", "old_path") if file.get(name))


def _project(api: Api, path: str) -> int | None:
    """Give the number of a project; None where it is not to be seen, as of a fork that was deleted."""
    call = Call("GET", f"/projects/{quote(path, safe='')}", "look up the project of the branch", "read the project")
    try:
        return int(api.send(call).data["id"])
    except RefusedError as error:
        if error.status in (403, 404):
            return None
        raise


def _of_commit(api: Api, sha: str) -> Iterator[Mapping[str, Any]]:
    """Give the open merge requests with a commit; a commit that is not known here has none."""
    path = f"/projects/{{repo}}/repository/commits/{quote(sha, safe='')}/merge_requests"
    try:
        for one in api.pages(Call("GET", path, "look for merge requests with this commit", _NEEDS)):
            if one.get("state") == "opened":
                yield one
    except RefusedError as error:
        if error.status != 404:
            raise


def _merge_request(data: Mapping[str, Any]) -> PullRequest:
    sha, base = str(data.get("sha") or ""), str(data.get("target_branch") or "")
    return PullRequest(int(data["iid"]), sha, data.get("state") == "opened", base)

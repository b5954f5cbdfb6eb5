"""What an event of GitHub Actions asks for: which commit, which pull request, what may be written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ml_ci.forges.values import Activity, Head, Kind, read_commit

# Dependabot's runs have the token of a fork, wherever its branch is.
_READ_ONLY_ACTORS = frozenset({"dependabot[bot]"})


def activity(event_name: str, payload: Mapping[str, Any], sha: str = "") -> Activity:
    """Say what an event asks for; `payload` is its JSON, `sha` is GITHUB_SHA.

    An event that is not known, or whose payload is not what GitHub sends, asks for nothing.
    """
    kinds = {
        "pull_request": _pull_request,
        "pull_request_target": _pull_request_target,
        "merge_group": _merge_group,
        "workflow_run": _workflow_run,
        "push": _push,
        "workflow_dispatch": _manual,
        "repository_dispatch": _manual,
        "schedule": _manual,
    }
    if event_name not in kinds:
        named = f"the event `{event_name}`" if event_name else "a run outside of GitHub Actions"
        return Activity("other", why=f"{named} names no pull request and no commit")
    return kinds[event_name](payload, read_commit(sha))


def _pull_request(payload: Mapping[str, Any], sha: str) -> Activity:
    found = replace(_of_pull_request(payload, "pull-request"), here=sha)
    if not _same_repository(payload):
        return _read_only(found, "a pull request from a fork has a read-only token: the second stage writes")
    if _text(payload, "sender", "login") in _READ_ONLY_ACTORS:
        return _read_only(found, "a run of Dependabot has a read-only token: the second stage writes")
    return found


def _pull_request_target(payload: Mapping[str, Any], _: str) -> Activity:
    """Trusted, whoever opened it: the workflow is the base branch's."""
    return _of_pull_request(payload, "pull-request")


def _of_pull_request(payload: Mapping[str, Any], kind: Kind) -> Activity:
    sha, number = read_commit(_text(payload, "pull_request", "head", "sha")), _number(payload, "pull_request", "number")
    return Activity(
        kind,
        sha=sha,
        pull_request=number,
        gates_from=_text(payload, "pull_request", "base", "ref"),
        comments=number is not None,
        statuses=bool(sha),
    )


def _read_only(found: Activity, why: str) -> Activity:
    return replace(found, kind="fork", comments=False, statuses=False, why=why)


def _same_repository(payload: Mapping[str, Any]) -> bool:
    head, base = (_text(payload, "pull_request", side, "repo", "full_name") for side in ("head", "base"))
    return bool(head) and head.lower() == base.lower()


def _merge_group(payload: Mapping[str, Any], _: str) -> Activity:
    sha = read_commit(_text(payload, "merge_group", "head_sha"))
    base = read_commit(_text(payload, "merge_group", "base_sha"))
    return Activity("merge-group", sha=sha, gates_from=base, statuses=bool(sha), why="a merge queue has no comment")


def _workflow_run(payload: Mapping[str, Any], _: str) -> Activity:
    """The second stage: the run that ended may be of a fork; what it left is data."""
    sha, run = (
        read_commit(_text(payload, "workflow_run", "head_sha")),
        str(_number(payload, "workflow_run", "id") or ""),
    )
    if _text(payload, "workflow_run", "event") != "pull_request":
        why = "the run that ended is of no pull request"
        return Activity("workflow-run", sha=sha, run=run, statuses=bool(sha), why=why)
    repository, branch = (
        _text(payload, "workflow_run", "head_repository", "full_name"),
        _text(payload, "workflow_run", "head_branch"),
    )
    if not (sha and repository and branch):
        return Activity("workflow-run", why="the event does not say what the run that ended was for")
    head = Head(repository, branch, sha)
    covers = _text(payload, "repository", "default_branch")
    return Activity("workflow-run", sha=sha, head=head, run=run, covers=covers, comments=True, statuses=True)


def _push(payload: Mapping[str, Any], sha: str) -> Activity:
    after = read_commit(_text(payload, "after"))
    if payload.get("deleted") is True or (after and not after.strip("0")):
        return Activity("push", why="the branch was deleted")
    return Activity(
        "push",
        sha=after or sha,
        statuses=bool(after or sha),
        promotes=_on_default(payload),
        why="a push has no comment",
    )


def _manual(payload: Mapping[str, Any], sha: str) -> Activity:
    """A run on another branch is of its pull request, where there is one: so is one that a job's token has opened."""
    kind: Kind = "manual"
    branch, repository = _text(payload, "ref").removeprefix("refs/heads/"), _text(payload, "repository", "full_name")
    if sha and repository and _text(payload, "ref").startswith("refs/heads/") and not _on_default(payload):
        return Activity(kind, sha=sha, head=Head(repository, branch, sha), comments=True, statuses=True)
    why = "this event is of no pull request"
    return Activity(kind, sha=sha, statuses=bool(sha), promotes=_on_default(payload), why=why)


def _on_default(payload: Mapping[str, Any]) -> bool:
    default = _text(payload, "repository", "default_branch")
    return bool(default) and _text(payload, "ref") == f"refs/heads/{default}"


def _text(payload: object, *path: str) -> str:
    found = _at(payload, *path)
    return found if isinstance(found, str) else ""


def _number(payload: object, *path: str) -> int | None:
    found = _at(payload, *path)
    return found if type(found) is int and found > 0 else None


def _at(payload: object, *path: str) -> object:
    for step in path:
        payload = payload.get(step) if isinstance(payload, Mapping) else None
    return payload

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.forges.values import Activity, Head
from ml_ci.github.activity import activity

HEAD, MERGE, BASE = "a" * 40, "f" * 40, "b" * 40
OURS = {"full_name": "octo/models", "default_branch": "main"}
FORK = {"full_name": "stranger/models"}


def request(head_repository: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    pull_request = {
        "number": 7,
        "head": {"sha": HEAD, "ref": "change", "repo": head_repository},
        "base": {"sha": BASE, "ref": "main", "repo": OURS},
    }
    return {"pull_request": pull_request, "repository": OURS, **more}


def nameless(payload: dict[str, Any], base: dict[str, Any] | None = None) -> dict[str, Any]:
    """Say nothing of the repository that a pull request goes to."""
    payload["pull_request"]["base"]["repo"] = base
    return payload


def ended(event: str, **changed: Any) -> dict[str, Any]:
    run = {"event": event, "head_sha": HEAD, "head_branch": "change", "head_repository": FORK, "pull_requests": []}
    return {"workflow_run": run | changed, "repository": OURS}


READ_ONLY = "has a read-only token: the second stage writes"
FROM = Head("stranger/models", "change", HEAD)
SECOND_STAGE = Activity("workflow-run", HEAD, head=FROM, covers="main", comments=True, statuses=True)
CASES: dict[str, tuple[str, dict[str, Any], Activity]] = {
    "a pull request writes to its head, never to the merge commit": (
        "pull_request",
        request(OURS),
        Activity("pull-request", HEAD, 7, gates_from="main", here=MERGE, comments=True, statuses=True),
    ),
    "the same repository is written in other letters": (
        "pull_request",
        request({"full_name": "Octo/Models"}),
        Activity("pull-request", HEAD, 7, gates_from="main", here=MERGE, comments=True, statuses=True),
    ),
    "a fork writes nothing": (
        "pull_request",
        request(FORK),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a pull request from a fork {READ_ONLY}"),
    ),
    "a fork that was deleted writes nothing": (
        "pull_request",
        request(None),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a pull request from a fork {READ_ONLY}"),
    ),
    "a repository that is named nowhere is not ours": (
        "pull_request",
        nameless(request(None)),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a pull request from a fork {READ_ONLY}"),
    ),
    "a repository with an empty name is not ours": (
        "pull_request",
        nameless(request({"full_name": ""}), {"full_name": ""}),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a pull request from a fork {READ_ONLY}"),
    ),
    "a base that is named nowhere is not the head's": (
        "pull_request",
        nameless(request(OURS)),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a pull request from a fork {READ_ONLY}"),
    ),
    "Dependabot writes nothing": (
        "pull_request",
        request(OURS, sender={"login": "dependabot[bot]"}),
        Activity("fork", HEAD, 7, gates_from="main", here=MERGE, why=f"a run of Dependabot {READ_ONLY}"),
    ),
    "pull_request_target is trusted, a fork's too": (
        "pull_request_target",
        request(FORK),
        Activity("pull-request", HEAD, 7, gates_from="main", comments=True, statuses=True),
    ),
    "the second stage looks the pull request up": (
        "workflow_run",
        ended("pull_request"),
        SECOND_STAGE,
    ),
    "the second stage does not believe a number": (
        "workflow_run",
        ended("pull_request", pull_requests=[{"number": 1}]),
        SECOND_STAGE,
    ),
    "the second stage of a push sets a status": (
        "workflow_run",
        ended("push"),
        Activity("workflow-run", HEAD, statuses=True, why="the run that ended is of no pull request"),
    ),
    "the second stage of a fork that was deleted writes nothing": (
        "workflow_run",
        ended("pull_request", head_repository=None),
        Activity("workflow-run", why="the event does not say what the run that ended was for"),
    ),
    "a push to the default branch promotes": (
        "push",
        {"ref": "refs/heads/main", "after": HEAD, "repository": OURS},
        Activity("push", HEAD, statuses=True, promotes=True, why="a push has no comment"),
    ),
    "a push to another branch does not promote": (
        "push",
        {"ref": "refs/heads/topic", "after": HEAD, "repository": OURS},
        Activity("push", HEAD, statuses=True, why="a push has no comment"),
    ),
    "a tag named as the default branch does not promote": (
        "push",
        {"ref": "refs/tags/main", "after": HEAD, "repository": OURS},
        Activity("push", HEAD, statuses=True, why="a push has no comment"),
    ),
    "a branch that is deleted writes nothing": (
        "push",
        {"ref": "refs/heads/main", "after": "0" * 40, "deleted": True, "repository": OURS},
        Activity("push", why="the branch was deleted"),
    ),
    "a merge queue is judged by the commit that it goes to": (
        "merge_group",
        {"merge_group": {"head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main"}, "repository": OURS},
        Activity("merge-group", HEAD, gates_from=BASE, statuses=True, why="a merge queue has no comment"),
    ),
    "a run by hand on the default branch promotes": (
        "workflow_dispatch",
        {"ref": "refs/heads/main", "repository": OURS},
        Activity("manual", MERGE, statuses=True, promotes=True, why="this event is of no pull request"),
    ),
    "a run by hand elsewhere is of that branch's pull request, where there is one": (
        "workflow_dispatch",
        {"ref": "refs/heads/topic", "repository": OURS},
        Activity("manual", MERGE, head=Head("octo/models", "topic", MERGE), comments=True, statuses=True),
    ),
    "a run by hand of a tag is of no pull request": (
        "workflow_dispatch",
        {"ref": "refs/tags/v1", "repository": OURS},
        Activity("manual", MERGE, statuses=True, why="this event is of no pull request"),
    ),
    "a nightly run does not promote": (
        "schedule",
        {"schedule": "0 3 * * *", "repository": OURS},
        Activity("manual", MERGE, statuses=True, why="this event is of no pull request"),
    ),
    "an unknown event asks for nothing": (
        "issue_comment",
        {"repository": OURS},
        Activity("other", why="the event `issue_comment` names no pull request and no commit"),
    ),
    "no event asks for nothing": (
        "",
        {},
        Activity("other", why="a run outside of GitHub Actions names no pull request and no commit"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_an_event_asks_for(name: str) -> None:
    event, payload, expected = CASES[name]
    assert activity(event, payload, MERGE) == expected


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "workflow_run", "merge_group"])
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"pull_request": None, "workflow_run": None, "merge_group": None},
        {"pull_request": {"number": "7", "head": {"sha": "../../x"}}},
        {"workflow_run": {"event": "pull_request", "head_sha": "x; rm -rf /"}},
        {"merge_group": {"head_sha": "HEAD", "base_sha": "main"}},
        {"pull_request": []},
    ],
)
def test_a_payload_that_is_not_githubs_asks_for_nothing(event: str, payload: dict[str, Any]) -> None:
    found = activity(event, payload, MERGE)
    assert (found.sha, found.pull_request, found.comments, found.statuses, found.promotes) == (
        "",
        None,
        False,
        False,
        False,
    )

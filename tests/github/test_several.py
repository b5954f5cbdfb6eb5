"""A second pull request from the same branch cannot turn the first one's required status green."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_ci.forges.values import Neighbour, State, Status
from ml_ci.review.several import mark, worsen

Run = Callable[..., tuple[int, str, str]]
Write = Callable[..., Path]
HEAD = "9d1e2f3a4b5c6d7e8f90a1b2c3d4e5f601234567"
OURS = {"full_name": "octo/models"}
V0 = Neighbour(8, "v0")


def event(number: int, base: str) -> dict[str, Any]:
    """Give the payload of a `pull_request` event: all have the head of pull request 7."""
    head = {"sha": HEAD, "ref": "change", "repo": OURS}
    target = {"sha": "0" * 40, "ref": base, "repo": OURS}
    return {
        "pull_request": {"number": number, "head": head, "base": target},
        "repository": {**OURS, "default_branch": "main"},
    }


@pytest.mark.parametrize(
    ("own", "other", "state", "description"),
    [
        ("success", "success", "success", "It may be promoted (#7)"),
        ("success", "failure", "failure", "#8 into v0 has this commit too, and does not pass there (#7: success)"),
        ("success", "error", "error", "#8 into v0 has this commit too, and does not pass there (#7: success)"),
        ("success", None, "pending", "#8 into v0 has this commit too, and has no verdict yet (#7: success)"),
        ("failure", "success", "failure", "It may be promoted (#7)"),
        ("failure", None, "failure", "It may be promoted (#7)"),
        ("failure", "error", "error", "#8 into v0 has this commit too, and does not pass there (#7: failure)"),
        ("error", "failure", "error", "It may be promoted (#7)"),
    ],
)
def test_the_worst_counts(own: State, other: State | None, state: State, description: str) -> None:
    told = {} if other is None else {("ml-ci", 8): other}
    [found] = worsen(mark([Status("ml-ci", own, "It may be promoted")], 7), 7, [V0], told, "ml-ci")
    assert (found.state, found.description) == (state, description)


def test_a_model_that_another_does_not_have_waits_for_nobody() -> None:
    [found] = worsen([Status("ml-ci/churn", "success", "x")], 7, [V0], {}, "ml-ci")
    assert found.state == "success"


def test_a_long_description_keeps_whose_it_is() -> None:
    [found] = mark([Status("ml-ci", "failure", "x" * 140)], 7)
    assert len(found.description) == 140 and found.description.endswith("… (#7)")
    [found] = worsen(mark([Status("ml-ci", "success", "x")], 7), 7, [Neighbour(8, "b" * 300)], {}, "ml-ci")
    assert len(found.description) <= 140 and found.description.endswith("(#7: success)")


def test_the_laxer_base_does_not_win(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write
) -> None:
    github.pull_request(8, base="v0")
    actions(data=event(7, "main"))
    ml_ci("github", "status", "--report", write_report("failed_by_data"))
    assert github.latest()["ml-ci"] == "failure"
    actions(data=event(8, "v0"))
    ml_ci("github", "status", "--report", write_report("passed"))
    assert github.latest() == {"ml-ci": "failure", "ml-ci/churn": "failure"}
    assert github.statuses[-1]["description"] == (
        "#7 into main has this commit too, and does not pass there (#8: success)"
    )
    actions(data=event(7, "main"))
    ml_ci("github", "status", "--report", write_report("passed"))
    assert github.latest() == {"ml-ci": "success", "ml-ci/churn": "success"}, "a run again that passes counts"


def test_what_has_no_verdict_yet_is_waited_for(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write
) -> None:
    github.pull_request(8, base="v0")
    actions(data=event(8, "v0"))
    ml_ci("github", "status", "--report", write_report("passed"))
    assert github.latest()["ml-ci"] == "pending"
    actions(data=event(7, "main"))
    ml_ci("github", "status", "--report", write_report("passed"))
    assert github.latest()["ml-ci"] == "success", "both pass"


@pytest.mark.parametrize("state", ["closed", "open"])
def test_a_pull_request_that_is_closed_or_has_moved_on_counts_no_more(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write, state: str
) -> None:
    github.pull_request(8, HEAD if state == "closed" else "a" * 40, base="v0", state=state)
    actions(data=event(7, "main"))
    ml_ci("github", "status", "--report", write_report("passed"))
    assert github.latest()["ml-ci"] == "success"


def test_who_may_not_look_sets_no_success(
    github: Any, ml_ci: Run, actions: Callable[..., None], write_report: Write
) -> None:
    actions(data=event(7, "main"))
    del github.permissions["pull-requests"]
    code, _, said = ml_ci("github", "status", "--report", write_report("passed"))
    assert code == 2 and "pull-requests: read" in said
    assert github.latest() == {}

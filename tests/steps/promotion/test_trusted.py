"""Whether a promotion may happen here: on the default branch, in a run that is no pull request's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ml_ci.repository.repository import Repository
from ml_ci.steps.promotion.trusted import distrust

NOWHERE: Mapping[str, str] = {}


def why(repository: Any, environment: Mapping[str, str] = NOWHERE) -> str | None:
    found = Repository.find(repository.path)
    return distrust(found, found.head() or "", environment)


@pytest.fixture
def published(make_repository: Callable[[str], Any]) -> Any:
    """Give a clone of a repository with one commit on `main`."""
    origin = make_repository("origin")
    origin.commit({"a": "1"})
    clone = make_repository("clone")
    clone.git("remote", "add", "origin", str(origin.path))
    clone.git("fetch", "-q", "origin")
    clone.git("reset", "-q", "--hard", "origin/main")
    return clone


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_run_of_a_pull_request_is_not_trusted(published: Any, event: str) -> None:
    assert why(published, {"GITHUB_EVENT_NAME": event}) == f"this run belongs to a pull request (`{event}`)"


@pytest.mark.parametrize("event", ["", "push", "schedule", "workflow_dispatch"])
def test_the_default_branch_is_trusted(published: Any, event: str) -> None:
    assert why(published, {"GITHUB_EVENT_NAME": event}) is None


def test_another_branch_is_not_trusted(published: Any) -> None:
    published.git("checkout", "-q", "-b", "topic")
    assert why(published) == "the branch is `topic`, and models are promoted from `main`"


def test_a_commit_that_was_not_pushed_is_not_trusted(published: Any) -> None:
    """What the default branch is, its remote says: a commit of this machine alone is nobody else's."""
    commit = published.commit({"a": "2"})
    assert why(published) == f"the commit {commit[:7]} is not in origin/main"


def test_an_earlier_commit_of_the_default_branch_is_trusted(published: Any, make_repository: Any) -> None:
    make_repository("origin").commit({"a": "2"})
    published.git("fetch", "-q", "origin")
    published.git("checkout", "-q", "--detach", "HEAD")
    assert why(published) is None


def test_a_detached_commit_that_the_default_branch_does_not_have_is_not_trusted(published: Any) -> None:
    published.git("checkout", "-q", "--detach")
    commit = published.commit({"a": "2"})
    assert why(published) == f"the commit {commit[:7]} is not in origin/main"


def test_without_a_remote_the_branch_itself_is_trusted(repository: Any) -> None:
    repository.commit({"a": "1"})
    assert why(repository) is None
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit({"a": "2"})
    assert why(repository) == "the branch is `topic`, and models are promoted from `main`"
    repository.git("checkout", "-q", "--detach")
    assert why(repository) == f"the commit {repository.git('rev-parse', 'HEAD')[:7]} is not in heads/main"


def test_where_no_default_branch_is_found_nothing_is_trusted(repository: Any) -> None:
    repository.commit({"a": "1"})
    repository.git("branch", "-m", "one")
    repository.git("branch", "other")
    assert (why(repository) or "").startswith("the default branch was not found")

"""Which commit is the baseline, over real histories."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.repository.base import find_base
from ml_ci.repository.repository import Repository


def base(path: Any, wanted: Any = "merge-base", **options: Any) -> Any:
    return find_base(Repository.find(path), wanted, dirty=options.pop("dirty", False), **options)


def clone(repository: Any, target: Any, *options: Any) -> Any:
    subprocess.run(("git", "clone", "-q", *options, repository.path.as_uri(), target), check=True)
    return target


def branched(repository: Any) -> Any:
    """main: one, two (fork point), three; feature: two, four, five."""
    repository.commit({"a": "1"})
    fork = repository.commit({"a": "2"})
    repository.git("checkout", "-q", "-b", "feature")
    repository.commit({"b": "4"})
    repository.commit({"b": "5"})
    repository.git("checkout", "-q", "main")
    repository.commit({"a": "3"})
    repository.git("checkout", "-q", "feature")
    return fork


def test_on_a_branch_it_is_the_merge_base(repository: Any) -> None:
    fork = branched(repository)
    found = base(repository.path)
    assert found.commit == fork
    assert found.source == f"merge-base {fork[:7]}"


def test_on_a_branch_with_a_dirty_tree_it_is_still_the_merge_base(repository: Any) -> None:
    fork = branched(repository)
    assert base(repository.path, dirty=True).commit == fork


def test_on_the_default_branch_it_is_the_first_parent(repository: Any) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    found = base(repository.path)
    assert found.commit == first
    assert found.source == f"first parent {first[:7]}"


def test_on_the_default_branch_with_a_dirty_tree_it_is_head(repository: Any) -> None:
    repository.commit({"a": "1"})
    head = repository.commit({"a": "2"})
    assert base(repository.path, dirty=True).commit == head


def test_the_first_parent_of_a_merge_is_the_default_branch_before_it(repository: Any) -> None:
    branched(repository)
    repository.git("checkout", "-q", "main")
    before = repository.git("rev-parse", "HEAD")
    repository.git("merge", "-q", "--no-ff", "feature", "-m", "merge")
    assert base(repository.path).commit == before


def test_the_first_commit_has_no_baseline_and_says_so(repository: Any) -> None:
    repository.commit({"a": "1"})
    found = base(repository.path)
    assert found.commit is None
    assert found.source == "this is the first commit"


def test_before_the_first_commit(repository: Any) -> None:
    assert base(repository.path).source == "there is no commit yet"


def test_none_is_no_baseline(repository: Any) -> None:
    branched(repository)
    assert base(repository.path, "none").commit is None


def test_a_named_ref(repository: Any) -> None:
    branched(repository)
    repository.git("tag", "v1", "main")
    main = repository.git("rev-parse", "main")
    assert base(repository.path, "v1").source == f"v1 {main[:7]}"
    assert base(repository.path, main[:9]).commit == main


@pytest.mark.parametrize(
    ("ref", "fetched"),
    [
        ("nothing", True),
        ("release/1", True),
        ("0123456", True),
        ("--help", True),
        ("HEAD~99", False),
        ("main:a", False),
    ],
)
def test_a_ref_that_names_no_commit(repository: Any, ref: str, fetched: bool) -> None:
    """A name may be on the other side; a way through the history is not to be fetched."""
    branched(repository)
    with pytest.raises(UserError, match="names no commit here") as caught:
        base(repository.path, ref)
    hint = f"Fetch it (git fetch origin {ref}), or name another." if fetched else "Name another."
    assert caught.value.hint == hint


def test_detached_on_a_branch(repository: Any) -> None:
    fork = branched(repository)
    repository.git("checkout", "-q", "--detach")
    assert base(repository.path).commit == fork


def test_detached_on_the_default_branch_is_the_first_parent(repository: Any) -> None:
    branched(repository)
    repository.git("checkout", "-q", "--detach", "main")
    assert base(repository.path).commit == repository.git("rev-parse", "main~1")


def test_origin_says_which_branch_is_the_default(repository: Any, tmp_path: Any) -> None:
    branched(repository)
    repository.git("branch", "-q", "-m", "main", "trunk")
    repository.git("checkout", "-q", "trunk")
    copy = clone(repository, tmp_path / "copy")
    subprocess.run(("git", "checkout", "-q", "feature"), cwd=copy, check=True)
    assert base(copy).commit == repository.git("merge-base", "trunk", "feature")


def test_a_pull_request_to_another_branch_than_the_default(repository: Any) -> None:
    branched(repository)
    repository.git("branch", "release", "main")
    repository.git("checkout", "-q", "-b", "fix", "release")
    repository.commit({"c": "1"})
    assert base(repository.path, target="release").commit == repository.git("rev-parse", "release")


def test_no_default_branch_says_what_to_do(repository: Any) -> None:
    repository.commit({"a": "1"})
    repository.git("branch", "-m", "one")
    repository.git("branch", "two")
    with pytest.raises(UserError) as raised:
        base(repository.path)
    assert "default branch was not found" in raised.value.message
    assert "--baseline REF" in raised.value.hint


def test_the_only_branch_is_the_default(repository: Any) -> None:
    first = repository.commit({"a": "1"})
    repository.git("branch", "-m", "trunk")
    repository.commit({"a": "2"})
    assert base(repository.path).commit == first


def test_histories_without_a_common_commit(repository: Any) -> None:
    repository.commit({"a": "1"})
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit({"a": "2"})
    with pytest.raises(UserError, match="have no commit in common"):
        base(repository.path)


def test_a_shallow_clone_fetches_what_it_needs(repository: Any, tmp_path: Any) -> None:
    fork = branched(repository)
    copy = clone(repository, tmp_path / "copy", "--depth=1", "--branch=feature")
    assert base(copy, target="main").commit == fork


def test_a_shallow_clone_of_the_default_branch_fetches_the_parent(repository: Any, tmp_path: Any) -> None:
    branched(repository)
    copy = clone(repository, tmp_path / "copy", "--depth=1", "--branch=main")
    assert base(copy).commit == repository.git("rev-parse", "main~1")


def test_a_shallow_merge_commit_as_github_checks_it_out(repository: Any, tmp_path: Any) -> None:
    branched(repository)
    repository.git("checkout", "-q", "--detach", "main")
    repository.git("merge", "-q", "--no-ff", "feature", "-m", "merge")
    repository.git("update-ref", "refs/pull/1/merge", "HEAD")
    main = repository.git("rev-parse", "main")
    repository.git("checkout", "-q", "feature")
    copy = tmp_path / "copy"
    copy.mkdir()
    for command in (
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", repository.path.as_uri()),
        ("fetch", "-q", "--no-tags", "--depth=1", "origin", "+refs/pull/1/merge:refs/remotes/pull/1/merge"),
        ("checkout", "-q", "--force", "refs/remotes/pull/1/merge"),
    ):
        subprocess.run(("git", *command), cwd=copy, check=True, capture_output=True)
    assert base(copy, target="main").commit == main


def test_a_shallow_clone_without_its_remote_says_how_to_get_the_history(repository: Any, tmp_path: Any) -> None:
    branched(repository)
    copy = clone(repository, tmp_path / "copy", "--depth=1", "--branch=main")
    repository.path.rename(tmp_path / "gone")
    with pytest.raises(UserError) as raised:
        base(copy)
    assert "shallow clone" in raised.value.message
    assert "fetch-depth: 0" in raised.value.hint

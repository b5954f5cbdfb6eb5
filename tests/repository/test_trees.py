"""The working tree and a commit, as git sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.repository.repository import Repository


def test_a_clean_file_is_known_by_its_object_in_both_trees(repository: Any) -> None:
    commit = repository.commit({"a.txt": "a", "b/c.txt": "c"})
    found = Repository.find(repository.path)
    assert dict(found.tree().files()) == dict(found.tree(commit).files())
    assert all(found.tree().files().values())
    assert found.tree().changed() == frozenset()


def test_what_differs_from_git_has_no_object(repository: Any) -> None:
    repository.commit({"same": "1", "modified": "1", "deleted": "1", ".gitignore": "ignored\n"})
    repository.write({"modified": "2", "untracked/new": "3", "ignored": "4"})
    (repository.path / "deleted").unlink()
    tree = Repository.find(repository.path).tree()
    files = tree.files()
    assert files["modified"] is None
    assert files["untracked/new"] is None
    assert files["same"] is not None
    assert "deleted" not in files
    assert "ignored" not in files
    assert tree.changed() == {"modified", "untracked/new", "deleted"}


def test_a_staged_file_is_known_by_what_was_staged(repository: Any) -> None:
    repository.commit({"a": "1"})
    repository.write({"a": "2"})
    repository.git("add", "a")
    tree = Repository.find(repository.path).tree()
    assert tree.files()["a"] == repository.git("hash-object", "a")
    assert tree.changed() == {"a"}


@pytest.mark.parametrize("name", ["with space", "Ünïcode", 'quote"d', "new\nline", "-dash", "tab\tbed"])
def test_any_name_is_read_back(repository: Any, name: Any) -> None:
    commit = repository.commit({name: "x"})
    found = Repository.find(repository.path)
    assert list(found.tree().files()) == [name]
    assert found.tree(commit).read(name) == b"x"


def test_paths_are_relative_to_the_project_folder(repository: Any) -> None:
    commit = repository.commit({"a": "1", "project/b": "2", "project/deep/c": "3"})
    repository.write({"project/b": "changed", "a": "changed"})
    found = Repository.find(repository.path / "project")
    assert found.prefix == "project/"
    assert list(found.tree().files()) == ["b", "deep/c"]
    assert found.tree().files()["b"] is None
    assert found.tree().changed() == {"b"}
    assert found.tree(commit).read("b") == b"2"


def test_a_commit_older_than_the_project_folder_is_empty(repository: Any) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"project/b": "2"})
    assert dict(Repository.find(repository.path / "project").tree(first).files()) == {}


def test_a_link_is_followed_inside_the_commit(repository: Any) -> None:
    (repository.path / "link").symlink_to("folder/file")
    (repository.path / "outside").symlink_to("/etc/hostname")
    (repository.path / "loop").symlink_to("loop")
    commit = repository.commit({"folder/file": "content"})
    tree = Repository.find(repository.path).tree(commit)
    assert tree.read("link") == b"content"
    assert "outside" not in tree.files()
    assert "loop" not in tree.files()


def test_a_file_that_is_not_there(repository: Any) -> None:
    commit = repository.commit({"a": "1"})
    found = Repository.find(repository.path)
    for tree in (found.tree(), found.tree(commit)):
        with pytest.raises(FileNotFoundError):
            tree.read("nothing")


def test_large_and_empty_files_are_read_whole(repository: Any) -> None:
    large = bytes(range(256)) * 4096
    commit = repository.commit({"large": large, "empty": ""})
    tree = Repository.find(repository.path).tree(commit)
    assert tree.read("large") == large
    assert tree.read("empty") == b""
    assert tree.read("large") == large


def test_no_repository_is_said_with_the_next_step(tmp_path: Any) -> None:
    with pytest.raises(UserError) as raised:
        Repository.find(tmp_path)
    assert "is not in a git repository" in raised.value.message
    assert "git init" in raised.value.hint


def test_a_worktree_is_gone_afterwards_and_hooks_do_not_run(repository: Any, tmp_path: Any) -> None:
    commit = repository.commit({"a": "1"})
    hook = repository.path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\n")
    hook.chmod(0o755)
    found = Repository.find(repository.path)
    with found.worktree(commit, tmp_path / "copy") as project:
        assert (project / "a").read_text() == "1"
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "hook-ran").exists()
    assert len(repository.git("worktree", "list").splitlines()) == 1


def test_a_project_below_the_top_is_found_in_the_worktree(repository: Any, tmp_path: Any) -> None:
    commit = repository.commit({"project/b": "2"})
    with Repository.find(repository.path / "project").worktree(commit, tmp_path / "copy") as project:
        assert project == Path(tmp_path / "copy" / "project")
        assert (project / "b").is_file()


def test_new_files_alone_are_no_edit(repository: Any) -> None:
    repository.commit({"a": "1"})
    tree = Repository.find(repository.path).tree
    repository.write({"new": "2"})
    assert not tree().edited()
    repository.write({"a": "3"})
    assert tree().edited()

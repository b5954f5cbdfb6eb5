"""A clean copy of the tree for a job to run in, removed afterwards."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.repository.git import GitError, git
from ml_ci.repository.repository import Repository
from ml_ci.repository.values import Tree
from ml_ci.training.transfer import copy, remove

_OWN = ".ml_ci"


@contextmanager
def working_copy(repository: Repository, tree: Tree, work: Path) -> Iterator[Path]:
    """Check a tree out below `work` for the time of a `with` block; give the project folder in it.

    Of the working tree: its tracked files and those that are untracked and not ignored, as they are on disk. Of a
    commit: what git checks out. Nothing of the user's tree is touched, and none of the user's hooks run. UserError when
    git cannot make it. What a killed run leaves is swept with the workplace of the store that `work` lies in.
    """
    work.mkdir(parents=True, exist_ok=True)
    place = work.resolve() / f"copy-{uuid.uuid4().hex[:12]}"
    try:
        with _checked_out(repository, tree, place):
            remove(place / repository.prefix / _OWN)
            project = place / repository.prefix
            project.mkdir(parents=True, exist_ok=True)
            yield project
    finally:
        _forget(repository, place)


def _forget(repository: Repository, place: Path) -> None:
    remove(place)
    repository.remove_worktree(place)


@contextmanager
def _checked_out(repository: Repository, tree: Tree, place: Path) -> Iterator[None]:
    commit = tree.commit or repository.head()
    with contextlib.ExitStack() as stack:
        if commit is None:
            place.mkdir()
        else:
            try:
                stack.enter_context(repository.worktree(commit, place, checkout=tree.commit is not None))
            except GitError as error:
                raise _cannot(commit, error) from None
        if tree.commit is None:
            _overlay(repository.top, place)
            if commit is not None:
                git(place, "read-tree", "HEAD")
        yield


def _cannot(commit: str, error: GitError) -> UserError:
    hint = "Is there space on the disk, and is the commit here with its files (git fsck, git lfs fetch)?"
    return UserError(f"git could not check out commit {commit[:7]}: {error.message}", hint=hint)


def _overlay(top: Path, place: Path) -> None:
    for path in _present(top):
        source = top / path
        if source.is_dir() and not source.is_symlink():
            _overlay(source, place / path)  # a submodule, or a repository inside this one
        elif os.path.lexists(source):
            copy(source, place / path)


def _present(top: Path) -> Iterator[str]:
    """List the files that are tracked, or untracked and not ignored; those deleted from disk too."""
    if not (top / ".git").exists():
        return  # a submodule that was never checked out
    listed = git(top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for path in dict.fromkeys(os.fsdecode(name) for name in listed.split(b"\0") if name):
        if _OWN not in Path(path).parts:
            yield path

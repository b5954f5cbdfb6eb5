"""The repository that a project folder lies in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import overload

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.git import GitError, git, line
from ml_ci.repository.opened import ask, open_repository
from ml_ci.repository.trees import CommitTree, WorkingTree

# What stands in no branch's name (git-check-ref-format), but in expressions for commits: main~1, main^{tree}, @{u}.
_NO_BRANCH = ("~", "^", ":", "..", "@{", "?", "*", "[", "\\", " ")


@dataclass(frozen=True)
class Repository:
    """Know where a project lies in git.

    `top` is the checkout's root, `project` the folder of `ml-ci.yaml`, `prefix` the path between them ("" or "a/b/").
    """

    top: Path
    project: Path
    prefix: str
    shallow: bool

    @classmethod
    def find(cls, project: Path) -> Repository:
        """Find the repository around `project`; UserError when there is none, or git does not trust it."""
        project = project.resolve()
        try:
            answer = git(project, "rev-parse", "--show-toplevel", "--is-shallow-repository", "--show-prefix")
        except GitError as error:
            raise _not_a_repository(project, error) from None
        top, shallow, *prefix = os.fsdecode(answer).split("\n")
        return cls(Path(top), project, prefix[0] if prefix else "", shallow == "true")

    def git(self, *arguments: str) -> str:
        """Run git in the project folder and give its answer as text; GitError when it failed."""
        return os.fsdecode(git(self.project, *arguments)).rstrip("\n")

    def head(self) -> str | None:
        """Give HEAD's commit, as it was when first asked for; None before the first commit."""
        return self._head

    @cached_property
    def _head(self) -> str | None:
        return self.commit("HEAD")

    def branch(self) -> str | None:
        """Give the checked-out branch; None when HEAD is detached."""
        return line(self.project, "symbolic-ref", "--quiet", "--short", "HEAD")

    def commit(self, ref: str) -> str | None:
        """Give the id of the commit that `ref` names; None when it names none."""
        return line(self.project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")

    def of_origin(self, branch: str) -> str | None:
        """Give the commit of a branch as origin has it; None where that is no branch's name, such as HEAD or main~1."""
        if branch in ("HEAD", "@") or any(sign in branch for sign in _NO_BRANCH):
            return None
        return self.commit(f"refs/remotes/origin/{branch}")

    @overload
    def tree(self, commit: None = None) -> WorkingTree: ...

    @overload
    def tree(self, commit: str) -> CommitTree: ...

    def tree(self, commit: str | None = None) -> WorkingTree | CommitTree:
        """Give the working tree, or the tree of `commit`."""
        return WorkingTree(self.project) if commit is None else CommitTree(self.project, self.prefix, commit)

    @contextmanager
    def worktree(self, commit: str, at: Path, *, checkout: bool = True) -> Iterator[Path]:
        """Check `commit` out at `at` for the time of a `with` block; give the project folder inside."""
        with open_repository(self.top) as repo:
            how = {"quiet": True, "detach": True, "force": True, "no_checkout": not checkout}
            repo.git.worktree("add", "--", at, commit, insert_kwargs_after="add", **how)
        try:
            yield at / self.prefix
        finally:
            self.remove_worktree(at)

    def remove_worktree(self, at: Path) -> None:
        """Remove a checkout made by `worktree`, with what git remembers of it."""
        ask(self.top, lambda repo: repo.git.worktree("remove", "--force", "--force", "--", at))

    def prune_worktrees(self) -> None:
        """Let git forget the checkouts whose folders are gone."""
        ask(self.top, lambda repo: repo.git.worktree("prune"))


def _not_a_repository(project: Path, error: GitError) -> UserError:
    if "dubious ownership" in error.message:
        hint = f"Run: git config --global --add safe.directory {project}"
        return UserError(f"{project}: git does not trust this folder, another user owns it", hint=hint)
    if "not a git repository" in error.message:
        hint = "ml-ci compares a change with a commit. Run: git init && git add . && git commit -m 'First commit'"
        return UserError(f"{project} is not in a git repository", hint=hint)
    return UserError(f"{project}: {error.message}")

"""The commits between a good one and a bad one, in the order in which git bisect asks for them."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from ml_ci.errors import UserError
from ml_ci.repository.git import GitError, git
from ml_ci.repository.repository import Repository


@dataclass(frozen=True)
class Commit:
    """A commit: its full `id`, author, the author's date (ISO 8601) and its title."""

    id: str
    author: str
    date: str
    title: str


def about(repository: Repository, commit: str) -> Commit:
    """Say who made a commit, when, and what it is called."""
    told = git(repository.top, "show", "--no-patch", "--format=%H%x00%an%x00%aI%x00%s", commit).decode(
        "utf-8", "replace"
    )
    return Commit(*told.rstrip("\n").split("\0"))


def suspects(repository: Repository, bad: str, good: Collection[str], *, first_parent: bool = False) -> tuple[str, ...]:
    """Give the commits that may be the first bad one, best question first: the one that halves them.

    `bad` is always among them. With `first_parent`, of a merge only the way along the branch that was merged into.
    """
    way = ("--first-parent",) if first_parent else ()
    said = git(repository.top, "rev-list", *way, "--bisect-all", bad, *(f"^{commit}" for commit in good))
    return tuple(os.fsdecode(line).split(" ", 1)[0] for line in said.splitlines())


def ancestors(repository: Repository, commit: str, most: int) -> tuple[str, ...]:
    """Give the commits before one along first parents, the nearest first, as far as this clone has them."""
    said = git(repository.top, "rev-list", "--first-parent", f"--max-count={most + 1}", commit)
    return tuple(os.fsdecode(line) for line in said.splitlines())[1:]


def check_ancestor(repository: Repository, good: str, bad: str) -> None:
    """See that `good` comes before `bad`; UserError otherwise."""
    try:
        git(repository.top, "merge-base", "--is-ancestor", good, bad)
    except GitError:
        message = f"{good[:7]} (--good) is no ancestor of {bad[:7]} (--bad): there is no way from one to the other"
        raise UserError(message, hint="Name a good commit before the bad one on its branch.") from None

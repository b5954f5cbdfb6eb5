"""The commits between a good one and a bad one, in the order in which git bisect asks for them."""

from __future__ import annotations

import os
from collections.abc import Collection

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.git import GitError, git
from ml_ci.repository.opened import open_repository
from ml_ci.repository.repository import Repository

_FORMAT = "%H%x00%an%x00%aI%x00%s"


@dataclass(frozen=True)
class Commit:
    """A commit: its full `id`, author, the author's date (ISO 8601) and its title."""

    id: str
    author: str
    date: str
    title: str


def about(repository: Repository, commit: str) -> Commit:
    """Say who made a commit, when, and what it is called."""
    with open_repository(repository.top) as repo:
        told = repo.git.show("--no-patch", "--end-of-options", commit, format=_FORMAT, stdout_as_string=False)
    return Commit(*told.decode("utf-8", "replace").rstrip("\n").split("\0"))


def suspects(repository: Repository, bad: str, good: Collection[str], *, first_parent: bool = False) -> tuple[str, ...]:
    """Give the commits that may be the first bad one, best question first: the one that halves them.

    `bad` is always among them. With `first_parent`, of a merge only the way along the branch that was merged into.
    """
    with open_repository(repository.top) as repo:
        ends = (bad, *(f"^{commit}" for commit in good))
        said = repo.git.rev_list("--bisect-all", "--end-of-options", *ends, first_parent=first_parent)
    return tuple(line.split(" ", 1)[0] for line in said.splitlines())


def ancestors(repository: Repository, commit: str, most: int) -> tuple[str, ...]:
    """Give the commits before one along first parents, the nearest first, as far as this clone has them.

    Asked without GitPython: nothing may have changed on top of a base that does not train.
    """
    said = git(repository.top, "rev-list", "--first-parent", f"--max-count={most + 1}", "--end-of-options", commit)
    return tuple(os.fsdecode(line) for line in said.splitlines())[1:]


def is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    """Say whether `newer` has `older` in its history; False also where one of them is not here."""
    try:
        with open_repository(repository.top) as repo:
            repo.git.merge_base("--is-ancestor", "--end-of-options", older, newer)
    except GitError:
        return False
    return True


def check_ancestor(repository: Repository, good: str, bad: str) -> None:
    """See that `good` comes before `bad`; UserError otherwise."""
    if not is_ancestor(repository, good, bad):
        message = f"{good[:7]} (--good) is no ancestor of {bad[:7]} (--bad): there is no way from one to the other"
        raise UserError(message, hint="Name a good commit before the bad one on its branch.")

"""What the remote `origin` has: which branch its HEAD is, its address, and commits that are not here yet."""

from __future__ import annotations

import re
from typing import Any

from ml_ci.repository.git import GitError
from ml_ci.repository.opened import ask, fetch_from, open_repository
from ml_ci.repository.repository import Repository

_ORIGIN = "origin"


def head_branch(repository: Repository) -> str | None:
    """Ask which branch its HEAD is; None when there is no remote, or it does not answer."""
    answer = ask(repository.top, lambda repo: repo.git.ls_remote("--symref", "--", _ORIGIN, "HEAD"))
    found = re.match(r"ref: refs/heads/(\S+)\tHEAD", answer or "")
    return found.group(1) if found else None


def url(repository: Repository) -> str | None:
    """Give its address, as the user's settings have it; None when there is no remote."""
    return ask(repository.top, lambda repo: repo.git.remote("get-url", "--", _ORIGIN))


def fetch(repository: Repository, *what: str, **how: Any) -> bool:
    """Ask for refs or commits, or for more history; False when it cannot be reached or has them not.

    The caller looks whether what it needs is here then. `how` are options of `git fetch`, such as `depth`.
    """
    try:
        with open_repository(repository.top) as repo:
            fetch_from(repo, _ORIGIN, what, **how)
    except GitError:
        return False
    return True

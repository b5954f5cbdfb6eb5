"""List files as git knows them: what is tracked, and what would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ml_ci.repository.opened import open_repository

TRACKED = {"cached": True}
LOOSE = {"others": True, "exclude_standard": True}
KEPT = TRACKED | LOOSE


def list_files(folder: Path, how: Mapping[str, bool], among: Sequence[str] | None = None) -> tuple[str, ...]:
    """List files below a folder, relative to it: all, or those `among` some paths.

    `how` are options of `git ls-files`: what is TRACKED, what is LOOSE (and not ignored), or what is KEPT, both.
    GitError where there is no repository, or a path lies in a submodule.
    """
    if among is not None and not among:
        return ()
    with open_repository(folder) as repo:
        said = repo.git.ls_files("-z", "--", *(among or ()), **how)
    return tuple(name for name in said.split("\0") if name)

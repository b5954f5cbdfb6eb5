"""A tree of files as git knows it: the working tree, or a commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Tree(Protocol):
    """Files below the project folder, by POSIX path relative to it."""

    commit: str | None
    """The commit's id; None for the working tree."""

    folder: Path | None
    """The project folder on disk for the working tree; None for a commit."""

    @property
    def left_out(self) -> frozenset[str]:
        """The tracked files that a sparse checkout keeps off the disk; none of a commit's."""
        ...

    def files(self) -> Mapping[str, str | None]:
        """Give every tracked or untracked, not ignored file with its git object id, sorted by path.

        None stands where the content is not in git: the file is modified or untracked.
        """
        ...

    def beside(self, folder: str) -> Tree:
        """Give the tree of another folder of the repository, relative to this one (`../common`)."""
        ...

    def read(self, path: str) -> bytes:
        """Give the content of a file; FileNotFoundError when the tree has none at `path`."""
        ...

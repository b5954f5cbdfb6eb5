"""Write a commit's files into a folder, and write again what was changed there; the user's index stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ml_ci.frozen import dataclass
from ml_ci.repository.opened import open_repository

if TYPE_CHECKING:
    from git import Repo

# The user's settings are for a checkout of theirs; here git looks at every file itself, and a submodule is checked out
# from objects of its own.
_SETTINGS = {
    "core.untrackedCache": "false",
    "core.trustctime": "true",
    "core.checkStat": "default",
    "submodule.recurse": "false",
    "checkout.workers": "0",
}
_SUBMODULE = "160000"


@dataclass(frozen=True)
class CheckedOut:
    """Know whose `commit` (of the repository `git_dir`) stands in the folder `at`; `index` is git's memory of it.

    Attributes and filters are the commit's, settings the user's, and so is what a sparse checkout leaves out.
    """

    git_dir: Path
    commit: str
    at: Path
    index: Path

    def write(self) -> None:
        """Write every file that is not there as the commit has it; GitError when git cannot."""
        with self._opened() as repo:
            repo.git.read_tree("-u", "--reset", "--end-of-options", self.commit)

    def submodules(self) -> Iterator[tuple[str, str]]:
        """Give path and commit of each submodule that the commit names."""
        with self._opened() as repo:
            listed = repo.git.ls_files("--stage", "-z")
        for field in listed.split("\0"):
            head, _, path = field.partition("\t")
            if head.startswith(_SUBMODULE):
                yield path, head.split()[1]

    def _opened(self) -> AbstractContextManager[Repo]:
        return open_repository(self.at, self.git_dir, index=self.index, settings=_SETTINGS)

"""Write a commit's files into a folder, and write again what was changed there; the user's index stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_ci.repository.git import git

# None of the user's hooks run, no file system watcher is asked, and a submodule is checked out from objects of its own.
_QUIET = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "core.trustctime=true"),
    *("-c", "core.checkStat=default"),
    *("-c", "submodule.recurse=false"),
    *("-c", "checkout.workers=0"),
)
_SUBMODULE = b"160000"


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
        self._git("read-tree", "-u", "--reset", self.commit)

    def submodules(self) -> Iterator[tuple[str, str]]:
        """Give path and commit of each submodule that the commit names."""
        for field in self._git("ls-files", "--stage", "-z").split(b"\0"):
            head, _, path = field.partition(b"\t")
            if head.startswith(_SUBMODULE):
                yield os.fsdecode(path), head.split()[1].decode("ascii")

    def _git(self, *arguments: str) -> bytes:
        where = (f"--git-dir={self.git_dir}", f"--work-tree={self.at}")
        return git(self.at, *_QUIET, *where, *arguments, index=self.index)

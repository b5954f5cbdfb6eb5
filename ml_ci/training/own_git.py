"""The `.git` of a working copy's own, which knows which commit it is and nothing else.

Without one, git in a job would find the user's repository around the copy: `git show` would print the holdout's labels,
and `git stash` take the user's work. With a linked worktree it would too.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from ml_ci.frozen import dataclass
from ml_ci.repository.objects import Objects
from ml_ci.training.transfer import remove

_SHA256 = 64


@dataclass(frozen=True)
class OwnGit:
    """Know one commit: its id and its object, without its parents, its tree and its files; None before the first."""

    commit: str | None
    content: bytes = b""

    @classmethod
    def of(cls, repository: Path, commit: str | None) -> OwnGit:
        """Read the object of a commit out of the user's repository."""
        return cls(commit, b"" if commit is None else Objects(repository).read(commit))

    def write(self, top: Path) -> None:
        """Give the copy at `top` a `.git` whose HEAD is the commit; what stood there before is gone."""
        place = top / ".git"
        remove(place)
        for folder in ("objects", "refs"):
            (place / folder).mkdir(parents=True)
        (place / "HEAD").write_text(f"{self.commit or 'ref: refs/heads/main'}\n", encoding="ascii")
        if self.commit is None:
            return
        (place / "shallow").write_text(f"{self.commit}\n", encoding="ascii")
        if len(self.commit) == _SHA256:
            settings = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
            (place / "config").write_text(settings, encoding="ascii")
        kept = place / "objects" / self.commit[:2] / self.commit[2:]
        kept.parent.mkdir()
        kept.write_bytes(zlib.compress(b"commit %d\0" % len(self.content) + self.content))

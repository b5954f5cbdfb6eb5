"""Find the objects of a submodule's commit: in the user's checkout, or at its remote."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path

from ml_ci.errors import UserError
from ml_ci.repository.git import GitError, git, line

# A submodule's address may come with a commit: git then keeps to transports that cannot run a program or read a disk.
_CAREFUL = ("-c", "protocol.allow=never", *(f"-cprotocol.{name}.allow=always" for name in ("http", "https", "ssh")))


@dataclass(frozen=True)
class Submodule:
    """Know a submodule that a commit names: its `path` and `commit`.

    It belongs to the repository `git_dir`, whose files are the user's at `theirs` (there may be none any more), and the
    commit's at `here`, with the .gitmodules that belongs to it.
    """

    path: str
    commit: str
    git_dir: Path
    theirs: Path
    here: Path

    def objects(self, place: Path) -> Path | None:
        """Give a git directory that has the commit; what is not on this machine is fetched, to `place`.

        None where the submodule was never checked out: it is an empty folder then, as in the user's checkout. UserError
        names both ids when the checkout has the submodule and the commit cannot be had.
        """
        own = self._own()
        if own is not None and _has(own, self.commit):
            return own
        if own is None and (self.theirs / self.path).is_dir():
            return None
        said = self._fetched(own, place)
        if said is None:
            return place
        if own is None:
            return None
        at = (line(own, f"--git-dir={own}", "rev-parse", "HEAD") or "nothing")[:7]
        message = f"the submodule {self.path} is at commit {self.commit[:7]} there, and this clone has {at} of it"
        raise UserError(f"{message}: {said}", hint=f"Fetch it: git -C {self.path} fetch origin {self.commit}.")

    def _own(self) -> Path | None:
        """Find the submodule's own repository: below its folder, or where git keeps those of commits without it."""
        if (self.theirs / self.path / ".git").exists():
            found = line(self.theirs / self.path, "rev-parse", "--absolute-git-dir")
            return None if found is None else Path(found)
        common = self._line("rev-parse", "--git-common-dir")
        kept = None if common is None else (self.git_dir / common / "modules" / self._name()).resolve()
        return kept if kept is not None and (kept / "HEAD").is_file() else None

    def _name(self) -> str:
        """Give the name by which settings know the submodule: mostly its first path."""
        listed = self._declared("--get-regexp", r"^submodule\..*\.path$") or ""
        for one in listed.splitlines():
            key, _, value = one.partition(" ")
            if value == self.path:
                return key.removeprefix("submodule.").removesuffix(".path")
        return self.path

    def _fetched(self, own: Path | None, place: Path) -> str | None:
        """Fetch from the address in the user's settings, else from the one that came with the commit; say why not."""
        url = None if own is None else line(own, f"--git-dir={own}", "remote", "get-url", "origin")
        url = url or self._line("config", f"submodule.{self._name()}.url")
        if url is not None:
            return _fetch(url, self.commit, place, careful=False)
        url = self._declared(f"submodule.{self._name()}.url")
        if url is None:
            return "no address of its remote is known"
        base = self._line("remote", "get-url", "origin") or os.fspath(self.theirs)
        return _fetch(_absolute(url, base), self.commit, place, careful=True)

    def _declared(self, *asked: str) -> str | None:
        return self._line("config", "--file", os.fspath(self.here / ".gitmodules"), *asked)

    def _line(self, *arguments: str) -> str | None:
        return line(self.git_dir, f"--git-dir={self.git_dir}", *arguments)


def _has(git_dir: Path, commit: str) -> bool:
    try:
        git(git_dir, f"--git-dir={git_dir}", "cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        return False
    return True


def _absolute(url: str, base: str) -> str:
    """Give the address that one relative to the repository's own remote means."""
    if not url.startswith(("./", "../")):
        return url
    head, sign, rest = base.rstrip("/").rpartition("://")
    return f"{head}{sign}{posixpath.normpath(posixpath.join(rest, url))}"


def _fetch(url: str, commit: str, place: Path, *, careful: bool) -> str | None:
    """Fetch one commit, or all that the remote has where it does not give one by its id; say why it failed."""
    settings = _CAREFUL if careful else ()
    git(place.parent, "init", "--quiet", "--bare", os.fspath(place))
    said = ""
    for what in (("--depth=1", "--", url, commit), ("--", url, "+refs/*:refs/fetched/*")):
        try:
            git(place, *settings, "fetch", "--quiet", "--no-tags", *what)
        except GitError as error:
            said = said or error.message.splitlines()[-1]
        if _has(place, commit):
            return None
    return said or "its remote does not have it"

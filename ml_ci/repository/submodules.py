"""Find the objects of a submodule's commit: in the user's checkout, or at its remote."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.git import GitError
from ml_ci.repository.opened import ask, fetch_from, initialise, open_repository

if TYPE_CHECKING:
    from git import Repo


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
        at = (ask(own, lambda repo: repo.git.rev_parse("--verify", "HEAD"), own) or "nothing")[:7]
        message = f"the submodule {self.path} is at commit {self.commit[:7]} there, and this clone has {at} of it"
        raise UserError(f"{message}: {said}", hint=f"Fetch it: git -C {self.path} fetch origin {self.commit}.")

    def _own(self) -> Path | None:
        """Find the submodule's own repository: below its folder, or where git keeps those of commits without it."""
        folder = self.theirs / self.path
        if (folder / ".git").exists():
            found = ask(folder, lambda repo: repo.git.rev_parse("--absolute-git-dir"))
            return None if found is None else Path(found)
        common = self._ask(lambda repo: repo.git.rev_parse("--git-common-dir"))
        name = self._name()
        if common is None or _leads_away(name):
            return None
        kept = (self.git_dir / common / "modules" / name).resolve()
        return kept if (kept / "HEAD").is_file() else None

    def _name(self) -> str:
        """Give the name by which settings know the submodule: mostly its first path."""
        paths = r"^submodule\..*\.path$"
        listed = self._ask(lambda repo: repo.git.config("--get-regexp", "--", paths, file=self._listing)) or ""
        for one in listed.splitlines():
            key, _, value = one.partition(" ")
            if value == self.path:
                return key.removeprefix("submodule.").removesuffix(".path")
        return self.path

    def _fetched(self, own: Path | None, place: Path) -> str | None:
        """Fetch from the address in the user's settings, else from the one that came with the commit; say why not."""
        key = f"submodule.{self._name()}.url"
        url = None if own is None else ask(own, _origin, own)
        url = url or self._ask(lambda repo: repo.git.config("--get", "--", key))
        if url is not None:
            return _fetch(url, self.commit, place, careful=False)
        url = self._ask(lambda repo: repo.git.config("--get", "--", key, file=self._listing))
        if url is None:
            return "no address of its remote is known"
        base = self._ask(_origin) or os.fspath(self.theirs)
        return _fetch(_absolute(url, base), self.commit, place, careful=True)

    @property
    def _listing(self) -> Path:
        return self.here / ".gitmodules"

    def _ask(self, question: Callable[[Repo], Any]) -> str | None:
        return ask(self.git_dir, question, self.git_dir)


def _origin(repo: Repo) -> str:
    return str(repo.git.remote("get-url", "--", "origin"))


def _leads_away(name: str) -> bool:
    """Say whether a name, which comes with a commit, leads out of the folder of submodules; git takes none either."""
    return name.startswith("/") or ".." in name.replace("\\", "/").split("/")


def _has(git_dir: Path, commit: str) -> bool:
    name = f"{commit}^{{commit}}"
    return ask(git_dir, lambda repo: repo.git.rev_parse("--verify", "--end-of-options", name), git_dir) is not None


def _absolute(url: str, base: str) -> str:
    """Give the address that one relative to the repository's own remote means."""
    if not url.startswith(("./", "../")):
        return url
    head, sign, rest = base.rstrip("/").rpartition("://")
    return f"{head}{sign}{posixpath.normpath(posixpath.join(rest, url))}"


def _fetch(url: str, commit: str, place: Path, *, careful: bool) -> str | None:
    """Fetch one commit, or all that the remote has where it does not give one by its id; say why it failed."""
    place.mkdir()
    initialise(place, bare=True)
    said = ""
    for what, how in (((commit,), {"depth": 1}), (("+refs/*:refs/fetched/*",), {})):
        try:
            with open_repository(place, place) as repo:
                fetch_from(repo, url, what, careful=careful, no_tags=True, **how)
        except GitError as error:
            said = said or error.message.strip().rpartition("\n")[2]
        if _has(place, commit):
            return None
    return said or "its remote does not have it"

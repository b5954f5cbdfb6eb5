"""A clean copy of the whole repository for jobs to run in, brought back to what it was between two of them."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_ci.changes.copied import Copied, fail_changed
from ml_ci.errors import UserError
from ml_ci.repository.checked_out import CheckedOut
from ml_ci.repository.git import GitError
from ml_ci.repository.listing import LOOSE, TRACKED, list_files
from ml_ci.repository.opened import ask
from ml_ci.repository.products import is_product
from ml_ci.repository.repository import Repository
from ml_ci.repository.submodules import Submodule
from ml_ci.repository.values import Tree
from ml_ci.training.own_git import OwnGit
from ml_ci.training.stamps import Stamp, is_folder, is_link, stamps
from ml_ci.training.transfer import copy, remove

_OWN = ".ml_ci"


class WorkingCopy:
    """Hold one tree's files below `top`; `project` is the folder of ml-ci.yaml in it.

    Of the working tree: its tracked files and those that are untracked and not ignored, as they are on disk. Of a
    commit: what git checks out, submodules at the commits that it names. A `.git` of its own knows the commit's id and
    nothing of the user's repository. Nothing of the user's tree is touched, and none of the user's hooks run. UserError
    when git cannot make it. `copied` says what was copied of a working tree.
    """

    def __init__(self, repository: Repository, tree: Tree, work: Path) -> None:
        self._repository = repository
        self._commit = tree.commit
        self._work = work.resolve() / f"copy-{uuid.uuid4().hex[:12]}"
        self.top = self._work / "top"
        self.project = self.top / repository.prefix
        self._purpose: object = None
        begun = time.time_ns()
        try:
            self._pristine = self._make()
        except BaseException:
            self.remove()
            raise
        self.prepared = self._pristine
        self.copied = Copied(repository.top, self.top, self._pristine, begun, time.time_ns())

    def _make(self) -> dict[str, Stamp]:
        self.top.mkdir(parents=True)
        self._checkouts = list(self._check_out()) if self._commit else []
        if not self._commit:
            _overlay(self._repository.top, self.top)
        commit = self._commit or self._repository.head()
        self._git = OwnGit.of(self._repository.top, commit)
        return self._finish()

    def ready(self, purpose: object) -> bool:
        """Remove what a job left behind; say whether the copy stands as it was prepared for `purpose`."""
        if not self._stands():
            return False
        now = self._without_new(self.prepared)
        self._git.write(self.top)
        return self._purpose == purpose and now == self.prepared

    def restore(self) -> None:
        """Bring back what the tree has, as it was when the copy was made."""
        self._purpose = None
        for at in () if self._stands() else (self._work, self.top):
            if at.is_symlink() or not at.is_dir():
                remove(at)
                at.mkdir(parents=True)
        now = self._without_new(self._pristine)
        changed = {path for path, was in self._pristine.items() if now.get(path) != was}
        if changed:
            for path in changed:
                if path in now and is_folder(now[path]) != is_folder(self._pristine[path]):
                    remove(self.top / path)
            self._write_again(changed)
            self._pristine = self._finish()
        self.prepared = self._pristine

    def prepare(self, purpose: object) -> None:
        """Remember the copy as it stands now, with the data of one job in place."""
        self.prepared = stamps(self.top)
        self._purpose = purpose

    def remove(self) -> None:
        """Remove the copy, also what a job made read-only."""
        remove(self._work)

    def _stands(self) -> bool:
        """Say whether the copy is a folder in its own place: a job may remove it, or put a link to another there."""
        return self.top.is_dir() and os.path.realpath(self.top) == str(self.top)

    def _without_new(self, known: dict[str, Stamp]) -> dict[str, Stamp]:
        """Remove what is not `known`; give the stamps of what is left."""
        now = stamps(self.top)
        for path in [path for path in now if path not in known]:
            if os.path.lexists(self.top / path):  # its folder may be gone already
                remove(self.top / path)
            del now[path]
        return now

    def _write_again(self, changed: Collection[str]) -> None:
        for path in sorted(changed):
            if is_folder(self._pristine[path]):
                (self.top / path).mkdir(exist_ok=True)
                (self.top / path).chmod(self._pristine[path][0] & 0o7777)
        if self._commit:
            for checkout in self._checkouts:
                self._write(checkout)
            return
        for path in changed:
            if not is_folder(self._pristine[path]):
                _copy_again(self._repository.top / path, self.top / path, self._pristine[path])

    def _finish(self) -> dict[str, Stamp]:
        remove(self.project / _OWN)  # nothing below the state folder may come with a commit
        self.project.mkdir(parents=True, exist_ok=True)
        self._git.write(self.top)
        return stamps(self.top)

    def _check_out(self) -> Iterator[CheckedOut]:
        top, commit = self._repository.top, str(self._commit)
        git_dir = Path(ask(top, lambda repo: repo.git.rev_parse("--absolute-git-dir")) or top / ".git")
        waiting = [(top, CheckedOut(git_dir, commit, self.top, self._work / "index"))]
        while waiting:
            theirs, checkout = waiting.pop()
            self._write(checkout)
            yield checkout
            for path, known in checkout.submodules():
                at = checkout.at / path
                at.mkdir(parents=True, exist_ok=True)
                place = self._work / f"submodule-{len(waiting)}-{uuid.uuid4().hex[:6]}"
                found = Submodule(path, known, checkout.git_dir, theirs, checkout.at).objects(place)
                if found is not None:
                    waiting.append((theirs / path, CheckedOut(found, known, at, place.with_suffix(".index"))))

    def _write(self, checkout: CheckedOut) -> None:
        try:
            checkout.write()
        except GitError as error:
            hint = "Is there space on the disk, and is the commit here with its files (git fsck, git lfs fetch)?"
            message = f"git could not check out commit {checkout.commit[:7]}: {error.message}"
            raise UserError(message, hint=hint) from None


@contextmanager
def working_copy(repository: Repository, tree: Tree, work: Path) -> Iterator[WorkingCopy]:
    """Make a copy below `work` for the time of a `with` block.

    What a killed run leaves is swept with the workplace of the store that `work` lies in.
    """
    made = WorkingCopy(repository, tree, work)
    try:
        yield made
    finally:
        made.remove()


def _overlay(top: Path, place: Path) -> None:
    for path in _present(top):
        source = top / path
        if source.is_dir() and not source.is_symlink():
            (place / path).mkdir(parents=True, exist_ok=True)
            _overlay(source, place / path)  # a submodule, or a repository inside this one
        elif os.path.lexists(source):
            copy(source, place / path)


def _present(top: Path) -> Iterator[str]:
    """List the files that are tracked, or untracked and not ignored; those deleted from disk too."""
    if not (top / ".git").exists():
        return  # a submodule that was never checked out
    # Byte code and builds that nobody committed stand for other sources: a job would read them instead of its own.
    loose = (path for path in list_files(top, LOOSE) if not is_product(top, path))
    for path in dict.fromkeys((*list_files(top, TRACKED), *loose)):
        if _OWN not in Path(path).parts:
            yield path


def _copy_again(source: Path, target: Path, was: Stamp) -> None:
    """Copy a file of the user's tree once more; UserError when it is not what was copied first."""
    try:
        now = source.lstat()
    except FileNotFoundError:
        now = None
    if now is None or (not is_link(was) and (now.st_size, now.st_mtime_ns) != was[1:3]):
        raise fail_changed(source)
    remove(target)
    copy(source, target)

"""Open a repository with GitPython: the one place in which it is imported, and in which its traps are closed.

What a run needs to see that nothing changed is asked by `ml_ci.repository.git`: this import alone would take a third of
that time, so it waits for the first repository that is opened. Of objects GitPython understands SHA-1's alone, and of
indexes not the newest: commits, trees and the index are asked of git itself, by `repo.git`. There, what is not ours
stands behind `--end-of-options` or `--`.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_ci.repository.git import QUIET, GitError, not_found
from ml_ci.variables.families import LOCATION
from ml_ci.variables.passwords import mask

if TYPE_CHECKING:
    from git import Git, Repo
    from git.exc import GitCommandError

# None of the user's hooks run, no program watches the files, and nothing tidies up behind our back when we are done.
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
}
_NOTHING: Mapping[str, str] = {}
_SAID = re.compile(r"\s*stderr: '(.*)'", re.DOTALL)


@contextmanager
def open_repository(
    at: Path, git_dir: Path | None = None, *, index: Path | None = None, settings: Mapping[str, str] = _NOTHING
) -> Iterator[Repo]:
    """Open the repository whose files stand in the folder `at`, for the time of a `with` block.

    `git_dir` is the repository and `index` its index, where these are not the folder's own. `settings` are further ones
    of git. What goes wrong in the block is a GitError without the passwords of URLs; UserError when git is not
    installed.
    """
    with _HOOKS.hidden(), _errors(), _repo(at if git_dir is None else git_dir) as repo:
        _prepare(repo.git, at, settings)
        if git_dir is not None:
            repo.git.update_environment(GIT_DIR=os.fspath(git_dir), GIT_WORK_TREE=os.fspath(at))
        if index is not None:
            repo.git.update_environment(GIT_INDEX_FILE=os.fspath(index))
        yield repo


def initialise(at: Path, **options: str | bool) -> None:
    """Make a repository in a folder that is there; `options` are those of `git init`."""
    with _anywhere(at) as git:
        git.init(quiet=True, **options)


def read_setting(at: Path, name: str) -> str:
    """Give what a setting is for git in a folder, in a repository or not; "" where it is not set."""
    try:
        with _anywhere(at) as git:
            return str(git.config("--get", "--", name))
    except GitError:
        return ""


def fetch_from(repo: Repo, source: str, what: Sequence[str], *, careful: bool = False, **options: Any) -> None:
    """Fetch refs or commits from a remote by its name or URL; GitError when it cannot be reached or has them not.

    To be `careful` is to keep to transports that can neither run a program nor read a disk: the URL came with a commit.
    """
    from git import Remote

    # Stronger than any setting: somebody may have allowed all files for submodules of their own.
    allowed = {"GIT_ALLOW_PROTOCOL": "http:https:ssh"} if careful else {}
    with repo.git.custom_environment(**allowed):
        remote = Remote(repo, source)
        remote.fetch([*what], verbose=False, allow_unsafe_protocols=not careful, quiet=True, **options)


def ask(at: Path, question: Callable[[Repo], Any], git_dir: Path | None = None) -> str | None:
    """Put one question to a repository; None when git fails or says nothing."""
    try:
        with open_repository(at, git_dir) as repo:
            return question(repo) or None
    except GitError:
        return None


def _import() -> type[Repo]:
    import logging

    try:
        from git import Repo
    except ImportError:
        if shutil.which("git") is None:  # it looks for git while it is imported
            raise not_found() from None
        raise
    # What a remote says beside its answer would be printed where nobody set up logging, with the passwords of URLs.
    logger = logging.getLogger("git")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return Repo


@contextmanager
def _anywhere(at: Path) -> Iterator[Git]:
    with _HOOKS.hidden(), _errors():
        git = _import().GitCommandWrapperType(at.absolute())
        _prepare(git, at, _NOTHING)
        yield git


def _prepare(git: Git, at: Path, settings: Mapping[str, str]) -> None:
    git.update_environment(**QUIET, GIT_LITERAL_PATHSPECS="1")
    ours = {**_SETTINGS, **settings}
    # The folder too: GitPython takes a `$` in its name for a variable, and goes elsewhere.
    git.set_persistent_git_options(C=os.fspath(at.absolute()), c=[f"{name}={value}" for name, value in ours.items()])


@contextmanager
def _repo(at: Path) -> Iterator[Repo]:
    with _import()(at.absolute(), search_parent_directories=True, expand_vars=False) as repo:
        yield repo  # on leaving, each git that it has started for objects is ended


@contextmanager
def _errors() -> Iterator[None]:
    """Turn GitPython's errors into ours."""
    _import()
    from git import exc

    try:
        yield
    except exc.GitCommandNotFound:
        raise not_found() from None
    except exc.GitCommandError as error:
        raise _told(error) from None
    except (exc.InvalidGitRepositoryError, exc.NoSuchPathError) as error:
        raise GitError((), 128, f"not a git repository: {error}") from None
    except exc.GitError as error:
        raise GitError((), 128, mask("", str(error))) from None


def _told(error: GitCommandError) -> GitError:
    found = _SAID.fullmatch(error.stderr)
    said = mask("", found[1] if found else "").strip()
    status = error.status if isinstance(error.status, int) else 1
    return GitError(tuple(error.command[1:]), status, said)


class _Hooks:
    """Hide the variables by which a hook's git knows its repository, while any repository is open.

    GitPython looks at them itself, and hands the whole environment to each git: it can set a variable there, and take
    none away. Nothing of ours wants them.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._open = 0
        self._kept: Mapping[str, str] = {}

    @contextmanager
    def hidden(self) -> Iterator[None]:
        with self._changing:
            if self._open == 0:
                self._kept = {name: os.environ.pop(name) for name in LOCATION if name in os.environ}
            self._open += 1
        try:
            yield
        finally:
            with self._changing:
                self._open -= 1
                if self._open == 0:
                    os.environ.update(self._kept)


_HOOKS = _Hooks()

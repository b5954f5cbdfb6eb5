"""The files of the working tree and of a commit, with the objects by which git already knows their content."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from ml_ci.repository.git import GitError, finish, git, start
from ml_ci.repository.objects import Objects
from ml_ci.repository.products import is_product

_LINK, _SUBMODULE = "120000", "160000"
_SKIPPED = "S"
# Mode and object id by path.
Entries = Mapping[str, tuple[str, str]]


def entries_of(folder: Path, tree: str) -> Entries:
    """Give mode and object of every file of a tree, or a commit's, in the repository around `folder`."""
    return dict(_listed(git(folder, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree)))


class WorkingTree:
    """See the project folder as it is on disk: tracked and untracked files, without ignored ones and build products.

    `looked` is a time (ns of the wall clock) before anything was looked at.
    """

    commit: str | None = None

    def __init__(self, folder: Path) -> None:
        self.folder: Path | None = folder
        self._folder = folder
        self.looked = time.time_ns()

    def files(self) -> Mapping[str, str | None]:
        """Give every file with its git object id; None where the content on disk is not in git."""
        return self._seen[0]

    def changed(self) -> frozenset[str]:
        """Give the paths that differ from HEAD: modified, staged, deleted or untracked."""
        return frozenset(self._seen[1])

    def tracked(self) -> tuple[str, ...]:
        """Give the paths that the index or HEAD holds, sorted; submodules and deleted files too."""
        states = self._seen[1]
        return tuple(sorted({*self._seen[2], *(path for path, state in states.items() if state != "??")}))

    @property
    def left_out(self) -> frozenset[str]:
        """The tracked files that a sparse checkout keeps off the disk: git knows them, and a job cannot open them."""
        return self._seen[3]

    def edited(self) -> bool:
        """Say whether a tracked file differs from HEAD; untracked files do not count."""
        return any(state != "??" for state in self._seen[1].values())

    def beside(self, folder: str) -> WorkingTree:
        """See another folder of the repository in the same way; it is relative to this one (`../common`)."""
        return WorkingTree(self._folder / folder)

    def read(self, path: str) -> bytes:
        """Read a file from disk, or from git what a sparse checkout leaves out; FileNotFoundError without one."""
        known = self.files().get(path) if path in self.left_out else None
        return (self._folder / path).read_bytes() if known is None else Objects(self._folder).read(known)

    @cached_property
    def links(self) -> Mapping[str, str | None]:
        """Give the symbolic links (with None) and the submodules (with the commit that the index says)."""
        return _links(self._seen[2])

    @cached_property
    def _seen(self) -> tuple[Mapping[str, str | None], Mapping[str, str], Entries, frozenset[str]]:
        # Both at once: each is a walk over the index, and they do not depend on one another.
        staged = start(self._folder, "ls-files", "-s", "-t", "-z")
        status = start(
            self._folder, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", "."
        )
        listed = list(_staged(finish(staged, "ls-files")))
        tracked = {path: entry for _, path, entry in listed}
        skipped = [path for tag, path, _ in listed if tag == _SKIPPED]
        states: Mapping[str, str] = dict(_states(finish(status, "status")))
        states = _drop_products(self._folder, _below(self._folder, states))
        left_out = frozenset(path for path in skipped if not os.path.lexists(self._folder / path))
        files = _merge(self._folder, tracked, states)
        # git does not look at those on disk that it was told to skip: they may be edited.
        files = {**files, **dict.fromkeys(path for path in skipped if path not in left_out)} if skipped else files
        return files, states, tracked, left_out


class CommitTree:
    """See the project folder as a commit has it."""

    folder: Path | None = None
    left_out: frozenset[str] = frozenset()

    def __init__(self, project: Path, prefix: str, commit: str) -> None:
        self.commit: str | None = commit
        self._project = project
        self._prefix = prefix
        self._objects = Objects(project)

    def files(self) -> Mapping[str, str | None]:
        """Give every file of the commit below the project folder with its git object id."""
        return self._files

    def beside(self, folder: str) -> CommitTree:
        """See another folder of the repository in the same way; it is relative to this one (`../common`)."""
        prefix = posixpath.normpath(posixpath.join(self._prefix, folder))
        return CommitTree(self._project, "" if prefix == "." else f"{prefix}/", str(self.commit))

    def read(self, path: str) -> bytes:
        """Read a file of the commit; FileNotFoundError when it has none at `path`."""
        if path.startswith("../"):
            folder, _, name = path.rpartition("/")
            return self.beside(folder).read(name)
        known = self._files.get(path)
        if known is None:
            raise FileNotFoundError(f"{path} is not in commit {str(self.commit)[:7]}")
        return self._objects.read(known)

    @cached_property
    def links(self) -> Mapping[str, str | None]:
        """Give the symbolic links (with None) and the submodules (with the commit that the tree says)."""
        return _links(self._entries)

    @cached_property
    def _entries(self) -> Entries:
        tree = f"{self.commit}:{self._prefix.rstrip('/')}"
        try:
            return entries_of(self._project, tree)
        except GitError:
            return {}  # the commit is older than the project folder

    @cached_property
    def _files(self) -> Mapping[str, str | None]:
        entries = self._entries
        return {path: entry for path in sorted(entries) if (entry := self._followed(entries, path))}

    def _followed(self, entries: Mapping[str, tuple[str, str]], path: str) -> str | None:
        mode, known = entries[path]
        for _ in range(8):
            if mode != _LINK:
                return None if mode == _SUBMODULE else known
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self._objects.read(known))))
            if path not in entries:
                return None
            mode, known = entries[path]
        return None


def _links(entries: Entries) -> Mapping[str, str | None]:
    kinds = {_LINK, _SUBMODULE}
    return {path: known if mode == _SUBMODULE else None for path, (mode, known) in entries.items() if mode in kinds}


def _fields(output: bytes) -> Iterator[str]:
    return (os.fsdecode(field) for field in output.split(b"\0") if field)


def _staged(output: bytes) -> Iterator[tuple[str, str, tuple[str, str]]]:
    for field in _fields(output):
        head, path = field.split("\t", 1)
        tag, mode, known, _ = head.split(" ")
        yield tag, path, (mode, known)


def _listed(output: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    for field in _fields(output):
        head, path = field.split("\t", 1)
        mode, _, known = head.split(" ")
        yield path, (mode, known)


def _states(output: bytes) -> Iterator[tuple[str, str]]:
    return ((field[3:], field[:2]) for field in _fields(output))


def _below(folder: Path, states: Mapping[str, str]) -> Mapping[str, str]:
    # Porcelain output gives paths from the top of the repository, ls-files from the folder.
    if not states:
        return {}
    prefix = os.fsdecode(git(folder, "rev-parse", "--show-prefix")).rstrip("\n")
    return {path.removeprefix(prefix): state for path, state in states.items()}


def _drop_products(folder: Path, states: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what an install or a run left: `with uncommitted changes` is about the user's doing."""
    return {path: state for path, state in states.items() if state != "??" or not is_product(folder, path)}


def _merge(folder: Path, tracked: Mapping[str, tuple[str, str]], states: Mapping[str, str]) -> Mapping[str, str | None]:
    files: dict[str, str | None] = {}
    for path in sorted({*tracked, *states}):
        mode, known = tracked.get(path, ("", None))
        modified = states.get(path, "  ")[1] != " "
        if mode == _SUBMODULE or (modified and not (folder / path).is_file()):
            continue
        # What a link points to may change while the link does not: its content has to be looked at.
        files[path] = None if modified or mode == _LINK else known
    return files

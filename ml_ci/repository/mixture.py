"""Commits that nobody made: files of one tree with some of another's in their place.

No ref names them, so that git forgets them in its own time (two weeks after the last look, unless told otherwise).
Everything that can be done with a commit (read it, check it out, fetch its large files) can be done with them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ml_ci.repository.git import git, line
from ml_ci.repository.repository import Repository

Entries = Mapping[str, tuple[str, str]]
_AUTHOR = "ml-ci <ml-ci@localhost> 0 +0000"


def frozen(repository: Repository) -> str:
    """Give a commit of the working tree as it is: tracked files, and untracked ones that are not ignored.

    HEAD itself when nothing differs from it. The user's index is not touched.
    """
    with _index(repository) as index:
        git(repository.top, "add", "--all", "--", ".", index=index)
        tree = git(repository.top, "write-tree", index=index).decode().strip()
    if tree == line(repository.top, "rev-parse", "HEAD^{tree}"):
        return repository.git("rev-parse", "HEAD")
    return _commit(repository, tree)


def mixed(repository: Repository, base: str, other: str, taken: Callable[[str], bool]) -> str:
    """Give a commit with the files of `base`, but those of `other` at every path that is `taken`.

    A taken path is seen from the top of the repository; where `other` has no file, there is none. A submodule is taken
    by its own path.
    """
    there, here = _entries(repository, base), _entries(repository, other)
    entries = {path: entry for path, entry in there.items() if not taken(path)}
    entries |= {path: entry for path, entry in here.items() if taken(path)}
    told = b"".join(f"{mode} {known}\t".encode() + os.fsencode(path) + b"\0" for path, (mode, known) in entries.items())
    with _index(repository, empty=True) as index:
        git(repository.top, "update-index", "-z", "--index-info", told=told, index=index)
        tree = git(repository.top, "write-tree", index=index).decode().strip()
    return _commit(repository, tree)


@contextmanager
def _index(repository: Repository, *, empty: bool = False) -> Iterator[Path]:
    """Lend an index of our own: with the content of the user's, so that git need not read every file, or empty."""
    with tempfile.TemporaryDirectory(prefix="ml-ci-index-") as folder:
        place = Path(folder) / "index"
        own = repository.top / os.fsdecode(git(repository.top, "rev-parse", "--git-path", "index")).rstrip("\n")
        if not empty and own.is_file():
            shutil.copyfile(own, place)
        yield place


def _entries(repository: Repository, commit: str) -> Entries:
    return dict(_listed(git(repository.top, "ls-tree", "-r", "-z", "--full-tree", commit)))


def _listed(output: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    for field in output.split(b"\0"):
        if field:
            head, _, path = field.partition(b"\t")
            mode, _, known = head.decode().split(" ")
            yield os.fsdecode(path), (mode, known)


def _commit(repository: Repository, tree: str) -> str:
    # Written as an object, not by `commit-tree`: it needs no identity, and the same tree is the same commit.
    text = f"tree {tree}\nauthor {_AUTHOR}\ncommitter {_AUTHOR}\n\nA mixture that ml-ci made\n"
    return git(repository.top, "hash-object", "-t", "commit", "-w", "--stdin", told=text.encode()).decode().strip()

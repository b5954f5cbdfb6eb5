"""Commits that nobody made: files of one tree with some of another's in their place.

No ref names them, so that git forgets them in its own time (two weeks after the last look, unless told otherwise).
Everything that can be done with a commit (read it, check it out, fetch its large files) can be done with them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ml_ci.repository.listing import LOOSE, list_files
from ml_ci.repository.opened import open_repository
from ml_ci.repository.products import is_product
from ml_ci.repository.repository import Repository
from ml_ci.repository.trees import entries_of

if TYPE_CHECKING:
    from git import Repo

_AUTHOR = "ml-ci <ml-ci@localhost> 0 +0000"


def frozen(repository: Repository) -> str:
    """Give a commit of the working tree as it is: tracked files, and untracked ones that nobody ignores or built.

    HEAD itself when nothing differs from it. The user's index is not touched.
    """
    built = [path for path in list_files(repository.top, LOOSE) if is_product(repository.top, path)]
    with _index(repository) as index, open_repository(repository.top, index=index) as repo:
        repo.git.add("--all", "--", ".")
        if built:
            with _telling("".join(f"{path}\0" for path in built)) as file:
                repo.git.update_index("-z", "--force-remove", "--stdin", istream=file)
        tree = repo.git.write_tree()
        head = repository.head()
        if head is not None and tree == repo.git.rev_parse("--verify", "--end-of-options", f"{head}^{{tree}}"):
            return head
        return _commit(repo, tree)


def mixed(repository: Repository, base: str, other: str, taken: Callable[[str], bool]) -> str:
    """Give a commit with the files of `base`, but those of `other` at every path that is `taken`.

    A taken path is seen from the top of the repository; where `other` has no file, there is none. A submodule is taken
    by its own path.
    """
    there, here = entries_of(repository.top, base), entries_of(repository.top, other)
    entries = {path: entry for path, entry in there.items() if not taken(path)}
    entries |= {path: entry for path, entry in here.items() if taken(path)}
    told = (f"{mode} {known}\t{path}\0" for path, (mode, known) in entries.items())
    with _index(repository, empty=True) as index, open_repository(repository.top, index=index) as repo:
        with _telling("".join(told)) as file:
            repo.git.update_index("-z", "--index-info", istream=file)
        return _commit(repo, repo.git.write_tree())


@contextmanager
def _index(repository: Repository, *, empty: bool = False) -> Iterator[Path]:
    """Lend an index of our own: with the content of the user's, so that git need not read every file, or empty."""
    with tempfile.TemporaryDirectory(prefix="ml-ci-index-") as folder:
        place = Path(folder) / "index"
        with open_repository(repository.top) as repo:
            own = repository.top / repo.git.rev_parse("--git-path", "index")
        if not empty and own.is_file():
            shutil.copyfile(own, place)
        yield place


@contextmanager
def _telling(text: str) -> Iterator[BinaryIO]:
    """Lend a file from which git reads what it is told."""
    with tempfile.TemporaryFile() as file:
        file.write(os.fsencode(text))
        file.seek(0)
        yield file


def _commit(repo: Repo, tree: str) -> str:
    # Written as an object, not by `commit-tree`: it needs no identity, and the same tree is the same commit.
    text = f"tree {tree}\nauthor {_AUTHOR}\ncommitter {_AUTHOR}\n\nA mixture that ml-ci made\n"
    with _telling(text) as file:
        return str(repo.git.hash_object("-t", "commit", "-w", "--stdin", istream=file))

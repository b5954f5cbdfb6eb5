"""Ask git for single files by name: what a large repository has beside the project is never walked through."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml_ci.repository.git import GitError, git, line

_ODD = ("symlink", "dangling", "loop", "notdir")
_SUBMODULE = b"160000"


def in_commit(top: Path, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """Give the object ids of those `paths` (from the top of the repository) that are files of a commit."""
    return _asked(top, {path: f"{commit}:{path}" for path in paths}, "--follow-symlinks")


def in_index(top: Path, paths: Iterable[str]) -> dict[str, str]:
    """Give the object ids of those `paths` that are in the index."""
    return _asked(top, {path: f":{path}" for path in paths})


def edited(top: Path, paths: Iterable[str]) -> frozenset[str]:
    """Give those tracked `paths` whose content on disk is not the index's, as git sees it: line ends may differ."""
    return _listed(top, "diff", "--name-only", "--no-renames", "-z", "--", *paths) if (paths := [*paths]) else _NONE


def left_out(top: Path, paths: Iterable[str]) -> frozenset[str]:
    """Give those tracked `paths` that a sparse checkout leaves out of the working tree."""
    if not (paths := [*paths]):
        return _NONE
    told = _listed(top, "ls-files", "-t", "-z", "--", *paths)
    return frozenset(one[2:] for one in told if one.startswith("S "))


def ignored(top: Path, paths: Iterable[str]) -> frozenset[str]:
    """Give those untracked `paths` that git ignores."""
    told = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not told:
        return _NONE
    try:
        return frozenset(_fields(git(top, "check-ignore", "-z", "--stdin", told=told)))
    except GitError as error:
        if error.status == 1:  # none of them
            return _NONE
        raise


def names_in(top: Path, commit: str, folder: str) -> frozenset[str]:
    """Give the names in a folder of a commit; none where it has no such folder."""
    found = line(top, "ls-tree", "-z", "--name-only", f"{commit}:{folder}")
    return frozenset(name for name in (found or "").split("\0") if name)


def submodules(top: Path, commit: str) -> dict[str, str]:
    """Give the submodules that a commit's `.gitmodules` names, with the commits that its tree says."""
    told = line(top, "config", "-z", "--blob", f"{commit}:.gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    paths = [one.partition("\n")[2] for one in (told or "").split("\0") if one]
    return dict(_links(git(top, "ls-tree", "-z", "--full-tree", commit, "--", *paths))) if paths else {}


def _links(output: bytes) -> Iterator[tuple[str, str]]:
    for field in output.split(b"\0"):
        head, _, path = field.partition(b"\t")
        if head.startswith(_SUBMODULE):
            yield os.fsdecode(path), head.split(b" ")[2].decode()


def _asked(top: Path, names: dict[str, str], *options: str) -> dict[str, str]:
    """Ask for objects by name, all at once; a name with a line end cannot be asked for and counts as not there."""
    asked = {path: name for path, name in names.items() if "\n" not in name}
    if not asked:
        return {}
    told = b"".join(os.fsencode(name) + b"\n" for name in asked.values())
    lines = iter(git(top, "cat-file", *options, "--batch-check", told=told).split(b"\n"))
    found = {}
    for path in asked:
        words = next(lines).rsplit(b" ", 2)
        if words[0].decode("utf-8", "replace") in _ODD and len(words) == 2:
            next(lines)  # where a link leads that has no end in this tree
        elif len(words) == 3 and words[1] == b"blob":
            found[path] = words[0].decode()
    return found


def _listed(top: Path, *arguments: str) -> frozenset[str]:
    return frozenset(_fields(git(top, "--literal-pathspecs", *arguments)))


def _fields(output: bytes) -> Iterator[str]:
    return (os.fsdecode(field) for field in output.split(b"\0") if field)


_NONE: frozenset[str] = frozenset()

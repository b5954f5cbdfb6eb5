"""Where the data of a job come from when git does not have them: the user's tree, or the `fetch:` command."""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from ml_ci.changes.content import Contents
from ml_ci.changes.globs import is_glob, matching
from ml_ci.changes.pointers import Pointer, dvc_pointer, lfs_pointer, pointers_below
from ml_ci.changes.remote import is_remote
from ml_ci.errors import Failure, StageFailed
from ml_ci.frozen import dataclass
from ml_ci.repository.values import Tree
from ml_ci.training.dvc_data import find_cached, is_what
from ml_ci.training.ending import duration
from ml_ci.training.executors import executor
from ml_ci.training.fetching_git import fetching_git
from ml_ci.training.log import tail
from ml_ci.training.process import Order
from ml_ci.training.progress import Progress, Silent
from ml_ci.training.transfer import LARGE, copy, files, is_inside, remove, signature
from ml_ci.training.values import Linked
from ml_ci.variables.given import Env, give
from ml_ci.variables.lacking import advice, lacking, unset
from ml_ci.variables.masks import Mask


@dataclass(frozen=True)
class Supply:
    """Know one side's `tree`, its `copy`, the user's own project folder `origin`, and how to `fetch` what is missing.

    `copy` is the project folder in the copy, `prefix` the way to it from the top ("" or "a/b/"). `work` is a
    folder for the log of `fetch`, `seconds` what it may take. `environment` is ml-ci's, of which the fetch command gets
    what is harmless and what `env` says.
    """

    model: str
    tree: Tree
    copy: Path
    origin: Path
    work: Path
    environment: Mapping[str, str] = field(repr=False)
    prefix: str = ""
    fetch: str | None = None
    seconds: float = 3600.0
    large: int = LARGE
    progress: Progress = field(default_factory=Silent)
    env: Env = field(default_factory=lambda: Env(storage=True))

    def belongs(self, path: str) -> bool:
        """Say whether a declared path lies inside the project folder, so that the copy has a place for it."""
        return not Path(path).is_absolute() and not posixpath.normpath(path).startswith("..")

    @property
    def top(self) -> Path:
        """The top of the repository in the copy."""
        depth = len(Path(self.prefix).parts)
        return self.copy.parents[depth - 1] if depth else self.copy


class Delivery:
    """Bring declared data into a copy; `linked` lists what became a link to the original."""

    def __init__(self, supply: Supply, hidden: tuple[str, ...] = ()) -> None:
        self._supply = supply
        self._hidden = [posixpath.normpath(path) for path in hidden]
        self.linked: list[Linked] = []

    def bring(self, name: str, declared: str) -> None:
        """Make sure that the data of one entry are in the copy; StageFailed `data-missing` when they are nowhere."""
        if is_remote(declared):
            return
        path = posixpath.normpath(declared)
        if not self._supply.belongs(declared):
            self._outside(name, declared)
        elif path in self._supply.tree.files():
            self._whole(name, path)
        else:
            self._find_untracked(name, path)

    def hand(self, name: str, declared: str, made: Path) -> None:
        """Put what a job left, at `made`, where an entry declares it; StageFailed `data-missing` when it is not there.

        It takes the place of a file that git has at that path.
        """
        path = posixpath.normpath(declared)
        if not made.exists():
            raise _missing(name, path, "the job did not leave it", "Is it below what the job's `outputs:` name?")
        target = self._supply.copy / path
        if is_inside(target, self._supply.copy):
            remove(target)
        self._put(name, path, made)

    def _outside(self, name: str, declared: str) -> None:
        at = self._supply.origin / declared
        if is_glob(declared):
            return
        if not at.exists():
            raise _missing(name, declared, "it does not exist", "Correct the path under `data:`, or get the data.")
        self._watch(name, at)

    def _whole(self, name: str, path: str) -> None:
        """See that a tracked file is the data, and not the pointer that Git LFS keeps in their place."""
        at = self._supply.copy / path
        if not is_lfs_pointer(at):
            return
        original = self._supply.origin / path
        if original.is_file() and not is_lfs_pointer(original) and _holds(at, original):
            at.unlink()
            self._take(name, path)
            return
        self._fetch(name, path, "only its Git LFS pointer is here", "git lfs pull --include {path}")
        if is_lfs_pointer(at):
            raise _missing(name, path, "`fetch:` left the Git LFS pointer in its place", "Does git lfs work there?")

    def _find_untracked(self, name: str, path: str) -> None:
        tree = self._supply.tree
        pointer = None if is_glob(path) else dvc_pointer(path, tree)
        if pointer is not None:
            self._follow(name, path, pointer)
            return
        below = _pointers(path, tree)
        for inside, one in below.items():
            self._follow(name, inside, one)
        if not below and not _in_tree(path, tree):
            self._loose(name, path)

    def _follow(self, name: str, path: str, pointer: Pointer) -> None:
        """Take today's data where they are what the pointer says (always for the working tree), or fetch them."""
        present = self._supply.origin / path
        ours = self._supply.origin / pointer.path
        if present.exists() and (self._supply.tree.commit is None or is_what(pointer, ours)):
            self._take(name, path)
            return
        if self._from_cache(pointer) and (self._supply.copy / path).exists():
            return
        said = f"{pointer.written} names {pointer.digest}, and " + (
            "today's file is another" if present.exists() else "the data are not on this machine"
        )
        self._fetch(name, path, said, "dvc pull {path}")

    def _from_cache(self, pointer: Pointer) -> bool:
        """Take the data from DVC's cache where they are there, whole and sound."""
        target = self._supply.copy / pointer.path
        found = find_cached(pointer, self._supply.origin)
        if found is None or not is_inside(target, self._supply.copy):
            return False
        for inside, place in found.items():
            copy(place.resolve(), target / inside)
        if not is_what(pointer, target):
            remove(target)
        return target.exists()

    def _loose(self, name: str, path: str) -> None:
        origin = self._supply.origin
        if is_glob(path):
            found = [one.relative_to(origin).as_posix() for one in origin.glob(path)]
        else:
            found = [path] if (origin / path).exists() else []
        for one in found:
            self._take(name, one)
        if not found:
            self._fetch(name, path, "it is neither in git nor on this machine", "dvc pull {path}")

    def _take(self, name: str, path: str) -> None:
        self._put(name, path, self._supply.origin / path)

    def _put(self, name: str, path: str, source: Path) -> None:
        """Copy a file or a folder to its place, or link to it where it is large and not to be changed."""
        target = self._supply.copy / path
        if not is_inside(target, self._supply.copy):
            raise _missing(name, path, "its place in the copy leads outside, through a link", "Name the data itself.")
        if self._size(source) > self._supply.large and not self._hides_inside(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.resolve())
            self._watch(name, source.resolve())
            return
        for one in files(source):
            relative = one.relative_to(source)
            copy(one.resolve() if one.is_symlink() else one, target / relative if source.is_dir() else target)

    def _size(self, source: Path) -> int:
        return signature(source)[0]

    def _hides_inside(self, path: str) -> bool:
        return any(hidden.startswith(f"{path}/") for hidden in self._hidden)

    def _watch(self, name: str, original: Path) -> None:
        size, modified = signature(original)
        self.linked.append(Linked(name, original, size, modified))

    def _fetch(self, name: str, path: str, said: str, suggestion: str) -> None:
        supply = self._supply
        if supply.fetch is None:
            at = f" (commit {supply.tree.commit[:7]})" if supply.tree.commit else ""
            raise _missing(name, path, said + at, f"Get it, or say how: `fetch: {suggestion}`.")
        _lend_dvc(supply)
        command = supply.fetch.replace("{path}", shlex.quote(path))
        log = _run_fetch(supply, name, command)
        found = list(supply.copy.glob(path)) if is_glob(path) else [supply.copy / path]
        if not any(one.exists() for one in found):
            raise _missing(name, path, f"`{command}` ended well and did not bring it", "", log)


def is_lfs_pointer(path: Path) -> bool:
    """Say whether a file is a Git LFS pointer and not the data."""
    with contextlib.suppress(OSError):
        return path.is_file() and path.stat().st_size < 1024 and lfs_pointer(path.read_bytes()) is not None
    return False


def _holds(pointer: Path, original: Path) -> bool:
    found = lfs_pointer(pointer.read_bytes())
    return found is not None and Contents(None).digest(original, "lfs") == found[0]


def _pointers(path: str, tree: Tree) -> Mapping[str, Pointer]:
    if not is_glob(path):
        return pointers_below("" if path == "." else path, tree)
    fixed = posixpath.dirname(path[: min(path.find(sign) for sign in "*?[" if sign in path)])
    below = pointers_below(fixed, tree)
    return {one: below[one] for one in matching(path, below)}


def _in_tree(path: str, tree: Tree) -> bool:
    if is_glob(path):
        return bool(matching(path, tree.files()))
    kept = (one for one in tree.files() if path == "." or one.startswith(f"{path}/"))
    return any(not one.endswith((".dvc", ".gitignore", ".gitkeep")) for one in kept)


def _lend_dvc(supply: Supply) -> None:
    """Let `dvc` in the copy use the local settings and the cache of the user's checkout, which git ignores."""
    settings, cache = Path(".dvc/config.local"), Path(".dvc/cache")
    if (supply.origin / settings).is_file() and (supply.copy / ".dvc").is_dir():
        copy(supply.origin / settings, supply.copy / settings)
    if (supply.origin / cache).is_dir() and (supply.copy / ".dvc").is_dir():
        with contextlib.suppress(FileExistsError):
            (supply.copy / cache).symlink_to((supply.origin / cache).resolve())


def _run_fetch(supply: Supply, name: str, command: str) -> Path:
    supply.work.mkdir(parents=True, exist_ok=True)
    request, log = supply.work / "request.json", supply.work / f"fetch-{_plain(name)}.log"
    result, usage = str(supply.work / "result.json"), str(supply.work / "usage.json")
    content = {"format": 1, "argv": ["/bin/sh", "-c", command], "cwd": str(supply.copy)}
    request.write_text(json.dumps({**content, "result": result, "usage": usage}), encoding="utf-8")
    mask = Mask.of(supply.environment)
    order = Order(supply.model, supply.copy, request, log, _environment(supply), supply.seconds, mask=mask)
    outcome = executor(supply.environment)(order, supply.progress)
    if outcome.limit is not None:
        raise _missing(name, command, f"`fetch:` took longer than {duration(supply.seconds)}", "Raise `budget:`.", log)
    if outcome.returncode != 0:
        said = f"`{command}` ended with exit code {outcome.returncode}"
        hint = f"Run it by hand to see why. {_find_lacked(supply, command, log)}".strip()
        raise _missing(name, "the data could not be fetched", said, hint, log)
    return log


def _find_lacked(supply: Supply, command: str, log: Path) -> str:
    """Say what was withheld from the command, where it says that it lacked that."""
    text, key = tail(log), f"fetch: {{run: {command.partition(' ')[0]} …, env: [NAMES]}}"
    lacks, empty = (find(supply.environment, supply.env, text) for find in (lacking, unset))
    return advice(lacks, empty, key)


def _environment(supply: Supply) -> Mapping[str, str]:
    origin, commit = supply.origin, supply.tree.commit
    git = fetching_git(origin, commit, supply.work / "git", supply.environment)
    return {
        **give(supply.environment, supply.env),
        **git,
        "GIT_WORK_TREE": os.fspath(supply.top),
        "ML_CI_SOURCE": os.fspath(origin),
    }


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _missing(name: str, path: str, said: str, hint: str, log: Path | None = None) -> StageFailed:
    log_tail = tail(log) if log else ""
    return StageFailed(Failure("training", "data-missing", f"`data.{name}`: {path}: {said}", hint, log_tail))

"""The whole repository as one side has it: the project's files as its tree knows them, all others by name only."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from ml_ci.changes.content import Contents
from ml_ci.changes.copied import Copied, fail_changed
from ml_ci.digests import blob_id, digest, object_format
from ml_ci.repository import by_name
from ml_ci.repository.git import line
from ml_ci.repository.objects import Objects
from ml_ci.repository.repository import Repository
from ml_ci.repository.trees import CommitTree, WorkingTree

_CACHE = "outside.json"
_NEVER = frozenset({".git", ".ml_ci"})


class Whole:
    """See a repository from its top, with its submodules, in the state of a working tree or a commit.

    What is asked for twice is looked at once. `state` is where the digests of files on disk are kept, None: nowhere.
    """

    def __init__(self, repository: Repository, tree: WorkingTree | CommitTree, state: Path | None) -> None:
        self.prefix = repository.prefix
        self.tree = tree
        self.state = state
        self._top = repository.top
        self._contents = Contents(state, _CACHE)
        self._known: dict[str, str | None] = {}
        self._places: dict[str, Path] = {}
        self._copies: list[Copied] = []

    def stand_on(self, copied: Copied) -> None:
        """See a working tree as a copy holds it from now on: what jobs read is what it was when it was copied."""
        if all(copied.at != one.at for one in self._copies):
            self._copies.append(copied)

    def refuse_edited(self, paths: Iterable[str]) -> None:
        """Refuse files that were written after the tree was looked at and before they were copied (UserError)."""
        since = self.tree.looked if isinstance(self.tree, WorkingTree) else 0
        paths = [*paths]
        for copied in self._copies:
            for path in copied.find_edited(paths, since):
                raise fail_changed(self._top / path)

    def ids(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Give the git ids of the contents of those `paths` (from the top) that are there as files."""
        paths = [*paths]
        self._known |= self._copy([path for path in dict.fromkeys(paths) if path not in self._known])
        new = [path for path in dict.fromkeys(paths) if path not in self._known]
        inside = [path for path in new if self._is_inside(path)]
        self._known |= dict.fromkeys(new) | self._of_project(inside) | self._elsewhere({*new}.difference(inside))
        return {path: known for path in paths if (known := self._known[path])}

    def read(self, path: str) -> bytes:
        """Read a file; FileNotFoundError where there is none."""
        known = self.ids([path]).get(path)
        if known is None:
            raise FileNotFoundError(path)
        if (real := self._find_left_behind(path)) is not None and (content := self._copies[0].read(real)) is not None:
            return content
        if self._is_inside(path):
            return self.tree.read(path.removeprefix(self.prefix))
        if self.tree.commit is None:
            return (self._top / path).read_bytes()
        return Objects(self._places.get(path, self._top)).read(known)

    def names(self, folder: str) -> frozenset[str]:
        """Give the names in a folder; none where there is no such folder. What git ignores is not there."""
        below = f"{folder}/" if folder else ""
        if below.startswith(self.prefix) and not self._links_above(f"{below}x"):
            start = below.removeprefix(self.prefix)
            found = (path.removeprefix(start) for path in self.tree.files() if path.startswith(start))
            return frozenset(path.partition("/")[0] for path in found)
        if self.tree.commit is not None:
            return by_name.names_in(self._top, self.tree.commit, folder) - _NEVER
        now = self._names_on_disk(folder)
        return frozenset(self._copies[0].names(folder, now)) - _NEVER if self._copies else now

    def everything(self) -> Mapping[str, str]:
        """Give every file of the repository, a submodule as one; this walks through all of it."""
        if self.tree.commit is not None:
            whole = CommitTree(self._top, "", self.tree.commit)
            links = whole.links.items()
            found = {path: known for path, known in whole.files().items() if known}
            return found | {path: known for path, known in links if known and path not in found}
        disk = WorkingTree(self._top)
        files = disk.files()
        own = {path: str(self._top / path) for path, known in files.items() if known is None}
        digests = self._digests(own, object_format(files))
        found = {path: known or digests[path] for path, known in files.items() if known or path in digests}
        found |= {path: self._submodule(path, known) for path, known in disk.links.items() if path not in found}
        stood = [path for one in self._copies[:1] for path in one.stood]
        found |= {path: known or "" for path, known in self._copy([*dict.fromkeys((*found, *stood))]).items()}
        return {path: known for path, known in found.items() if known}

    def save(self) -> None:
        """Keep the digests of files on disk for the next time."""
        self._contents.save()

    def _copy(self, paths: list[str]) -> dict[str, str | None]:
        """Give the ids of what the tree has no longer as it was copied, None where there was no file."""
        files = self.tree.files() if self._copies else {}
        found: dict[str, str | None] = {}
        for path in paths if self._copies else ():
            # The project's own tree was looked at before it was copied: what it knows holds.
            seen = self._is_inside(path) and files.get(path.removeprefix(self.prefix)) is not None
            if not seen and (real := self._find_left_behind(path)) is not None:
                content = self._copies[0].read(real)
                found[path] = None if content is None else blob_id(content, object_format(files))
        return found

    def _find_left_behind(self, path: str) -> str | None:
        """Give where a path leads to if the tree has something else there than was copied; None otherwise."""
        real = _real(self._top, path) if self._copies else None
        return real if real is not None and self._copies[0].differs(real) else None

    def _of_project(self, paths: list[str]) -> dict[str, str]:
        files = self.tree.files()
        own = {path: path.removeprefix(self.prefix) for path in paths}
        found = {path: known for path, name in own.items() if (known := files.get(name))}
        unknown = [path for path, name in own.items() if name in files and path not in found]
        if self.tree.folder is not None:
            folder = self.tree.folder
            found |= self._digests({path: str(folder / own[path]) for path in unknown}, object_format(files))
        return found

    def _elsewhere(self, paths: Iterable[str]) -> dict[str, str]:
        paths = [path for path in paths if not _NEVER.intersection(path.split("/"))]
        if not paths:
            return {}
        return self._on_disk(self._top, paths) if self.tree.commit is None else self._find_committed(paths)

    def _find_committed(self, paths: list[str]) -> dict[str, str]:
        commit = str(self.tree.commit)
        found = by_name.in_commit(self._top, commit, paths)
        below = defaultdict(list)
        for path in paths:
            if path not in found and (link := next((one for one in self._submodules if _is_below(path, one)), None)):
                below[link].append(path)
        for link, missing in below.items():
            found |= self._in_submodule(link, self._submodules[link], missing)
        return found

    @cached_property
    def _submodules(self) -> Mapping[str, str]:
        return by_name.submodules(self._top, str(self.tree.commit)) | {
            f"{self.prefix}{path}": known for path, known in self.tree.links.items() if known
        }

    def _in_submodule(self, link: str, commit: str, paths: list[str]) -> dict[str, str]:
        folder = self._top / link
        if not (folder / ".git").exists() or not line(folder, "cat-file", "-t", commit):
            return dict.fromkeys(paths, f"submodule:{commit}")  # its files are not here: the commit stands for them
        inner = {path.removeprefix(f"{link}/"): path for path in paths}
        found = {inner[name]: known for name, known in by_name.in_commit(folder, commit, inner).items()}
        self._places |= dict.fromkeys(found, folder)
        return found

    def _on_disk(self, top: Path, names: list[str]) -> dict[str, str]:
        """Take the index's id where the file is as the index has it, and the content's own otherwise."""
        real = {name: path for name in names if (path := _real(top, name))}
        found = self._real_on_disk(top, list(dict.fromkeys(real.values())))
        return {name: found[path] for name, path in real.items() if path in found}

    def _real_on_disk(self, top: Path, paths: list[str]) -> dict[str, str]:
        tracked = by_name.in_index(top, paths)
        there = [path for path in paths if (top / path).is_file()]
        loose = [path for path in there if path not in tracked]
        subs = {path: sub for path in loose if (sub := _repository_above(top, path))}
        out = by_name.ignored(top, [path for path in loose if path not in subs])
        kept = {path: str(top / path) for path in there if path not in subs and path not in out}
        found = self._digests(kept, object_format(tracked or self.tree.files()))
        doubtful = [path for path, known in found.items() if tracked.get(path, known) != known]
        same = {*doubtful} - by_name.edited(top, doubtful)
        found |= {path: tracked[path] for path in same}
        found |= {path: tracked[path] for path in by_name.left_out(top, tracked.keys() - {*there})}
        for sub in dict.fromkeys(subs.values()):
            inner = {path.removeprefix(f"{sub}/"): path for path, one in subs.items() if one == sub}
            found |= {inner[name]: known for name, known in self._on_disk(top / sub, [*inner]).items()}
        return found

    def _names_on_disk(self, folder: str) -> frozenset[str]:
        place = self._top / folder
        if not place.is_dir():
            return frozenset()
        names = [entry.name for entry in os.scandir(place) if entry.name not in _NEVER and _holds_file(entry)]
        paths = {name: f"{folder}/{name}" if folder else name for name in names}
        out = by_name.ignored(self._top, paths.values()) if not _repository_above(self._top, f"{folder}/x") else ()
        return frozenset(name for name, path in paths.items() if path not in out)

    def _submodule(self, path: str, known: str | None) -> str:
        folder = self._top / path
        if not (folder / ".git").exists():
            return known or ""
        disk = WorkingTree(folder)
        head = line(folder, "rev-parse", "HEAD") or ""
        edited = sorted(disk.changed())
        if not edited:
            return head
        contents = {one: blob_id((folder / one).read_bytes()) for one in edited if (folder / one).is_file()}
        return digest([head, edited, contents])

    def _digests(self, places: Mapping[str, str], algorithm: str) -> dict[str, str]:
        files = {path: place for path, place in places.items() if Path(place).is_file()}
        digests = self._contents.digests(files.values(), algorithm)
        return {path: digests[place] for path, place in files.items()}

    def _is_inside(self, path: str) -> bool:
        return path.startswith(self.prefix) and not self._links_above(path)

    def _links_above(self, path: str) -> bool:
        """Say whether a link or a submodule of the project stands above a path: then its tree does not list it."""
        links = self.tree.links
        return bool(links) and any(_is_below(path, f"{self.prefix}{link}") for link in links)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _real(top: Path, path: str) -> str | None:
    """Follow the links above a path, and the path's own; None where they lead out of the repository."""
    place = os.path.realpath(top / path)
    return (
        os.path.relpath(place, os.path.realpath(top)) if place.startswith(f"{os.path.realpath(top)}{os.sep}") else None
    )


def _repository_above(top: Path, path: str) -> str | None:
    """Find the innermost repository inside of `top` that holds a path: a submodule that is checked out."""
    while path := path.rpartition("/")[0]:
        if (top / path / ".git").exists():
            return path
    return None


def _holds_file(entry: os.DirEntry[str]) -> bool:
    if not entry.is_dir(follow_symlinks=False):
        return True
    return any(names for _, _, names in os.walk(entry.path))

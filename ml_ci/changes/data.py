"""The data parts: the content of each entry under `data:`, wherever it is kept.

A file is known by the id that git has for its content, whether git tracks it or not, so that committing a file is no
change of data. Data under DVC is known by its pointer's digest, data under Git LFS by its pointer's git id, data behind
a URL by what the store says of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from pathlib import Path

from ml_ci.changes.content import Contents
from ml_ci.changes.globs import is_glob, matching
from ml_ci.changes.left_out import refuse_left_out
from ml_ci.changes.links_out import refuse_links_out
from ml_ci.changes.pointers import LfsPatterns, Pointer, dvc_pointer, lfs_blob_id, lfs_pointer, pointers_below
from ml_ci.changes.remote import is_remote, remote_digest
from ml_ci.changes.surroundings import Surroundings
from ml_ci.digests import blob_id, digest, object_format
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass
from ml_ci.repository.values import Tree
from ml_ci.spec.values import FileEntry

# What the content of an entry behind a URL begins with, before the digest of what its store says of it.
REMOTE = "remote:"


@dataclass(frozen=True)
class Data:
    """The content of one entry: its `digest`, the digests of its `files` by path, whether it is on this machine."""

    digest: str
    files: Mapping[str, str] = field(default_factory=dict)
    present: bool = True
    warnings: tuple[str, ...] = ()


class DataReader:
    """Find the data entries of one tree; what is asked for twice is looked at once."""

    def __init__(self, tree: Tree, surroundings: Surroundings) -> None:
        self._tree = tree
        self._files = tree.files()
        self._folder = surroundings.folder
        self._remote = surroundings.remote or remote_digest
        self.contents = Contents(surroundings.state)
        self._seen: dict[str, Data] = {}

    def __getitem__(self, entry: FileEntry) -> Data:
        """Give the content of an entry. UserError when it is nowhere, naming the path and the commit."""
        if entry.path not in self._seen:
            refuse_links_out(self._tree, entry.path)
            found = self._find(entry.path)
            refuse_left_out(self._tree, found.files)
            self._seen[entry.path] = found
        return self._seen[entry.path]

    def _find(self, path: str) -> Data:
        if is_remote(path):
            warnings = (self._find_unversioned(path),) if self._tree.commit else ()
            return Data(f"{REMOTE}{self._remote(path)}", warnings=warnings)
        normal = posixpath.normpath(path)
        for find in (self._find_tracked, self._follow, self._gather, self._loose):
            found = find(normal)
            if found:
                return found
        raise self._nowhere(path)

    def _find_tracked(self, path: str) -> Data | None:
        if path not in self._files or self._is_folder(path):
            return None
        known = self._of_tree(path)
        return Data(known, {path: known}, self._is_whole(path))

    def _follow(self, path: str) -> Data | None:
        pointer = None if is_glob(path) else dvc_pointer(path, self._tree)
        if pointer is None:
            return None
        found = self._check(pointer)
        if pointer.path == path:
            return found
        inside = path.removeprefix(f"{pointer.path}/")
        known = self._list(found.digest).get(inside)
        said = f"md5:{known}" if known else f"{found.digest}#{inside}"
        return Data(said, {path: said}, (self._folder / path).exists(), found.warnings)

    def _gather(self, path: str) -> Data | None:
        pattern = path if is_glob(path) or path == "." else f"{path}/**"
        prefix = "" if path == "." else f"{path}/"
        below = (
            matching(pattern, self._files) if is_glob(path) else [one for one in self._files if one.startswith(prefix)]
        )
        below = [one for one in below if not one.endswith((".dvc", ".gitignore", ".gitkeep"))]
        pointers = self._pointers(path)
        if not below and not pointers:
            return None
        found = {one: self._check(pointer) for one, pointer in pointers.items()}
        files = {one: data.digest for one, data in found.items()} | self._all_of_tree(below)
        warnings = tuple(warning for data in found.values() for warning in data.warnings)
        return _folder_data(path, files, all(data.present for data in found.values()), warnings)

    def _pointers(self, path: str) -> Mapping[str, Pointer]:
        if not is_glob(path):
            return pointers_below("" if path == "." else path, self._tree)
        fixed = posixpath.dirname(path[: min(path.find(sign) for sign in "*?[" if sign in path)])
        below = pointers_below(fixed, self._tree)
        return {one: below[one] for one in matching(path, below)}

    def _loose(self, path: str) -> Data | None:
        """Look at data that git does not have: ignored files, or files outside of the repository."""
        place = self._folder / path
        paths = sorted(_glob(self._folder, path) if is_glob(path) else _below(place))
        if not paths:
            return None
        digests = self.contents.digests(paths, self._algorithm)
        base = f"{self._folder}{os.sep}"
        files = {one.removeprefix(base): f"git:{known}" for one, known in digests.items()}
        warnings = (self._find_unversioned(path),) if self._tree.commit else ()
        if len(files) == 1 and place.is_file():
            return Data(next(iter(files.values())), files, warnings=warnings)
        return _folder_data(path, files, True, warnings)

    def _find_unversioned(self, path: str) -> str:
        commit, where = str(self._tree.commit)[:7], "behind the URL" if is_remote(path) else "on disk"
        return f"{path} is not kept under version {commit}: today's content {where} is taken for what it was then"

    def _nowhere(self, path: str) -> UserError:
        if self._tree.commit:
            hint = "Declare how to get it, for example `fetch: dvc pull {path}`, or compare with a later commit."
            return UserError(f"{path} is neither in commit {self._tree.commit[:7]} nor on this machine", hint=hint)
        near = _near(path, self._files)
        meant = f"Did you mean {near}? " if near else ""
        hint = f"{meant}Correct the path under `data:` in ml-ci.yaml, or get the data."
        place = self._folder / path
        if place.is_symlink():
            return UserError(f"{path} is a link that leads nowhere", hint=hint)
        return UserError(
            f"{path} is a folder without a file" if place.is_dir() else f"{path} does not exist", hint=hint
        )

    @cached_property
    def _algorithm(self) -> str:
        return object_format(self._files)

    @cached_property
    def _lfs(self) -> LfsPatterns:
        return LfsPatterns(self._tree)

    def _is_folder(self, path: str) -> bool:
        return self._tree.folder is not None and (self._tree.folder / path).is_dir()

    def _is_whole(self, path: str) -> bool:
        # A file of pointer size may be a Git LFS pointer whose content was not fetched.
        place = self._tree.folder / path if self._tree.folder else None
        if place is None or not place.is_file() or place.stat().st_size >= 1024:
            return True
        return lfs_pointer(place.read_bytes()) is None

    def _of_tree(self, path: str) -> str:
        return self._all_of_tree([path])[path]

    def _all_of_tree(self, paths: list[str]) -> dict[str, str]:
        found = {path: f"git:{known}" for path in paths if (known := self._files[path])}
        rest = [path for path in paths if path not in found]
        if self._tree.folder is None:
            return found | {path: f"git:{blob_id(self._tree.read(path), self._algorithm)}" for path in rest}
        large = [path for path in rest if path in self._lfs and self._is_whole(path)]
        base = str(self._tree.folder)
        plain = {path: f"{base}{os.sep}{path}" for path in rest if path not in large}
        digests = self.contents.digests(plain.values(), self._algorithm)
        found |= {path: f"git:{digests[place]}" for path, place in plain.items()}
        return found | {path: self._lfs_digest(self._tree.folder / path) for path in large}

    def _lfs_digest(self, place: Path) -> str:
        sha256 = self.contents.digest(place, "lfs")
        return f"git:{lfs_blob_id(sha256, place.stat().st_size, self._algorithm)}"

    def _check(self, pointer: Pointer) -> Data:
        """Compare a pointer with the data beside it, in the working tree; where they differ, the data count."""
        place = self._folder / pointer.path
        if not place.exists():
            return Data(pointer.digest, {pointer.path: pointer.digest}, present=False)
        if self._tree.folder is None or pointer.md5 is None:
            return Data(pointer.digest, {pointer.path: pointer.digest})
        actual = self._md5(place, pointer)
        if actual == pointer.md5:
            return Data(pointer.digest, {pointer.path: pointer.digest})
        warning = f"{pointer.path} differs from {pointer.written}: the data on disk count. Run `dvc add {pointer.path}`"
        return Data(f"md5:{actual}", {pointer.path: f"md5:{actual}"}, warnings=(warning,))

    def _md5(self, place: Path, pointer: Pointer) -> str:
        if place.is_dir():
            return self._folder_md5(place)
        raw = self.contents.digest(place, "md5")
        if raw == pointer.md5 or not pointer.text:
            return raw
        return self.contents.digest(place, "md5-text")

    def _folder_md5(self, place: Path) -> str:
        digests = self.contents.digests(_below(place), "md5")
        base = f"{place}{os.sep}"
        listed = [{"md5": known, "relpath": one.removeprefix(base)} for one, known in digests.items()]
        text = json.dumps(sorted(listed, key=lambda one: one["relpath"]), sort_keys=True)
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"

    def _list(self, known: str) -> Mapping[str, str]:
        place = in_dvc_cache(known, self._folder)
        try:
            listed = json.loads(place.read_bytes()) if place else []
            return {str(one["relpath"]): str(one["md5"]) for one in listed}
        except (OSError, ValueError, TypeError, KeyError):
            return {}


def in_dvc_cache(known: str, folder: Path) -> Path | None:
    """Find the content with a digest `md5:…` in DVC's cache, in its present and its former layout.

    The cache is below `.dvc`, or where DVC's settings say (`dvc cache dir`).
    """
    kind, _, md5 = known.partition(":")
    if kind != "md5" or "/" in md5 or len(md5) < 32:
        return None
    for above in (folder, *folder.parents):
        for cache in (above / ".dvc/cache", *_find_caches(above / ".dvc")):
            for layout in ("files/md5", "."):
                place = cache / layout / md5[:2] / md5[2:]
                if place.is_file():
                    return place
        if (above / ".git").exists():
            return None
    return None


def _find_caches(settings: Path) -> Iterator[Path]:
    """Give the folders of the cache that DVC's settings name, this machine's own first."""
    for name in ("config.local", "config"):
        with contextlib.suppress(OSError):
            text = (settings / name).read_text(encoding="utf-8", errors="replace")
            if found := _read_cache(text):
                yield settings / found


@lru_cache(maxsize=32)
def _read_cache(text: str) -> str:
    from configparser import ConfigParser  # where nothing changed, nobody asks
    from configparser import Error as ConfigError

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except ConfigError:
        return ""
    return parser.get("cache", "dir", fallback="")


def _near(path: str, files: Iterable[str]) -> str | None:
    """Find the file that a path may mean: its name has to be near too, so that no training table is a holdout."""
    from difflib import SequenceMatcher, get_close_matches

    def stem(one: str) -> str:
        return posixpath.splitext(posixpath.basename(one))[0]

    close = get_close_matches(path, files, n=3)
    return next((one for one in close if SequenceMatcher(None, stem(path), stem(one)).ratio() > 0.6), None)


def _folder_data(path: str, files: Mapping[str, str], present: bool, warnings: tuple[str, ...]) -> Data:
    base = "" if is_glob(path) or path == "." else f"{path}/"
    inside = {one.removeprefix(base): known for one, known in files.items()}
    return Data(f"files:{digest(inside)}", dict(sorted(files.items())), present, warnings)


def _glob(folder: Path, pattern: str) -> Iterator[str]:
    absolute = Path(pattern).is_absolute()
    anchor = Path(Path(pattern).anchor) if absolute else folder
    inside = str(Path(pattern).relative_to(anchor)) if absolute else pattern
    return (str(path) for path in anchor.glob(inside) if path.is_file())


def _below(place: Path) -> Iterator[str]:
    if place.is_file():
        yield str(place)
    elif place.is_dir():
        seen: set[tuple[int, int]] = set()  # links may lead back
        for folder, folders, names in os.walk(place, followlinks=True):
            stat = Path(folder).stat()
            if (stat.st_dev, stat.st_ino) in seen:
                folders.clear()
                continue
            seen.add((stat.st_dev, stat.st_ino))
            folders[:] = [name for name in folders if name != ".git"]
            yield from (f"{folder}{os.sep}{name}" for name in names)

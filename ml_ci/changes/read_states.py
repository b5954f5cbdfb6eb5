"""What a job read, with the state that each of these things has in a tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from ml_ci.changes.held import Held, find_held
from ml_ci.changes.literals import names_in, names_in_command
from ml_ci.changes.reads import Reads
from ml_ci.changes.sources import Sources
from ml_ci.changes.values import Fingerprint, Stage
from ml_ci.changes.whole import Whole
from ml_ci.digests import digest
from ml_ci.repository.values import Tree
from ml_ci.spec.values import Node

# By kind and by name (paths from the top of the repository): the state of what was read.
#   files    the git id of the content
#   sources  modules and notebooks: the digest of what they say
#   folders  the digest of the names in a folder that was listed
#   named    literals that may be files: which files there are of that name
#   everything   the whole repository, where nothing could watch
States: TypeAlias = Mapping[str, Mapping[str, str]]
ABSENT = "absent"
_MOST_NAMES = 5_000


class ReadStates:
    """Give the states of what one stage of a model reads, in one side's tree."""

    def __init__(self, model: Node, fingerprint: Fingerprint, whole: Whole, stage: Stage) -> None:
        self._model = model
        self._fingerprint = fingerprint
        self._stage: Stage = stage
        self._whole = whole
        self._state = whole.state

    @cached_property
    def _code(self) -> list[str]:
        return sorted(_code(self._fingerprint, self._stage))

    @cached_property
    def _held(self) -> Held:
        return find_held(self._model, self._fingerprint, self._whole.prefix, self._stage)

    def of(self, reads: Reads) -> States:
        """Give the states of what a job was seen to read; of the whole repository, where it could not be watched.

        UserError where a file that it opened is not what the model's fingerprint was taken of.
        """
        self._whole.refuse_edited(reads.opened | reads.imported)
        if not reads.complete:
            return self.now({"everything": {"": ""}})
        read = {path for path in reads.opened | reads.missed | reads.imported if not self._held(path)}
        sources = {path for path in read if path in reads.imported or path.endswith(".ipynb")}
        files = read - sources
        modules = sorted(path for path in reads.imported & sources if path.endswith((".py", ".pyw")))
        names = self._names(sources | files)
        files |= self._outside(names, sources | files) | self._before(modules)
        wanted = {"files": files - sources, "sources": sources, "folders": reads.listed, "named": names}
        return self.now({kind: dict.fromkeys(sorted(found), "") for kind, found in wanted.items()})

    def now(self, states: States) -> States:
        """Give the same things with the states that they have here."""
        asked = (*states.get("files", ()), *states.get("sources", ()))
        known = self._whole.ids(asked)
        found: dict[str, Mapping[str, str]] = {
            "files": {path: known.get(path, ABSENT) for path in states.get("files", ())},
            "sources": self._said([*states.get("sources", ())], known),
            "folders": {folder: self._list(folder) for folder in states.get("folders", ())},
            "named": self._find(states.get("named", ())),
            "everything": {name: self._everything() for name in states.get("everything", ())},
        }
        return {kind: items for kind, items in found.items() if items}

    def holds(self, path: str) -> bool:
        """Say whether a declared part holds a path, so that it is no read."""
        return self._held(path)

    def names(self, folder: str) -> frozenset[str]:
        """Give the paths of what a folder holds, without what declared parts hold."""
        below = f"{folder}/" if folder else ""
        return frozenset(path for name in self._whole.names(folder) if not self._held(path := below + name))

    def bearers(self, names: Iterable[str]) -> Mapping[str, list[str]]:
        """Find the files of the project that bear a name, or stand at the end of a path so named."""
        found: dict[str, list[str]] = {name: [] for name in names}
        ends: dict[str, list[str]] = {}
        for name in found:
            ends.setdefault(name.rpartition("/")[2], []).append(name)
        for path in self._whole.tree.files() if found else ():
            for name in ends.get(path.rpartition("/")[2], ()):
                if (path == name or path.endswith(f"/{name}")) and not self._held(self._at(path)):
                    found[name].append(self._at(path))
        return found

    def save(self) -> None:
        """Keep what was looked at on disk for the next time."""
        self._whole.save()

    def _said(self, paths: list[str], known: Mapping[str, str]) -> Mapping[str, str]:
        if not any(path in known for path in paths):
            return dict.fromkeys(paths, ABSENT)
        sources = Sources(_Files(self._whole, {path: known[path] for path in paths if path in known}), self._state)
        found = {path: sources[path].digest if path in known else ABSENT for path in paths}
        sources.save()
        return found

    def _list(self, folder: str) -> str:
        return digest(sorted(self.names(folder)))

    def _find(self, names: Iterable[str]) -> Mapping[str, str]:
        return {name: digest(paths) if paths else ABSENT for name, paths in self.bearers(names).items()}

    def _everything(self) -> str:
        return digest({path: known for path, known in self._whole.everything().items() if not self._held(path)})

    def _names(self, read: Iterable[str]) -> frozenset[str]:
        names = set(names_in_command(self._model.job.text))
        for path in (*(self._at(path) for path in self._code), *read):
            try:
                names |= names_in(path, self._whole.read(path))
            except (FileNotFoundError, IsADirectoryError):
                continue
        return frozenset(sorted(names)[:_MOST_NAMES])

    def _outside(self, names: Iterable[str], read: Iterable[str]) -> set[str]:
        """Give the paths outside of the project that names mean, as seen from the job and from what it read there."""
        prefix = self._whole.prefix
        if not prefix:
            return set()
        bases = {self._at(""), self._at(self._model.cwd)}
        bases |= {posixpath.dirname(path) for path in read if not path.startswith(prefix)}
        paths = {posixpath.normpath(posixpath.join(base, name)) for base in bases for name in names}
        return {path for path in paths if not path.startswith((prefix, "..")) and not self._held(path)}

    def _before(self, modules: list[str]) -> set[str]:
        """Give the files that are not there and that would be imported in place of what was, if they were."""
        if not modules:
            return set()
        code = [self._at(path) for path in self._code if path.endswith((".py", ".pyw"))]
        paths = [*modules, *code]
        known = self._whole.ids(paths)
        sources = Sources(_Files(self._whole, known), self._state)
        imported = {
            one.module.partition(".")[0]
            for path in paths
            if path in known
            for one in sources[path].imports.imports
            if one.module and not one.level
        }
        tops = {path: _root(path, frozenset(paths)) for path in modules}
        imported |= {path.removeprefix(f"{top}/").partition("/")[0].removesuffix(".py") for path, top in tops.items()}
        roots = {*tops.values(), self._at(""), self._at(self._model.cwd), self._at("src")}
        found = {posixpath.join(root, name + end) for root in roots for name in imported for end in _MODULES}
        there = self._whole.ids(sorted(found))
        return {path for path in found if path not in there and not self._held(path)}

    def _at(self, path: str) -> str:
        found = posixpath.normpath(posixpath.join(self._whole.prefix, path))
        return "" if found == "." else found


class _Files:
    """The files that were read, as a tree."""

    left_out: frozenset[str] = frozenset()

    def __init__(self, whole: Whole, known: Mapping[str, str]) -> None:
        self.commit = whole.tree.commit
        self.folder: Path | None = None
        self._known = known
        self.read = whole.read

    def files(self) -> Mapping[str, str | None]:
        return dict(self._known)

    def beside(self, folder: str) -> Tree:
        return self  # no other folder has files that were read


def _code(fingerprint: Fingerprint, stage: Stage) -> set[str]:
    """Name the declared files whose texts may name further files."""
    scoring = fingerprint.details.get("metrics", {}).get("code", {})
    own = {*scoring} if isinstance(scoring, Mapping) else set()
    return {*fingerprint.details.get("code", {})} if stage == "train" else own


def _root(path: str, known: frozenset[str]) -> str:
    """Give the folder from which a module is imported: the one above its packages."""
    folder = posixpath.dirname(path)
    while folder and f"{folder}/__init__.py" in known:
        folder = posixpath.dirname(folder)
    return folder


_MODULES = (".py", "/__init__.py")

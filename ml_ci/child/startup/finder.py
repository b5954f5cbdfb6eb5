"""Have the names that this repository's packaging installs come from this side's copy, and no other name.

A project that is installed in the job's Python is found there by every side alike: the working tree's files, or what
was copied from them. So this finder stands first in `sys.meta_path`, before those of editable installations, and gives
the copy's. A namespace package is the copy's portion and the portions of other distributions. What the copy does not
have is not found. The standard library is nobody's, and the order of `sys.path` holds among the copy's own folders.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder

from . import places, told
from .installed import Installed, look
from .job import JOB
from .standard import is_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_finders: list[OwnFinder] = []
_installed: list[tuple[bool, set[str]]] = []


class OwnFinder:
    """Find the modules of this repository in this side's copy; `roots` are the folders of each top-level name."""

    def __init__(self, roots: dict[str, list[str]], installed: Installed) -> None:
        self.roots = roots
        self.installed = installed
        self._busy = False

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """Find a module of this repository; ModuleNotFoundError where only another side or a library has it."""
        top = name.partition(".")[0]
        if top not in self.roots or self._busy:
            return None
        entries = self._folders(top) if path is None else list(path)
        return (
            self._find_renamed(name)
            or self._find(name, entries)
            or self._map(name)
            or self._build(name)
            or self._elsewhere(name, path, target)
        )

    def _folders(self, top: str) -> list[str]:
        """Give where a top-level name is looked for: the copy's folders on `sys.path`, its roots, the libraries."""
        path = [os.path.abspath(entry) for entry in sys.path]
        own = [entry for entry in path if places.is_ours(os.path.realpath(entry))]
        other = [entry for entry in path if places.in_checkout(os.path.realpath(entry)) is None]
        return places.once([*own, *self.roots[top], *other])

    def _find_renamed(self, name: str) -> ModuleSpec | None:
        """Find a module whose folder is called otherwise (`package_dir={"name": "folder"}`)."""
        at = self.installed.places.get(name) or JOB["packages"].get(name)
        return None if at is None or os.path.basename(at) == name.rpartition(".")[2] else self._map(name)

    def _map(self, name: str) -> ModuleSpec | None:
        """Find a module where a finder of an editable installation, or the packaging, places it."""
        from importlib.util import spec_from_file_location

        at = self.installed.places.get(name) or JOB["packages"].get(name)
        if at is None:
            return None
        init = os.path.join(at, "__init__.py")
        if os.path.exists(init):
            return spec_from_file_location(name, init, submodule_search_locations=[at])
        if os.path.exists(at + ".py"):
            return spec_from_file_location(name, at + ".py")
        return _namespace(name, [at]) if os.path.isdir(at) else None

    def _find(self, name: str, entries: Iterable[str]) -> ModuleSpec | None:
        portions: list[str] = []
        for entry in entries:
            spec = PathFinder.find_spec(name, [entry])
            if spec is None:
                continue
            folders = [folder for folder in spec.submodule_search_locations or [] if self._may(folder)]
            if spec.loader is None:
                portions += folders
            elif self._may(spec.origin):
                if portions and spec.submodule_search_locations is not None:
                    spec.submodule_search_locations = places.once([*portions, *folders])
                return spec
        return _namespace(name, places.once(portions)) if portions else None

    def _may(self, path: str | None) -> bool:
        """Say whether a file may be this side's: it is neither a checkout's nor installed from one."""
        if path is None:
            return True
        real = os.path.realpath(path)
        return places.in_checkout(real) is None and (places.is_ours(real) or real not in self.installed.files)

    def _build(self, name: str) -> ModuleSpec | None:
        """Find a module that was built for this side, and tell of one that an installation has built."""
        parts = name.split(".")
        spec = PathFinder.find_spec(name, [os.path.join(JOB["built"], *parts[:-1])]) if JOB["built"] else None
        if spec is not None and spec.loader is not None:
            return spec
        tail = os.path.join(*parts)
        for ending in (*EXTENSION_SUFFIXES, ".py"):
            for file in (*self._beside(tail + ending), *self.installed.files):
                if file.endswith(os.sep + tail + ending) and os.path.exists(file):
                    told.tell("generated", name, file)
                    return None
        return None

    def _beside(self, tail: str) -> Iterable[str]:
        """Give where the user's checkouts would have a module that the copy has not."""
        for root in self.roots[tail.partition(os.sep)[0].partition(".")[0]]:
            for top in JOB["tops"]:
                yield os.path.normpath(os.path.join(top, os.path.relpath(root, JOB["copy"]), tail))

    def _elsewhere(self, name: str, path: Sequence[str] | None, target: Any) -> ModuleSpec | None:
        """Ask the finders that follow; what they have of another side is not there."""
        self._busy = True
        try:
            for finder in list(sys.meta_path):
                ask = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = None if finder is self or ask is None else ask(name, path, target)
                if spec is None:
                    continue
                if spec.loader is None or not self._may(spec.origin if spec.has_location else None):
                    if spec.loader is not None and spec.origin:
                        told.tell("generated", name, spec.origin)
                    raise ModuleNotFoundError("No module named %r" % name, name=name)
                return spec
        finally:
            self._busy = False
        return None

    def correct(self) -> None:
        """Take back what `.pth` files have imported already: packages of the copy's own, and paths of namespaces."""
        for name in sorted(sys.modules):
            if name.partition(".")[0] not in self.roots:
                continue
            module = sys.modules[name]
            parent = sys.modules.get(name.rpartition(".")[0])
            spec = self.find_spec(name, getattr(parent, "__path__", None) if "." in name else None)
            if spec is None or spec.loader is not None or getattr(module, "__file__", None):
                del sys.modules[name]
            else:
                module.__path__ = list(spec.submodule_search_locations or [])


def _namespace(name: str, folders: list[str]) -> ModuleSpec:
    # A plain list: Python's own kind of path looks through `sys.path` again whenever that changes.
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = folders
    return spec


def begin() -> None:
    """Put the copy's folders in the places of the checkout's on `sys.path`, and the finder before all others."""
    before = list(sys.path)
    sys.path[:] = [_own(entry) for entry in sys.path]
    installed = look()
    here = sys.path != before or installed.distributions or installed.places
    _installed.append((bool(here), installed.distributions))
    roots = _roots(installed)
    if roots:
        _finders.append(OwnFinder(roots, installed))
        sys.meta_path.insert(0, _finders[0])
        _finders[0].correct()


def installed_files() -> set[str]:
    """Give the real paths of the files that were installed from this repository as copies."""
    return _finders[0].installed.files if _finders else set()


def is_installed() -> bool:
    """Say whether anything of this repository is installed in this Python."""
    return any(here for here, _ in _installed)


def installed_distributions() -> set[str]:
    """Give the normalized names of this repository's distributions that are installed in this Python."""
    return {name for _, names in _installed for name in names}


def _own(entry: str) -> str:
    at = places.find_copied(entry) if entry else None
    return at if at is not None and os.path.isdir(at) else entry


def _roots(installed: Installed) -> dict[str, list[str]]:
    """Give the copy's folders of each name: where it is installed from, then the job's own project, then others."""
    found: dict[str, list[str]] = {}
    for name, at in installed.places.items():
        if "." not in name:
            found.setdefault(name, []).append(os.path.dirname(at))
    known = [one for one in JOB["projects"] if one["own"] or one["distribution"] in installed.distributions]
    folders = [one["folder"] for one in known]
    for project in known:
        for name, roots in project["names"].items():
            found.setdefault(name, []).extend(roots)
    # A name that only the installation knows is looked for where packages usually lie.
    usual = [os.path.join(folder, part) for folder in [*folders, JOB["copy"]] for part in ("src", "python", "lib", "")]
    for name in installed.names:
        found.setdefault(name, [os.path.normpath(at) for at in usual])
    return {name: places.once(roots) for name, roots in found.items() if not is_standard(name)}

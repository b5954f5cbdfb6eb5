"""The files of a tree that a Python file brings with it: its import closure.

Modules are looked for where the job's `sys.path` finds them: below `cwd`, then below the project folder; for a script
below its own folder first. `src/` comes last: the job finds it in its own side's copy where packaging installs it, and
fails by itself where nothing does. Files that the code opens, such as `open("words.json")`, are not followed: name them
in `code:`.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable, Iterator, Sequence

from ml_ci.changes.imports import Import
from ml_ci.changes.sources import Sources
from ml_ci.frozen import dataclass

_ENDINGS = (".py", "/__init__.py", ".pyx", ".so", ".pyd")


@dataclass(frozen=True)
class Closure:
    """The `files` reached, the modules found `outside` of the tree, places of imports by a variable, unread files."""

    files: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def closure(starts: Iterable[str], sources: Sources, roots: Sequence[str]) -> Closure:
    """Follow the imports of `starts` (paths in the tree) through the tree; `roots` are folders, "" the project's."""
    starts, roots = frozenset(starts), tuple(dict.fromkeys(roots))
    if (starts, roots) not in sources.closures:
        sources.closures[starts, roots] = _follow(starts, sources, roots)
    found: Closure = sources.closures[starts, roots]
    return found


def _follow(starts: frozenset[str], sources: Sources, roots: tuple[str, ...]) -> Closure:
    search = _Search(sources, roots)
    waiting = [path for start in sorted(starts) for path in search.with_packages(start)]
    files: set[str] = set()
    outside: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in files:
            continue
        files.add(path)
        reached, foreign = search.step(path)
        waiting += reached
        outside |= foreign
    unknown = tuple(f"{path}:{line}" for path in sorted(files) for line in sources[path].imports.unknown)
    unread = tuple(path for path in sorted(files) if not sources[path].readable)
    return Closure(frozenset(files), frozenset(outside - sys.stdlib_module_names), unknown, unread)


def find_module(module: str, files: Iterable[str], roots: Sequence[str]) -> str | None:
    """Give the path of a module in a tree, or None when it has none."""
    whole = module.replace(".", "/")
    found = locate(module, frozenset(files), roots)
    ends = [
        path for path in found if any(path == posixpath.join(root, whole + end) for root in roots for end in _ENDINGS)
    ]
    return ends[0] if ends else None


class _Search:
    def __init__(self, sources: Sources, roots: tuple[str, ...]) -> None:
        self._sources = sources
        self._files = frozenset(sources.files)
        self._roots = roots

    def step(self, path: str) -> tuple[list[str], set[str]]:
        """Give the files that one file imports, and the top names of modules that are not in the tree."""
        reached: list[str] = []
        outside: set[str] = set()
        needs = self._sources[path].imports
        for one in needs.imports:
            found = self._relative(one, path) if one.level else self._absolute(one, path)
            reached += found
            if not found and not one.level and one.module:
                outside.add(one.module.partition(".")[0])
        reached += [found for script in needs.scripts for found in self._script(script, path)]
        return reached, outside

    def with_packages(self, path: str) -> Iterator[str]:
        """Give a file and the `__init__` files of the packages around it."""
        folder = posixpath.dirname(path)
        while folder and f"{folder}/__init__.py" in self._files:
            yield f"{folder}/__init__.py"
            folder = posixpath.dirname(folder)
        yield path

    def _absolute(self, one: Import, path: str) -> list[str]:
        # A file that is run by its path finds its neighbours first; in one that is imported nothing is there to find.
        roots = (posixpath.dirname(path), *self._roots) if self._is_script(path) else self._roots
        return self._take(one, roots)

    def _relative(self, one: Import, path: str) -> list[str]:
        base = posixpath.dirname(path)
        for _ in range(one.level - 1):
            base = posixpath.dirname(base)
        init = posixpath.join(base, "__init__.py")
        return [*self._take(one, (base,)), *({init} & self._files)]

    def _take(self, one: Import, roots: Sequence[str]) -> list[str]:
        found = locate(one.module, self._files, roots) if one.module else []
        for name in one.names:
            if name == "*":
                found += self._members(one.module, roots)
            else:
                found += locate(f"{one.module}.{name}".lstrip("."), self._files, roots)
        return found

    def _members(self, module: str, roots: Sequence[str]) -> list[str]:
        # `from package import *` may import whatever `__all__` names: every module of the package.
        folders = {posixpath.join(root, module.replace(".", "/")) for root in roots}
        return [path for path in self._files if path.endswith(".py") and posixpath.dirname(path) in folders]

    def _is_script(self, path: str) -> bool:
        return posixpath.join(posixpath.dirname(path), "__init__.py") not in self._files

    def _script(self, script: str, path: str) -> Iterator[str]:
        for root in (*self._roots, posixpath.dirname(path)):
            name = posixpath.normpath(posixpath.join(root, script))
            if name in self._files:
                yield name


def locate(module: str, files: frozenset[str], roots: Sequence[str]) -> list[str]:
    """Give the files that importing `a.b.c` runs, packages on the way first; [] when the tree has no such module.

    Where the tree has `a` and no `a.b`, that is what there is of it: `b` may be a name in `a`.
    """
    names = module.split(".")
    for root in roots:
        bases = [posixpath.join(root, *names[: count + 1]) for count in range(len(names))]
        found = [base + ending for base in bases for ending in _ENDINGS if base + ending in files]
        if found:
            return found
    return []

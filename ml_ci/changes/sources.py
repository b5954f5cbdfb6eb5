"""What is known of one source file: its digest, and what it imports."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from ml_ci.changes.caches import Cache
from ml_ci.changes.globs import is_glob
from ml_ci.changes.imports import Import, Imports, imports, imports_by_line
from ml_ci.changes.left_out import refuse_left_out
from ml_ci.changes.notebooks import code_cells, without_magics
from ml_ci.changes.python_source import parse, tree_digest
from ml_ci.digests import blob_id, digest, object_format
from ml_ci.frozen import dataclass
from ml_ci.repository.git import GitError
from ml_ci.repository.values import Tree


@dataclass(frozen=True)
class Source:
    """What one file says (`digest`), what it imports, and whether it could be read as what its name says."""

    digest: str
    imports: Imports = field(default_factory=Imports)
    readable: bool = True


class Sources:
    """Read the source files of one tree; what git knows already is looked up by its object id.

    `beside` are folders of the repository outside of the tree (`../common`) whose files are sources too. `closures`
    are the import closures that were followed in it, by their starts and roots, `documents` the files that no command
    runs.
    """

    def __init__(self, tree: Tree, state: Path | None, beside: Iterable[str] = ()) -> None:
        self.files = tree.files()
        for folder in beside:
            try:
                more = tree.beside(folder).files()
            except GitError:
                continue  # it lies outside of the repository
            self.files = {**self.files, **{f"{folder}/{path}": known for path, known in more.items()}}
        self._tree = tree
        self._algorithm = object_format(self.files)
        self._cache = Cache(state / "cache" / "sources.json" if state else None)
        self._seen: dict[str, Source] = {}
        self.documents: frozenset[str] | None = None
        self.closures: dict[tuple[frozenset[str], tuple[str, ...]], Any] = {}

    def __getitem__(self, path: str) -> Source:
        """Give what is known of the file at `path`; FileNotFoundError when the tree has none.

        UserError when a sparse checkout leaves it out.
        """
        if path not in self._seen:
            refuse_left_out(self._tree, (path,))
            self._seen[path] = self._find(path)
        return self._seen[path]

    def read(self, path: str) -> bytes:
        return self._tree.read(path)

    def save(self) -> None:
        """Keep what was read for the next run."""
        self._cache.save()

    def _find(self, path: str) -> Source:
        known = self.files.get(path)
        content = None if known else self._tree.read(path)
        known = known or blob_id(content or b"", self._algorithm)
        if _kind(path) == "bytes":
            return Source(digest(["bytes", known]))  # git has hashed it already
        return self._parse(path, f"{_kind(path)}:{known}", content)

    def _parse(self, path: str, key: str, content: bytes | None) -> Source:
        found = _restore(self._cache.get(key))
        if found is None:
            found = source(path, self._tree.read(path) if content is None else content)
            self._cache.put(key, _store(found))
        return found


class Shelf:
    """Keep the sources of each tree for all that is fingerprinted in it: models and jobs share files and imports."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Path | None, tuple[str, ...]], tuple[Tree, Sources]] = {}

    def find(self, tree: Tree, state: Path | None, beside: tuple[str, ...]) -> Sources:
        """Give the sources of a tree, read once."""
        key = (id(tree), state, beside)  # the tree is kept with them, so that no other has its id
        if key not in self._known:
            self._known[key] = (tree, Sources(tree, state, beside))
        return self._known[key][1]


def beside(patterns: Iterable[str]) -> tuple[str, ...]:
    """Name the folders outside of the project in which globs such as `../common/**/*.py` look for files."""
    normal = (posixpath.normpath(pattern) for pattern in patterns)
    return tuple(dict.fromkeys(_folder(pattern) for pattern in normal if pattern.startswith("../")))


def _folder(pattern: str) -> str:
    """Give what stands before the first part of a pattern that matches more than one name; the folder of a file."""
    parts = pattern.split("/")
    fixed = next((at for at, part in enumerate(parts) if is_glob(part)), len(parts) - 1)
    return "/".join(parts[:fixed])


def source(path: str, content: bytes) -> Source:
    """Read a source file by its kind: Python and notebooks by their syntax, anything else by its bytes."""
    if _kind(path) == "python":
        return _python(content)
    return _notebook(content) if _kind(path) == "notebook" else Source(_bytes(content))


def _kind(path: str) -> str:
    if path.endswith((".py", ".pyw")):
        return "python"
    return "notebook" if path.endswith(".ipynb") else "bytes"


def _bytes(content: bytes) -> str:
    return digest(["bytes", blob_id(content)])


def _python(content: bytes) -> Source:
    tree = parse(content)
    found = imports(tree) if tree else imports_by_line(content.decode("utf-8", "replace"))
    said = tree_digest(tree) if tree else None
    return Source(said, found) if said else Source(_bytes(content), found, readable=False)


def _notebook(content: bytes) -> Source:
    cells = code_cells(content)
    if cells is None:
        return Source(_bytes(content), readable=False)
    trees = [(cell, parse(without_magics(cell))) for cell in cells]
    said = [[tree_digest(tree) if tree else None, _write(cell, tree)] for cell, tree in trees]
    found = [imports(tree) for _, tree in trees if tree]
    return Source(digest(["notebook", [cell for cell in said if cell[1] or cell[0] != _EMPTY]]), _join(found))


def _write(cell: str, tree: ast.Module | None) -> str:
    # What is no Python counts as it is written: a whole cell, or its magics.
    if tree is None or (cell.strip() and not without_magics(cell).strip()):
        return cell
    rest = zip(cell.splitlines(), without_magics(cell).splitlines(), strict=True)
    return "\n".join(line for line, python in rest if line != python)


def _join(found: list[Imports]) -> Imports:
    return Imports(
        tuple(dict.fromkeys(one for each in found for one in each.imports)),
        tuple(dict.fromkeys(script for each in found for script in each.scripts)),
        tuple(line for each in found for line in each.unknown),
    )


def _store(found: Source) -> dict[str, Any]:
    return asdict(found)


def _restore(stored: Any) -> Source | None:
    try:
        needs = stored["imports"]
        found = tuple(Import(str(one["module"]), int(one["level"]), tuple(one["names"])) for one in needs["imports"])
        said = Imports(found, tuple(needs["scripts"]), tuple(needs["unknown"]))
        return Source(str(stored["digest"]), said, bool(stored["readable"]))
    except (TypeError, KeyError, ValueError):
        return None


_EMPTY = tree_digest(ast.Module(body=[], type_ignores=[]))

"""The files that a command names: where the code part of a command job starts.

Before a command ran once nobody knows what it reads, so each word is looked up in the tree. A Python file brings its
import closure. A shell script, a Makefile or another file that is named is read for the names of further files. What a
command reads beside that is seen when it runs. One that names no file of the tree (`make train`, `dvc repro`) may run
any of its programs: what these import from elsewhere is its environment.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from ml_ci.changes.globs import matching_any
from ml_ci.changes.sources import Sources
from ml_ci.frozen import dataclass

_PYTHON = (".py", ".pyw", ".ipynb")
_SHELL = (".sh", ".bash", ".zsh", ".ksh", ".mk", ".bat", ".ps1", "Makefile", "makefile", "justfile", "Justfile")
_TEXT = (".txt", ".cfg", ".ini", ".toml", ".yaml", ".yml", ".json", ".csv", ".tsv", ".lock", ".sql", ".xml")
_DOCUMENTS = (
    *("*.md", "**/*.md", "*.rst", "**/*.rst", "docs/**", "LICENSE*", "LICENCE*", "NOTICE*", "AUTHORS*", "CITATION*"),
    *("CHANGELOG*", "CODEOWNERS", "**/.gitignore", ".gitattributes", ".dvcignore", ".editorconfig"),
    *(".pre-commit-config.yaml", ".github/**", ".gitlab/**", ".ci/**", "tests/**", "ml-ci.yaml", "ml-ci.yml"),
)
_WORD = re.compile(r"[^\s\"'`;|&<>()\[\]{},=:]+")
_MODULE = re.compile(r"(?:^|\s)-m\s+([A-Za-z_][\w.]*)")
_BIGGEST = 1_000_000


@dataclass(frozen=True)
class Named:
    """The `files` that a command names; where it names none, those that it may run `perhaps`: all but data and text."""

    files: frozenset[str]
    folders: tuple[str, ...]
    modules: tuple[str, ...]
    perhaps: frozenset[str] = frozenset()


def find_named(text: str, cwd: str, sources: Sources, left_out: Iterable[str]) -> Named:
    """Find the files of the tree that a command names; `left_out` are globs of declared data and outputs."""
    kept = _keep(sources.files, left_out)
    names = _Names(kept, sources)
    modules = tuple(_MODULE.findall(text))
    files = names.of(text, cwd)
    folders = tuple(dict.fromkeys((cwd, *names.folders_of(text, cwd))))
    more, leads_on = names.follow(files, cwd)
    perhaps = frozenset[str]() if leads_on and (files or modules) else kept - _find_documents(sources)
    return Named(more, folders, (*modules, *names.modules_in(more)), perhaps)


def _keep(files: Iterable[str], left_out: Iterable[str]) -> frozenset[str]:
    return frozenset(files).difference(matching_any(left_out, files))


def _find_documents(sources: Sources) -> frozenset[str]:
    if sources.documents is None:
        sources.documents = frozenset(matching_any(_DOCUMENTS, sources.files))
    return sources.documents


class _Names:
    def __init__(self, files: frozenset[str], sources: Sources) -> None:
        self._files = files
        self._sources = sources
        self._folders = frozenset(folder for path in files for folder in _above(path))

    def of(self, text: str, folder: str) -> frozenset[str]:
        """Give the files that the words of a text name, seen from a folder, the project's, and those it goes into."""
        bases = dict.fromkeys(("", folder, *self.folders_of(text, folder)))
        return frozenset(self._at(base, word) for word in _words(text) for base in bases) & self._files

    def folders_of(self, text: str, folder: str) -> Iterator[str]:
        """Give the folders that the words of a text name."""
        for word in _words(text):
            name = self._at(folder, word)
            if name in self._folders:
                yield name

    def follow(self, files: frozenset[str], cwd: str) -> tuple[frozenset[str], bool]:
        """Add what the named files name; say too whether each script leads to anything that can be seen."""
        seen: set[str] = set()
        leads_on = True
        waiting = sorted(files)
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            more = self._step(path, cwd)
            leads_on = leads_on and more is not None
            waiting += more or ()
        return frozenset(seen), leads_on

    def modules_in(self, files: Iterable[str]) -> Iterator[str]:
        """Give the modules that shell scripts run by `python -m`."""
        for path in files:
            if path.endswith(_SHELL):
                yield from _MODULE.findall(self._text(path))

    def _step(self, path: str, cwd: str) -> frozenset[str] | None:
        if path.endswith(_PYTHON):
            return frozenset()
        text = self._text(path)
        mentions = (self.of(text, posixpath.dirname(path)) | self.of(text, cwd)) - {path}
        if path.endswith(_SHELL):
            return mentions if mentions or _MODULE.search(text) else None
        ending = posixpath.splitext(path)[1]
        if path.endswith(_TEXT):
            return frozenset()
        if not ending:
            return mentions or None
        return mentions

    def _text(self, path: str) -> str:
        content = self._sources.read(path)
        return "" if len(content) > _BIGGEST else content.decode("utf-8", "replace")

    @staticmethod
    def _at(base: str, word: str) -> str:
        return posixpath.normpath(posixpath.join(base, word)).removeprefix("./")


def _words(text: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(text))


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path

"""The names of files that stand in a file: one that is not there yet may be looked for without a trace."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from ml_ci.changes.notebooks import code_cells, without_magics
from ml_ci.changes.python_source import parse

SHELL = (".sh", ".bash", ".zsh", ".ksh", ".mk", ".bat", ".ps1", "Makefile", "makefile", "justfile", "Justfile")
_PYTHON = (".py", ".pyw")
_LARGEST = 64 * 1024
_NAME = re.compile(r"[\w.@%+~-][\w.@%+~ /-]{0,159}")
_WORD = re.compile(r"[\w.@%+~/-]+")
_WITH_ENDING = re.compile(r"(?:.*/)?[^/\W\d][\w.@%+~-]*\.\w{1,10}")


def names_in(path: str, content: bytes) -> frozenset[str]:
    """Give the texts of a file that may be the name or the path of a file; none of a large file."""
    if len(content) > _LARGEST and not path.endswith(_PYTHON):
        return frozenset()
    if path.endswith(_PYTHON):
        return _normal(_constants(content))
    if path.endswith(".ipynb"):
        return _normal(text for cell in code_cells(content) or () for text in _constants(without_magics(cell)))
    text = content.decode("utf-8", "replace")
    return names_in_command(text) if path.endswith(SHELL) else _normal(filter(_WITH_ENDING.fullmatch, _words(text)))


def names_in_command(text: str) -> frozenset[str]:
    """Give the words of a command that may be the name or the path of a file."""
    return _normal(_words(text))


def _constants(source: bytes | str) -> Iterator[str]:
    tree = parse(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield node.value


def _words(text: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(text))


def _normal(names: Iterator[str]) -> frozenset[str]:
    return frozenset(posixpath.normpath(name) for name in names if not name.startswith("/")) - {".", ".."}

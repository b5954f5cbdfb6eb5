"""What a `module:function` of ml-ci.yaml names in a tree, as the text of its file shows; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ml_ci import syntax
from ml_ci.changes.closure import find_module
from ml_ci.changes.code import import_roots
from ml_ci.spec.values import Node

_BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)


def find_entry(model: Node, entry: str, files: Iterable[str]) -> str | None:
    """Give the file of an entry's module; None where the tree does not have it."""
    return find_module(entry.partition(":")[0], files, import_roots(model.cwd))


def list_names(text: str) -> frozenset[str] | None:
    """Give the names that a module's text defines or imports; None where it may have names that nobody sees."""
    try:
        body = syntax.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    names = frozenset(_names(body))
    return None if {"*", "__getattr__"} & names or "globals" in text else names


def _names(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        else:
            stored = (one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
            yield from (one.id for one in stored)
        if isinstance(node, _BLOCKS):
            for part in ("body", "orelse", "finalbody"):
                yield from _names(getattr(node, part, []))
            yield from (name for one in getattr(node, "handlers", []) for name in _names(one.body))


def list_imports(text: str) -> dict[str, int | None]:
    """Give the top-level modules that a file imports, each with the line on which it does so come what may.

    None as the line is for an import inside of `try:`, of a function or under a condition: the file can do without it.
    """
    try:
        tree = syntax.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    every = {name: None for node in ast.walk(tree) for name in _imported(node)}
    outright = [(name, node.lineno) for node in tree.body for name in _imported(node)]
    return every | dict(reversed(outright))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]

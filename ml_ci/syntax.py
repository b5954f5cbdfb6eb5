"""Read Python as its syntax tree, in one thread at a time."""

from __future__ import annotations

import ast
from threading import Lock

# Python 3.11 keeps in one place how deep it is in making a tree: two threads at once get a SystemError.
_lock = Lock()


def parse(source: str | bytes) -> ast.Module:
    """Give the tree of a module; SyntaxError, ValueError, RecursionError and MemoryError as `ast.parse` raises them."""
    with _lock:
        return ast.parse(source)


def parse_expression(source: str) -> ast.expr:
    """Give the tree of one expression; raises what `parse` does."""
    with _lock:
        return ast.parse(source, mode="eval").body

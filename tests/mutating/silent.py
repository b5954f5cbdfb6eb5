"""Say what no test should hold: docstrings, the text of messages, annotations, decorators, what prints an object."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Arguments that are words for people, or a type.
WORDS = {"reason", "hint", "help", "message", "suggestion", "where", "title", "description", "dtype"}
_SILENT = {"__repr__", "__str__"}
_TYPES = {"isinstance", "issubclass", "cast", "TypeVar", "NewType"}


def looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Give the children of a node in which a change could be noticed."""
    left_out: set[int] = set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        left_out |= {id(one) for one in node.decorator_list}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        left_out.add(id(node.returns))
    if isinstance(node, ast.arg | ast.AnnAssign):
        left_out.add(id(node.annotation))
    if isinstance(node, ast.Call):
        left_out |= {id(one) for one in node.keywords if one.arg in WORDS}
        left_out |= {id(one) for one in node.args[:2] if name_of(node) in _TYPES}
    if isinstance(node, ast.Raise):
        left_out |= {id(node.exc), id(node.cause)}
    for child in ast.iter_child_nodes(node):
        if id(child) not in left_out and not _is_silent(child):
            yield child


def _is_silent(node: ast.AST) -> bool:
    """Say whether nothing in a node could be noticed: messages, types, and what prints an object."""
    if isinstance(node, ast.FunctionDef) and node.name in _SILENT:
        return True
    if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"Literal", "Callable"}
    ):
        return True
    return isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom)


def name_of(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_value(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))

"""What a Python file says, without how it is written: comments, docstrings, formatting."""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Mapping
from functools import cache

from ml_ci import syntax

# Fields that say how something was written, or that only some Python versions have.
_WRITING = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def parse(source: bytes | str) -> ast.Module | None:
    """Parse a Python file; None when this Python cannot (Python 2, a newer syntax, no Python at all)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return syntax.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def tree_digest(tree: ast.AST) -> str | None:
    """Digest a syntax tree without docstrings and positions; None when it is nested too deeply.

    The digest does not depend on the version of Python: fields that are empty are left out, so that a field that a
    later version adds (such as `type_params` in 3.12) is the same as none.
    """
    out: list[str] = []
    try:
        _write(tree, out)
    except RecursionError:
        return None
    return hashlib.sha256("\x1f".join(out).encode("utf-8", "surrogatepass")).hexdigest()


def definitions(tree: ast.Module) -> Mapping[str, str]:
    """Digest each function (`train()`, `Model.fit()`), class (`Model`) and assigned name (`FEATURES`) of a module.

    What is left, imports and other statements, goes by "". A class stands for what it holds beside its methods; a name
    that is defined twice is digested together.
    """
    parts: dict[str, list[str]] = {}
    _collect(tree, "", parts)
    return {name: hashlib.sha256("\x1f".join(digests).encode()).hexdigest() for name, digests in parts.items()}


def list_statements(tree: ast.Module) -> list[ast.stmt]:
    """Give the statements of a module without its docstring."""
    return _body(tree)


def _collect(scope: ast.Module | ast.ClassDef, prefix: str, parts: dict[str, list[str]]) -> None:
    for statement in _body(scope):
        if isinstance(statement, ast.ClassDef):
            name = f"{prefix}{statement.name}"
            head = [*statement.bases, *statement.keywords, *statement.decorator_list]
            parts.setdefault(name, []).extend(tree_digest(node) or "" for node in head)
            _collect(statement, f"{name}.", parts)
        else:
            parts.setdefault(_name(statement, prefix), []).append(tree_digest(statement) or "")


def _name(statement: ast.stmt, prefix: str) -> str:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"{prefix}{statement.name}()"
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if len(targets) == 1 and isinstance(targets[0], ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
        return f"{prefix}{targets[0].id}"
    return prefix.rstrip(".")


def _body(scope: ast.AST) -> list[ast.stmt]:
    body: list[ast.stmt] = getattr(scope, "body", [])
    return body[1:] if _begins_with_docstring(body) else body


def _begins_with_docstring(body: list[ast.stmt]) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _write(node: ast.AST, out: list[str]) -> None:
    kind = type(node)
    out.append(kind.__name__)
    if isinstance(node, ast.Constant):
        out.append(_constant(node.value))
        return
    for name in _keep(node._fields):
        value = getattr(node, name, None)
        if value is None or value == []:
            continue
        if name == "body" and isinstance(node, _DOCUMENTED):
            value = _body(node)
        elif kind is ast.Delete:
            value = _flat(value)
        out.append(name)
        _write_value(value, out)
    out.append(")")


def _write_value(value: object, out: list[str]) -> None:
    if isinstance(value, ast.AST):
        _write(value, out)
    elif isinstance(value, list):
        out.append("[")
        for item in value:
            _write_value(item, out)
        out.append("]")
    else:
        out.append(repr(value))


@cache
def _keep(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in fields if name not in _WRITING)


def _flat(targets: list[ast.expr]) -> list[ast.expr]:
    # `del (a, b)` and `del a, b` are the same, and formatters make one of the other.
    return [leaf for target in targets for leaf in (_flat(target.elts) if isinstance(target, ast.Tuple) else [target])]


def _constant(value: object) -> str:
    # A hexadecimal integer has no limit of digits.
    text = hex(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)
    return f"{type(value).__name__}:{text}"

"""Which statements of a Python file changed, down to the literal: line 36: `0.30, 2021` → `0.30, 2022`."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence

from ml_ci.changes.own_split import find_role
from ml_ci.changes.python_source import list_statements, tree_digest
from ml_ci.frozen import dataclass

_LONGEST = 60
# Bodies of statements, which are compared statement by statement.
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Difference:
    """One difference: the nodes of both sides, None where a side has none, and the call that they are arguments of."""

    old: ast.AST | None
    new: ast.AST | None
    calls: tuple[ast.Call, ast.Call] | None = None
    named: bool = True
    """Whether it stands in a function or an assignment of the module, which is named already."""


def compare_statements(old: ast.Module, new: ast.Module) -> Iterator[Difference]:
    """Give what differs, in the order of the new file: the smallest expressions, or whole statements."""
    yield from _blocks(list_statements(old), list_statements(new), named=False, scope=True)


def tell_difference(one: Difference, before: str, after: str, new: ast.Module) -> str:
    """Say a difference: `line 36: `0.30, 2021` → `0.30, 2022`, the script's own split`."""
    at = one.new or one.old
    line = getattr(at, "lineno", 0)
    was, now = _shown(one, before, old=True), _shown(one, after, old=False)
    if one.old is None or one.new is None:
        return f"line {line}: {now or was} {'added' if one.old is None else 'removed'}"
    feeds = find_role(new, one.new, one.calls[1] if one.calls else None)
    return f"line {line}: {was} → {now}" + (f", {feeds}" if feeds else "")


def _blocks(old: Sequence[ast.AST], new: Sequence[ast.AST], *, named: bool, scope: bool) -> Iterator[Difference]:
    """Compare two lists of statements: equal ones are left out, as many of one as of the other are compared in pairs.

    In a `scope`, a module or a class, functions and assignments have names of their own, which are told elsewhere.
    """
    was, now = ([tree_digest(one) or "" for one in side] for side in (old, new))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if b - a == d - c:
            for one, other in zip(old[a:b], new[c:d], strict=True):
                yield from _pair(one, other, named or (scope and _is_named(other)))
            continue
        yield from (Difference(one, None, named=named) for one in old[a:b] if not (scope and _is_named(one)))
        yield from (Difference(None, one, named=named) for one in new[c:d] if not (scope and _is_named(one)))


def _pair(old: ast.AST, new: ast.AST, named: bool) -> Iterator[Difference]:
    """Compare two statements: their bodies one by one, what is beside them as expressions."""
    if tree_digest(old) == tree_digest(new):
        return
    if type(old) is not type(new):
        yield Difference(old, new, named=named)
        return
    heads = list(_heads(old, new, named))
    yield from heads
    for body in _BODIES:
        was, now = getattr(old, body, None), getattr(new, body, None)
        if isinstance(was, list) and isinstance(now, list) and isinstance(old, ast.stmt | ast.excepthandler):
            yield from _blocks(was, now, named=named, scope=isinstance(new, ast.ClassDef))


def _heads(old: ast.AST, new: ast.AST, named: bool) -> Iterator[Difference]:
    """Compare what a statement holds beside its bodies."""
    whole = Difference(old, new, named=named)
    pairs = [(_nodes(getattr(old, field, None)), _nodes(getattr(new, field, None))) for field in _head_fields(new)]
    if _scalars(old) != _scalars(new) or any(len(was) != len(now) for was, now in pairs):
        yield whole  # another name, another operator, one more target
        return
    found = [one for was, now in pairs for one in _expressions(was, now, None)]
    if len(found) > 1 and not all(isinstance(one.new, ast.Constant) for one in found):
        yield whole
        return
    yield from (Difference(one.old, one.new, one.calls, named) for one in _per_call(found))


def _head_fields(node: ast.AST) -> list[str]:
    return [field for field in node._fields if field not in _BODIES or not isinstance(getattr(node, field), list)]


def _scalars(node: ast.AST) -> list[object]:
    """Give what an element holds beside its parts: a name, an operator, a value."""
    values = [getattr(node, field, None) for field in node._fields if field not in ("type_comment", "kind")]
    return [
        [one for one in value if not isinstance(one, ast.AST)] if isinstance(value, list) else value
        for value in values
        if not isinstance(value, ast.AST)
    ]


def _expressions(
    old: Sequence[ast.AST], new: Sequence[ast.AST], calls: tuple[ast.Call, ast.Call] | None
) -> Iterator[Difference]:
    """Compare expressions in pairs, down to the smallest that differ."""
    for was, now in zip(old, new, strict=True):
        if tree_digest(was) == tree_digest(now):
            continue
        parts = list(ast.iter_child_nodes(was)), list(ast.iter_child_nodes(now))
        alike = type(was) is type(now) and _scalars(was) == _scalars(now) and len(parts[0]) == len(parts[1]) > 0
        if not alike or any(_unplaced(*pair) for pair in zip(*parts, strict=True)):
            yield Difference(was, now, calls)
            continue
        both = (was, now) if isinstance(was, ast.Call) and isinstance(now, ast.Call) else calls
        yield from _expressions(*parts, both)


def _unplaced(old: ast.AST, new: ast.AST) -> bool:
    """Say whether two parts differ that have no place in the file: operators."""
    return not hasattr(new, "lineno") and type(old) is not type(new)


def _per_call(found: Sequence[Difference]) -> Iterator[Difference]:
    """Tell the arguments of one call once."""
    seen: set[int] = set()
    for one in found:
        key = id(one.calls[1]) if one.calls else id(one)
        if key not in seen:
            seen.add(key)
            yield one


def _nodes(value: object) -> list[ast.AST]:
    if isinstance(value, ast.AST):
        return [value]
    return [one for one in value if isinstance(one, ast.AST)] if isinstance(value, list) else []


def _is_named(node: ast.AST) -> bool:
    """Say whether a statement of a module goes by a name of its own: a function, or an assignment to one name."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return isinstance(node, ast.Assign | ast.AnnAssign) and len(targets) == 1 and isinstance(targets[0], ast.Name)


def _shown(one: Difference, source: str, *, old: bool) -> str:
    node = one.old if old else one.new
    if node is None:
        return ""
    if one.calls is not None and isinstance(one.old, ast.Constant) and isinstance(one.new, ast.Constant):
        call, other = one.calls if old else one.calls[::-1]
        if any(value is node for value in (*call.args, *(word.value for word in call.keywords))):
            return _code(", ".join(_literals(call, other, source)))
    text = ast.get_source_segment(source, node) or ast.unparse(node)
    return _code(text.partition("\n")[0] if getattr(node, "body", None) else text)


def _literals(call: ast.Call, other: ast.Call, source: str) -> Iterator[str]:
    """Give the literals among the arguments of a call, and those of its keywords that the other call has not."""
    yield from (ast.get_source_segment(source, arg) or "" for arg in call.args if isinstance(arg, ast.Constant))
    theirs = {word.arg: tree_digest(word.value) for word in other.keywords}
    for word in call.keywords:
        if theirs.get(word.arg) != tree_digest(word.value):
            yield f"{word.arg}={ast.get_source_segment(source, word.value)}"


def _code(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}`"

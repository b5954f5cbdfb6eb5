"""Find the places of a module that can be changed so that a test should notice, and say how each is changed.

What no test should hold is left alone: docstrings, the text of messages, annotations, decorators, `__repr__`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mutating.silent import WORDS, is_text, is_value, looked_at, name_of

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
_CALCULATED: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: (r"\*\*", "*"),
    ast.BitOr: (r"\|", "&"),
    ast.BitAnd: ("&", "|"),
}
_PAIRS = [("min", "max"), ("any", "all"), ("floor", "ceil"), ("startswith", "endswith"), ("union", "intersection")]
_OTHER = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
# A word that is a verdict decides. Any other text is a message, or a key that is written at both ends.
_VERDICTS = {"pass": "fail", "fail": "pass", "inconclusive": "pass", "error": "pass", "unjudged": "pass"}
# What is the same in another order, and what would only be of a wrong type in another place.
_SYMMETRIC = {"min", "max", "isinstance", "issubclass"}
_FIXED = (ast.Starred, ast.Lambda, ast.Constant, ast.JoinedStr, ast.GeneratorExp)
_EQUALITY = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


@dataclass(frozen=True)
class Mutant:
    """One change of a module: the bytes from `start` to `end`, which are `before`, give way to `after`."""

    line: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, source: bytes) -> bytes:
        """Give the changed module."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants(source: bytes) -> list[Mutant]:
    """Give every mutant of a module that can be compiled, in the order of its lines."""
    found = {(one.start, one.end, one.after): one for one in _Finder(source).below(ast.parse(source))}
    return sorted((one for one in found.values() if _compiles(one.apply(source))), key=lambda one: (one.start, one.end))


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Finder:
    """One method for each kind of node that has mutants: `of_` and its name in lower case."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def below(self, node: ast.AST) -> Iterator[Mutant]:
        """Give the mutants of everything in a node."""
        for child in looked_at(node):
            method = getattr(self, f"of_{type(child).__name__.lower()}", None)
            if method is not None:
                yield from method(child)
            yield from self.below(child)

    def of_compare(self, node: ast.Compare) -> Iterator[Mutant]:
        """A border, or the contrary."""
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            yield from self.between(left, right, *_COMPARED[type(operator)])

    def of_boolop(self, node: ast.BoolOp) -> Iterator[Mutant]:
        """`and` for `or`, and one part alone where there are two."""
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from self.between(left, right, word, other)
        if len(node.values) == 2:
            for part in node.values:
                yield self.instead(node, self.text(part))

    def of_binop(self, node: ast.BinOp) -> Iterator[Mutant]:
        """Another operator."""
        if type(node.op) in _CALCULATED and not (is_text(node.left) or is_text(node.right)):
            yield from self.between(node.left, node.right, *_CALCULATED[type(node.op)])

    def of_augassign(self, node: ast.AugAssign) -> Iterator[Mutant]:
        """Another operator."""
        if type(node.op) in _CALCULATED:
            yield from self.between(node.target, node.value, *_CALCULATED[type(node.op)])

    def of_unaryop(self, node: ast.UnaryOp) -> Iterator[Mutant]:
        """No `not`, no sign."""
        if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
            yield self.instead(node, self.text(node.operand))

    def of_constant(self, node: ast.Constant) -> Iterator[Mutant]:
        """The next number, the contrary, another verdict."""
        value = node.value
        if isinstance(value, bool):
            yield self.instead(node, str(not value))
        elif isinstance(value, int):
            yield self.instead(node, str(value + 1))
        elif isinstance(value, float):
            yield self.instead(node, repr(value * 1.25 if value else 1.0))
        elif isinstance(value, str) and value in _VERDICTS:
            yield self.instead(node, repr(_VERDICTS[value]))

    def of_if(self, node: ast.If | ast.IfExp | ast.While) -> Iterator[Mutant]:
        """The condition turned round, where no change of its operator does that."""
        test = node.test
        turned = isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Compare) and isinstance(test.ops[0], _EQUALITY))
        if not turned:
            yield self.instead(test, f"not ({self.text(test)})")

    of_ifexp = of_while = of_if

    def of_comprehension(self, node: ast.comprehension) -> Iterator[Mutant]:
        """A filter that lets everything through."""
        for test in node.ifs:
            yield self.instead(test, "True")

    def of_return(self, node: ast.Return) -> Iterator[Mutant]:
        """None for a value."""
        if node.value is not None and not is_value(node.value, None):
            yield self.instead(node.value, "None")

    def of_raise(self, node: ast.Raise) -> Iterator[Mutant]:
        """Nothing is refused."""
        yield self.instead(node, "pass")

    def of_expr(self, node: ast.Expr) -> Iterator[Mutant]:
        """A call for what it does, or a check, left out."""
        if isinstance(node.value, ast.Call):
            yield self.instead(node, "pass")

    def of_continue(self, node: ast.Continue) -> Iterator[Mutant]:
        """The end of the loop."""
        yield self.instead(node, "break")

    def of_break(self, node: ast.Break) -> Iterator[Mutant]:
        """The next turn."""
        yield self.instead(node, "continue")

    def of_call(self, node: ast.Call) -> Iterator[Mutant]:
        """Its contrary, two arguments in each other's place, a keyword left out."""
        name = name_of(node)
        if name in _OTHER:
            end = self.end(node.func)
            yield self.span(node, end - len(name), end, _OTHER[name])
        if len(node.args) > 1 and name not in _SYMMETRIC and not any(isinstance(one, _FIXED) for one in node.args[:2]):
            first, second = node.args[:2]
            between = self.source[self.end(first) : self.start(second)].decode()
            swapped = f"{self.text(second)}{between}{self.text(first)}"
            yield self.span(first, self.start(first), self.end(second), swapped)
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg not in WORDS and not is_value(keyword.value, False):
                yield from self.without(node, keyword)

    def without(self, call: ast.Call, keyword: ast.keyword) -> Iterator[Mutant]:
        """Leave a keyword out, with the comma before it."""
        before = max(
            self.end(one) for one in (call.func, *call.args, *call.keywords) if self.end(one) <= self.start(keyword)
        )
        gap = self.source[before : self.start(keyword)].decode()
        start = before + gap.index(",") if "," in gap else self.start(keyword)
        yield self.span(keyword, start, self.end(keyword), "")

    def between(self, left: ast.expr, right: ast.expr, pattern: str, after: str) -> Iterator[Mutant]:
        """Change the operator that stands between two operands."""
        start = self.end(left)
        found = re.search(pattern, self.source[start : self.start(right)].decode())
        if found is not None:
            yield self.span(left, start + found.start(), start + found.end(), after)

    def instead(self, node: ast.expr | ast.stmt, after: str) -> Mutant:
        """Put something in the place of a whole node."""
        return self.span(node, self.start(node), self.end(node), after)

    def span(self, node: ast.expr | ast.stmt | ast.keyword, start: int, end: int, after: str) -> Mutant:
        line = 1 + self.source.count(b"\n", 0, start)
        return Mutant(line, start, end, self.source[start:end].decode(), after)

    def text(self, node: ast.expr) -> str:
        return self.source[self.start(node) : self.end(node)].decode()

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

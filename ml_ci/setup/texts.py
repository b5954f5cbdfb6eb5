"""Which texts an expression of a program may give, as far as its text shows: paths above all. Nothing is run."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

# Where a path begins that was made from `__file__`: at the repository's root, wherever the program is started.
TOP = "/@top@/"
_DEEPEST = 12
_MOST = 24
_MOST_STEPS = 2_000
_PATHS = {"Path", "PurePath", "PosixPath", "str", "abspath", "realpath", "normpath", "expanduser", "fspath"}
_SAME = {"resolve", "absolute", "expanduser", "as_posix"}


class Texts:
    """Know what the names of some programs may stand for, and give the texts of an expression by that."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self._steps = 0
        self._names: dict[str, list[ast.expr]] = {}
        self._functions: dict[str, ast.FunctionDef] = {}
        nodes = [node for tree in trees.values() for node in ast.walk(tree)]
        self._functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
        for name, value in (pair for node in nodes for pair in self._find_bindings(node)):
            self._names.setdefault(name, []).append(value)

    def of(self, node: ast.expr, path: str, deep: int = 0) -> tuple[str, ...]:
        """Give what an expression in the program at `path` may be, each text once; nothing where that is not seen."""
        self._steps = self._steps + 1 if deep else 0
        if deep > _DEEPEST or self._steps > _MOST_STEPS:  # names that are made of one another
            return ()
        return tuple(dict.fromkeys(islice(self._find(node, path, deep + 1), _MOST)))

    def _find(self, node: ast.expr, path: str, deep: int) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name) and node.id == "__file__":
            yield TOP + path
        elif isinstance(node, ast.Name):
            yield from self._look_up(node.id, path, deep)
        elif isinstance(node, ast.Attribute):
            yield from self._read_attribute(node, path, deep)
        elif isinstance(node, ast.Subscript):
            yield from self._climb(node, path, deep)
        elif isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in node.values]
            yield from self._join(parts, "", path, deep)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
            between = "/" if isinstance(node.op, ast.Div) else ""
            yield from self._join((node.left, node.right), between, path, deep)
        elif isinstance(node, ast.Call):
            yield from self._answer_call(node, path, deep)

    def _look_up(self, name: str, path: str, deep: int) -> Iterator[str]:
        for value in self._names.get(name, ())[:_MOST]:
            yield from self.of(value, path, deep)

    def _read_attribute(self, node: ast.Attribute, path: str, deep: int) -> Iterator[str]:
        if node.attr == "parent":
            yield from (posixpath.dirname(one) or "." for one in self.of(node.value, path, deep))
        else:  # args.model, settings.MODEL, self.path: a name of that kind somewhere
            yield from self._look_up(node.attr, path, deep)

    def _climb(self, node: ast.Subscript, path: str, deep: int) -> Iterator[str]:
        value, index = node.value, node.slice
        if isinstance(value, ast.Attribute) and value.attr == "parents" and isinstance(index, ast.Constant):
            for one in self.of(value.value, path, deep):
                for _ in range(int(index.value) + 1 if isinstance(index.value, int) else 0):
                    one = posixpath.dirname(one)
                yield one or "."

    def _answer_call(self, node: ast.Call, path: str, deep: int) -> Iterator[str]:
        name = name_called(node)
        if name == "join" and isinstance(node.func, ast.Attribute) and node.args:
            yield from self._join(node.args, "/", path, deep)
        elif name == "joinpath" and isinstance(node.func, ast.Attribute):
            yield from self._join((node.func.value, *node.args), "/", path, deep)
        elif name == "dirname" and node.args:
            yield from (posixpath.dirname(one) or "." for one in self.of(node.args[0], path, deep))
        elif name in _SAME and isinstance(node.func, ast.Attribute) and not node.args:
            yield from self.of(node.func.value, path, deep)
        elif name in _PATHS and node.args:
            yield from self._join(node.args, "/", path, deep)
        elif name == "open":
            yield from (text for one in find_opened(node) for text in self.of(one, path, deep))
        elif name in self._functions:
            for inner in ast.walk(self._functions[name]):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from self.of(inner.value, path, deep)

    def _join(self, parts: Iterable[ast.expr], between: str, path: str, deep: int) -> Iterator[str]:
        found = [self.of(one, path, deep) for one in parts]
        join = posixpath.join if between else lambda *texts: "".join(texts)
        if all(found):
            yield from (join(*one) for one in product(*found))

    def _find_bindings(self, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
        """Give what names are bound to: by assignments, loops, arguments of the command line, calls and defaults."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _pair_up(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _pair_up(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.List | ast.Tuple):
            for one in node.iter.elts:
                yield from _pair_up(node.target, one)
        elif isinstance(node, ast.With):
            for item in node.items:
                if item.optional_vars is not None:
                    yield from _pair_up(item.optional_vars, item.context_expr)
        elif isinstance(node, ast.FunctionDef):
            yield from _find_defaults(node)
        elif isinstance(node, ast.Call):
            yield from self._find_arguments(node)

    def _find_arguments(self, node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        if name_called(node) in ("add_argument", "option", "Option") and node.args:
            flags = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            longest = max(flags, key=len, default="").lstrip("-").replace("-", "_")
            yield from ((longest, word.value) for word in node.keywords if word.arg == "default" and longest)
        function = self._functions.get(name_called(node))
        if function is not None:
            names = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]
            yield from zip(names, node.args, strict=False)
            yield from ((word.arg, word.value) for word in node.keywords if word.arg in names)


def name_called(node: ast.Call) -> str:
    """Give the last name of what is called: `dump` of joblib.dump."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def find_opened(node: ast.Call) -> list[ast.expr]:
    """Give the path of open(path), or of path.open()."""
    if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") not in ("io", "gzip", "codecs"):
        return [node.func.value]
    return node.args[:1]


def _pair_up(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name | ast.Attribute):
        yield (target.id if isinstance(target, ast.Name) else target.attr), value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _pair_up(one, other)


def _find_defaults(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    given = node.args.defaults
    yield from zip([one.arg for one in node.args.args[len(node.args.args) - len(given) :]], given, strict=True)
    for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if default is not None:
            yield one.arg, default

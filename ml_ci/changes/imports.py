"""What a Python file imports, read from its syntax tree."""

from __future__ import annotations

import ast
import re

from ml_ci.frozen import dataclass

_LINE = re.compile(r"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b(.*)|import[ \t]+([\w., \t]+))", re.MULTILINE)
_BY_NAME = frozenset({"import_module", "__import__", "run_module"})


@dataclass(frozen=True)
class Import:
    """One import: `level` dots, the `module` ("" after bare dots), and the `names` taken from it ("*" for all).

    Without names it is `import a.b.c`.
    """

    module: str
    level: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imports:
    """What one file needs of others: its imports, scripts named in its strings, lines that import by a variable."""

    imports: tuple[Import, ...] = ()
    scripts: tuple[str, ...] = ()
    unknown: tuple[int, ...] = ()


def imports(tree: ast.AST) -> Imports:
    """Collect every import, wherever it stands: in functions, under conditions, in `try`, by name in a call.

    Strings that end in `.py` are taken for scripts that the file runs. Files that it opens are not followed.
    """
    found: list[Import] = []
    scripts: list[str] = []
    unknown: list[int] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(Import(node.module or "", node.level, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Call) and _find_called(node.func) in _BY_NAME:
            named = _name(node)
            found += [named] if named else []
            unknown += [] if named else [node.lineno]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".py"):
            scripts.append(node.value)
    return Imports(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(scripts)), tuple(unknown))


def imports_by_line(text: str) -> Imports:
    """Collect the imports of a file that does not parse, a line at a time; names in parentheses stand for all."""
    found: list[Import] = []
    for dots, module, names, plain in _LINE.findall(text):
        if plain:
            found += [Import(name.split()[0]) for name in plain.split(",") if name.split()]
        else:
            taken = (
                ["*"]
                if "(" in names or "\\" in names
                else [name.split()[0] for name in names.split(",") if name.split()]
            )
            found.append(Import(module, len(dots), tuple(taken)))
    return Imports(tuple(dict.fromkeys(found)))


def _find_called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _name(call: ast.Call) -> Import | None:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    name = call.args[0] if call.args else keywords.get("name", keywords.get("mod_name"))
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    module = name.value.lstrip(".")
    return Import(module, len(name.value) - len(module))

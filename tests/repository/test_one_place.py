"""Where git is started, and how: options end before what is not ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import ml_ci
from ml_ci.repository import opened as module

SOURCES = Path(ml_ci.__file__).parent


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        function = getattr(node, "func", None)
        value = getattr(function, "value", None)
        if isinstance(node, ast.Call) and getattr(value, "attr", getattr(value, "id", "")) == "git":
            yield node


def _safe(call: ast.Call) -> bool:
    """Say whether what is no word of ours stands behind the sign that ends options."""
    for argument in call.args:
        if isinstance(argument, ast.Constant) and argument.value in ("--", "--end-of-options"):
            return True
        if not isinstance(argument, ast.Constant):
            return False
    return True


def test_options_end_before_what_is_not_ours() -> None:
    found = {}
    for path in SOURCES.rglob("*.py"):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            found[f"{path.relative_to(SOURCES)}: {ast.unparse(call)}"] = _safe(call)
    assert len(found) > 15
    # Written as `checkout BRANCH --`: a name of the demo's own, which git wants before the sign.
    assert [where for where, safe in found.items() if not safe] == [
        "demo/repository.py: repo.git.checkout('--quiet', branch, '--')"
    ]


def test_git_is_opened_and_started_in_one_place_each() -> None:
    importing, starting = set(), set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if any(name.partition(".")[0] in ("git", "gitdb") for name in names):
                importing.add(path.name)
            words = node.elts if isinstance(node, ast.Tuple | ast.List) else []
            if words and isinstance(words[0], ast.Constant) and words[0].value == "git":
                starting.add(path.name)
    # For their annotations alone: checked_out.py, mixture.py, submodules.py (TYPE_CHECKING).
    assert importing == {"opened.py", "checked_out.py", "mixture.py", "submodules.py"}
    assert starting == {"git.py"}
    assert module.__file__

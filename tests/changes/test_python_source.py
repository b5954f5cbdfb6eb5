from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_ci.changes.python_source import definitions, parse, tree_digest

SOURCE = '''"""Train."""
import os


class Model:
    """A model."""

    depth = 3

    def fit(self, rows):
        """Fit."""
        if rows:
            total = sum(rows)  # all of them
            return {"a": [1, 2], 'b': f"{total!r:>8}"}
        return None


async def later(x, *, y=0x10):
    del x, y
    return lambda z: (z, -1.5e3)
'''


def said(source: str | bytes) -> str | None:
    tree = parse(source)
    assert tree is not None
    return tree_digest(tree)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 1  # one"),
        ("x = 1", "\n\n\nx   =   1\n"),
        ("x = 1", "x = (1)"),
        ("x = 'a'", 'x = "a"'),
        ("x = 'a'", "x = u'a'"),
        ("x = 'ab'", "x = 'a' 'b'"),
        ("x = 255", "x = 0XFF"),
        ("x = [1, 2]", "x = [\n    1,\n    2,\n]"),
        ("def f():\n    return 1", 'def f():\n    """Say."""\n    return 1'),
        ("class A:\n    x = 1", 'class A():\n    "Doc."\n    x = 1'),
        ("x = 1", '"""Module."""\nx = 1'),
        ("del a, b", "del (a, b)"),
        ("with open(a) as b, open(c) as d: pass", "with (\n    open(a) as b,\n    open(c) as d,\n):\n    pass"),
        ("if a: b = 1", "if a:\n  b = 1"),
        ("x = 1\n", "# -*- coding: latin-1 -*-\nx = 1\n"),
        ("x = 1\ny = 2\n", "x = 1; y = 2"),
    ],
)
def test_writing_differently_is_no_change(before: str, after: str) -> None:
    assert said(before) == said(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 2"),
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("x = 1", "y = 1"),
        ("def f(a): return a", "def f(b): return b"),
        ("def f(): return 1", "def f(): return 1, 2"),
        ("def f(): pass", "async def f(): pass"),
        ("x = a + b", "x = b + a"),
        ("x = -1", "x = +1"),
        ("x = 'a b'", "x = 'a  b'"),
        ("f(a)", "f(*a)"),
        ("f(a=1)", "f(b=1)"),
        ("import a", "import a as b"),
        ("from . import a", "from .. import a"),
        ("f'{x}'", "f'{x!r}'"),
        ("x: int = 1", "x = 1"),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
        ("x = '''doc'''", "y = '''doc'''"),
        ("f(None)", "f(...)"),
        ("[a for a in b]", "(a for a in b)"),
        ("def f(a, /): pass", "def f(a): pass"),
        ("def f(*, a): pass", "def f(a): pass"),
        ("f([], [[]])", "f([[]], [])"),
        ("while a: pass\nelse: b()", "while a: b()"),
        ("def f(a, b=1): pass", "def f(a=1, b=1): pass"),
        ("def f(*, a=None, b): pass", "def f(*, a, b=None): pass"),
        ("{**a, 'b': 1}", "{'b': 1, **a}"),
    ],
)
def test_saying_something_else_is_a_change(before: str, after: str) -> None:
    assert said(before) != said(after)


comments = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)


@given(st.lists(st.tuples(st.sampled_from(["comment", "blank", "trailing"]), comments), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_comments_and_blank_lines_never_change_the_digest(edits: list[tuple[str, str]]) -> None:
    lines = SOURCE.split("\n")
    for number, (kind, text) in enumerate(edits):
        place = (number * 7 + len(text)) % len(lines)
        if kind == "trailing" and '"""' not in lines[place]:
            lines[place] += f"  # {text}"
        else:
            lines.insert(place, f"# {text}" if kind == "comment" else "   ")
    assert said("\n".join(lines)) == said(SOURCE)


@given(st.integers(2, 9))
def test_unparsing_is_formatting(_: int) -> None:
    assert said(ast.unparse(ast.parse(SOURCE))) == said(SOURCE)


def test_a_huge_integer_has_a_digest() -> None:
    assert said("x = 0x" + "f" * 20_000) != said("x = 0x" + "f" * 19_999)


@pytest.mark.parametrize("source", [b"print 'python 2'", b"x = \x00", b"def", b"\xff\xfe", b"(" * 10_000])
def test_what_is_no_python_is_not_parsed(source: bytes) -> None:
    assert parse(source) is None


def test_fields_of_later_versions_are_the_same_as_none() -> None:
    tree = ast.parse("def f(): return 1\nclass A: pass")
    before = tree_digest(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.__dict__["type_params"] = []
            if "type_params" in node._fields:
                del node.__dict__["type_params"]
    assert tree_digest(tree) == before


def test_definitions_name_functions_methods_constants_and_the_rest() -> None:
    found = definitions(ast.parse(SOURCE + "\nLIMIT = 3\nprint(LIMIT)\n"))
    assert set(found) == {"", "Model", "Model.depth", "Model.fit()", "later()", "LIMIT"}


def test_a_changed_method_is_no_change_of_its_class() -> None:
    before = definitions(ast.parse(SOURCE))
    after = definitions(ast.parse(SOURCE.replace("sum(rows)", "max(rows)")))
    assert {name for name in after if after[name] != before[name]} == {"Model.fit()"}


@pytest.mark.parametrize("text", ["x = '\\d'\n", "x = 1if y else 2\n"])
def test_what_python_warns_of_in_a_file_is_told_by_nobody(text: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert parse(text) is not None
    assert caught == []

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.changes.closure import Closure, closure, find_module
from ml_ci.changes.sources import Sources


@pytest.fixture
def reached(tree: Any) -> Any:
    def follow(files: dict[str, str], start: str = "train.py", roots: tuple[str, ...] = ("", "src")) -> Closure:
        return closure([start], Sources(tree(files), None), roots)

    return follow


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import pkg.a", {"pkg/__init__.py", "pkg/a.py"}),
        ("import pkg.a as x", {"pkg/__init__.py", "pkg/a.py"}),
        ("from pkg import a", {"pkg/__init__.py", "pkg/a.py"}),
        ("from pkg import name", {"pkg/__init__.py"}),
        ("from pkg.a import f", {"pkg/__init__.py", "pkg/a.py"}),
        ("from pkg import *", {"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}),
        ("import pkg.sub.deep", {"pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/deep.py", "pkg/b.py"}),
        ("import pkg.sub.named", {"pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/named.py", "pkg/b.py"}),
        ("import space.inner", {"space/inner.py"}),
        ("from space import inner", {"space/inner.py"}),
        ("def f():\n    import other", {"other.py"}),
        ("try:\n    import fast\nexcept ImportError:\n    import other", {"other.py"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import other", {"other.py"}),
        ("import importlib\nimportlib.import_module('pkg.a')", {"pkg/__init__.py", "pkg/a.py"}),
        ("from importlib import import_module\nimport_module(name='other')", {"other.py"}),
        ("__import__('other')", {"other.py"}),
        ("import runpy\nrunpy.run_path('other.py')", {"other.py"}),
        ("import lib.inside", {"src/lib/__init__.py", "src/lib/inside.py"}),
        ("import loop1", {"loop1.py", "loop2.py"}),
        ("import json, os.path", set()),
        ("print('nothing')", set()),
        ("class A:\n    from other import x", {"other.py"}),
        ("import speedups", {"speedups.pyx"}),
    ],
)
def test_imports_are_followed(reached: Any, text: str, expected: set[str]) -> None:
    files = {
        "train.py": text,
        "other.py": "x = 1",
        "pkg/__init__.py": "name = 1",
        "pkg/a.py": "",
        "pkg/b.py": "",
        "pkg/sub/__init__.py": "",
        "pkg/sub/deep.py": "from .. import b",
        "pkg/sub/named.py": "import importlib\nimportlib.import_module('..b', __package__)",
        "space/inner.py": "",
        "src/lib/__init__.py": "from . import inside",
        "src/lib/inside.py": "",
        "loop1.py": "import loop2",
        "loop2.py": "import loop1",
        "speedups.pyx": "cdef int x",
        "unrelated.py": "",
    }
    assert reached(files).files == {"train.py", *expected}


def test_the_packages_around_a_file_belong_to_it(reached: Any) -> None:
    files = {"a/__init__.py": "import c", "a/b/__init__.py": "", "a/b/train.py": "from ...x import y", "c.py": ""}
    assert reached(files, "a/b/train.py").files == {"a/__init__.py", "a/b/__init__.py", "a/b/train.py", "c.py"}


def test_a_script_finds_its_neighbours_before_the_project(reached: Any) -> None:
    files = {"jobs/train.py": "import words", "jobs/words.py": "", "words.py": ""}
    assert reached(files, "jobs/train.py").files == {"jobs/train.py", "jobs/words.py"}


def test_modules_outside_are_named_by_their_top_without_the_standard_library(reached: Any) -> None:
    found = reached({"train.py": "import sklearn.linear_model, numpy as np, os, json\nfrom yaml import x"})
    assert found.outside == {"sklearn", "numpy", "yaml"}


def test_a_local_module_shadows_a_distribution(reached: Any) -> None:
    assert reached({"train.py": "import yaml", "yaml.py": ""}).outside == frozenset()


def test_a_folder_without_modules_shadows_nothing(reached: Any) -> None:
    assert reached({"train.py": "import datasets", "datasets/x.csv": ""}).outside == {"datasets"}


def test_an_import_by_a_variable_is_named_with_its_line(reached: Any) -> None:
    found = reached({"train.py": "import importlib\n\nimportlib.import_module(name)\n"})
    assert found.unknown == ("train.py:3",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import other\nprint 'x'", {"other.py"}),
        ("from pkg import (\n  a,\n)\nprint 'x'", {"pkg/__init__.py", "pkg/a.py"}),
        ("from .other import x\nprint 'x'", {"other.py"}),
    ],
)
def test_imports_of_a_file_that_does_not_parse_are_read_by_line(reached: Any, text: str, expected: set[str]) -> None:
    found = reached({"train.py": text, "other.py": "", "pkg/__init__.py": "", "pkg/a.py": ""})
    assert found.files == {"train.py", *expected}
    assert found.unread == ("train.py",)


@pytest.mark.parametrize(
    ("module", "expected"),
    [("pkg.train", "pkg/train.py"), ("pkg", "pkg/__init__.py"), ("pkg.gone", None), ("lib", "src/lib.py")],
)
def test_a_module_is_found_whole_or_not(module: str, expected: str | None) -> None:
    files = ["pkg/__init__.py", "pkg/train.py", "src/lib.py"]
    assert find_module(module, files, ("", "src")) == expected

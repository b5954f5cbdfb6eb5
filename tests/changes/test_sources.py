from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_ci.changes.globs import matching
from ml_ci.changes.sources import Sources, source


def notebook(*cells: str, outputs: tuple[str, ...] = (), kind: str = "code", **metadata: str) -> bytes:
    made = [
        {"cell_type": kind, "source": cell.splitlines(keepends=True), "outputs": list(outputs), "execution_count": 3}
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4}).encode()


def test_a_notebook_is_its_code_cells() -> None:
    before = source("a.ipynb", notebook("import words\nx = 1"))
    after = source("a.ipynb", notebook("import words\nx  =  1  # one", outputs=("3",), kernel="other"))
    assert before == after
    assert [one.module for one in after.imports.imports] == ["words"]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (["x = 1"], ["x = 2"], False),
        (["%matplotlib inline\nx = 1"], ["%matplotlib inline\nx=1"], True),
        (["%run a.py\nx = 1"], ["%run b.py\nx = 1"], False),
        (["!pip install a"], ["!pip install b"], False),
        (["%%bash\nls"], ["%%bash\nls -l"], False),
        (["x = 1", "# only words"], ["x = 1"], True),
        (["x = 1", "y = 2"], ["y = 2", "x = 1"], False),
        (["print 'two'"], ["print 'three'"], False),
    ],
)
def test_what_changes_a_notebook(before: list[str], after: list[str], same: bool) -> None:
    assert (source("a.ipynb", notebook(*before)) == source("a.ipynb", notebook(*after))) is same


def test_text_cells_are_no_code() -> None:
    with_words = json.loads(notebook("x = 1"))
    with_words["cells"].append({"cell_type": "markdown", "source": ["# Words"]})
    assert source("a.ipynb", json.dumps(with_words).encode()) == source("a.ipynb", notebook("x = 1"))


def test_a_damaged_notebook_counts_by_its_bytes() -> None:
    found = source("a.ipynb", b"{")
    assert not found.readable and found.digest != source("a.ipynb", b"[").digest


def test_other_files_count_by_their_git_object_and_are_not_read(tree: Any) -> None:
    files = tree({"a.R": "x\n", "b.R": "x\n", "c.R": "y\n"})
    files.read = None
    sources = Sources(files, None)
    assert sources["a.R"] == sources["b.R"] != sources["c.R"]


def test_what_was_read_is_kept_by_its_git_object(tree: Any, tmp_path: Path) -> None:
    first = Sources(tree({"a.py": "import b"}), tmp_path)
    known = first["a.py"]
    first.save()
    unread = tree({"a.py": "import b"})
    unread.read = None  # a second run must not need it
    assert Sources(unread, tmp_path)["a.py"] == known


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 1, "values": []}', b'{"format": 99}', b"\xff"])
def test_a_damaged_cache_is_an_empty_one(tree: Any, tmp_path: Path, damage: bytes) -> None:
    files = tree({"a.py": "import b"})
    first = Sources(files, tmp_path)
    known = first["a.py"]
    first.save()
    (tmp_path / "cache" / "sources.json").write_bytes(damage)
    assert Sources(files, tmp_path)["a.py"] == known


def test_damaged_values_in_a_cache_are_made_again(tree: Any, tmp_path: Path) -> None:
    files = tree({"a.py": "import b"})
    first = Sources(files, tmp_path)
    known = first["a.py"]
    first.save()
    kept = tmp_path / "cache" / "sources.json"
    content = json.loads(kept.read_bytes())
    content["values"] = {key: {"digest": 1, "imports": "x"} for key in content["values"]}
    kept.write_text(json.dumps(content))
    assert Sources(files, tmp_path)["a.py"] == known


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.py", ["a.py"]),
        ("**/*.py", ["a.py", "b/c.py", "b/d/e.py"]),
        ("b/*.py", ["b/c.py"]),
        ("b", ["b/c.py", "b/d/e.py", "b/x1.csv"]),
        ("./b/", ["b/c.py", "b/d/e.py", "b/x1.csv"]),
        ("b/**", ["b/c.py", "b/d/e.py", "b/x1.csv"]),
        ("b/x[0-9].csv", ["b/x1.csv"]),
        ("b/x[!0-9].csv", []),
        ("b/x?.csv", ["b/x1.csv"]),
        ("b/c.p", []),
    ],
)
def test_globs(pattern: str, expected: list[str]) -> None:
    assert matching(pattern, ["a.py", "b/c.py", "b/d/e.py", "b/x1.csv"]) == expected

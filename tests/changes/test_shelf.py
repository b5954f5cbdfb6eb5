"""Sources that models and jobs share are read once for a tree."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ml_ci.changes.closure import closure
from ml_ci.changes.sources import Shelf

FILES = {"a.py": None, "b.py": None, "c.py": None}
TEXTS = {"a.py": b"import b, numpy", "b.py": b"", "c.py": b"import b"}


class _Tree:
    """A tree that counts what is read of it."""

    commit, folder, left_out = None, None, frozenset[str]()

    def __init__(self) -> None:
        self.read_files: list[str] = []

    def files(self) -> dict[str, None]:
        return FILES

    def read(self, path: str) -> bytes:
        self.read_files.append(path)
        return TEXTS[path]


def test_a_file_is_read_once_for_all_that_is_fingerprinted_in_a_tree() -> None:
    shelf, tree = Shelf(), _Tree()
    found = [closure(starts, shelf.find(tree, None, ()), ("",)) for starts in (["a.py"], ["c.py"], ["c.py", "a.py"])]  # type: ignore[arg-type]
    assert [sorted(one.files) for one in found] == [["a.py", "b.py"], ["b.py", "c.py"], ["a.py", "b.py", "c.py"]]
    assert [one.outside for one in found] == [{"numpy"}, frozenset(), {"numpy"}]
    assert sorted(tree.read_files) == ["a.py", "b.py", "c.py"]


def test_other_roots_are_another_closure_and_the_order_of_starts_is_none() -> None:
    sources = Shelf().find(_Tree(), None, ())  # type: ignore[arg-type]
    assert closure(["a.py", "c.py"], sources, ("",)) is closure(["c.py", "a.py"], sources, ("", ""))
    assert closure(["a.py", "c.py"], sources, ("src",)) is not closure(["c.py", "a.py"], sources, ("",))


def test_each_tree_and_state_has_its_own(tmp_path: Path) -> None:
    shelf: Any = Shelf()
    one, other = _Tree(), _Tree()
    known = [shelf.find(one, None, ()), shelf.find(other, None, ()), shelf.find(one, tmp_path, ())]
    assert len({id(sources) for sources in known}) == 3
    assert shelf.find(one, None, ()) is known[0]
    del one
    assert shelf.find(SimpleNamespace(files=dict), None, ()) not in known  # its id may be that of a tree that is gone

"""What a job left is kept beside what it read, and believed only in its own shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ml_ci.records.manifests import Entry, entries, entry, note, pack_entries, unpack_entries

LEFT = {"made/a.csv": "1" * 64}
ONE = Entry("m", "k", {"files": {"a.py": "1"}}, ("/data",), LEFT)


def test_what_was_left_comes_back_from_the_file_and_from_a_record(tmp_path: Path) -> None:
    note(tmp_path, ONE)
    assert list(entries(tmp_path, "m")) == list(unpack_entries({"reads": pack_entries([ONE])})) == [ONE]


def test_an_entry_that_says_nothing_of_it_is_as_before() -> None:
    plain = Entry("m", "k", {}, ())
    assert "left" not in pack_entries([plain])[0]
    assert list(unpack_entries({"reads": pack_entries([plain])})) == [plain]


@pytest.mark.parametrize("left", ["x", ["x"], {"a": 1}, {"a": None}, None])
def test_anything_else_is_nothing(left: Any) -> None:
    found = entry("m", "k", {"format": 1, "states": {}, "outside": [], "left": left})
    assert found is not None
    assert found.left == {}

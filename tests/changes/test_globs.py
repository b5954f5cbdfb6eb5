"""Declared paths over the paths of a tree."""

from __future__ import annotations

import pytest

from ml_ci.changes.globs import declared_by


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data", ["data/a.csv", "data/sub/b.csv"]),
        ("data/a.csv", ["data/a.csv"]),
        ("data/*.csv", ["data/a.csv"]),
        ("data/**", ["data/a.csv", "data/sub/b.csv"]),
        ("dat", []),
    ],
)
def test_what_a_declared_path_stands_for(path: str, expected: list[str]) -> None:
    assert declared_by(path, ["data/a.csv", "data/sub/b.csv", "database/c.csv"]) == expected

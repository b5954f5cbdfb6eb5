"""Columns as their distinct values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.columns import Column, hashed, key, read_columns
from ml_ci.tables.table import Table
from tests.behaviours.asking import columns_of


@pytest.mark.parametrize(
    ("texts", "kind", "cells"),
    [
        (["1", "2", ""], "number", [1, 2, None]),
        (["1", "2.5", "NA"], "number", [1.0, 2.5, None]),
        (["-3", "+4", "1e3"], "number", [-3.0, 4.0, 1000.0]),
        (["True", "false"], "truth", [True, False]),
        (["True", "", "false"], "truth", [True, None, False]),
        (["1", "two"], "text", ["1", "two"]),
        (["a", "nan"], "text", ["a", None]),
        (["", "NaN"], "text", [None, None]),
        (["1_000", "2"], "text", ["1_000", "2"]),
        (["1" * 30, "2"], "number", [float("1" * 30), 2.0]),
    ],
)
def test_values_are_typed_as_a_reader_of_text_types_them(texts: list[str], kind: str, cells: list[Cell]) -> None:
    column = columns_of({"x": texts}).columns["x"]
    found = [column.cell(row) for row in range(len(texts))]
    assert (column.kind, found, [type(one) for one in found]) == (kind, cells, [type(one) for one in cells])


def test_a_file_with_types_has_texts_that_look_like_numbers_or_like_nothing() -> None:
    column = Column.of("x", np.arange(3, dtype=np.int32), ["", "01", "NA"], typed=True, text=True)
    assert column.cells == (None, "01", "NA")


@pytest.mark.parametrize(
    ("texts", "typical"),
    [
        ([1, 2, 3, 40], 2),
        ([5, 5, 9], 5),
        ([1, "", "", ""], None),
        ([1, ""], 1),
        (["b", "a", "b"], "b"),
        (["", "", "a"], None),
        (["True", "True", "False"], True),
    ],
)
def test_the_typical_value_is_the_lower_median_or_the_most_frequent(texts: list[object], typical: Cell) -> None:
    found = columns_of({"x": texts}).columns["x"].typical
    assert (found, type(found)) == (typical, type(typical))


def test_what_is_equal_is_held_together() -> None:
    column = columns_of({"x": ["1.0", "1", "2.50", "2.5", ""]}).columns["x"]
    assert dict(column.held_by) == {1.0: 2, 2.5: 2, None: 1}
    assert column.present == (1.0, 2.5)


def test_true_is_not_one() -> None:
    assert key(True) != key(1)
    assert key(1) == key(1.0)
    assert hashed(1) == hashed("1.0")
    assert hashed("a", "b") != hashed("ab")


def test_a_row_is_hashed_by_its_content() -> None:
    one = columns_of({"a": [1, 2, 3], "b": ["x", "y", "x"]}).hashes
    moved = columns_of({"b": ["x", "x", "y"], "a": ["3.0", "1", "2"]}).hashes
    assert moved.tolist() == [one[2], one[0], one[1]]
    swapped = columns_of({"b": [1, 2, 3], "a": ["x", "y", "x"]}).hashes
    assert not set(swapped.tolist()) & set(one.tolist())


def test_a_table_is_read_without_its_label(tmp_path: Path) -> None:
    path = tmp_path / "holdout.csv"
    path.write_text("age,job,churned\n40,cook,0\n,baker,1\n")
    holdout = read_columns(Table.open(path), without=["churned"])
    assert [holdout.row(row) for row in range(2)] == [{"age": 40, "job": "cook"}, {"age": None, "job": "baker"}]


def test_parquet_keeps_its_types(tmp_path: Path, write_parquet: Callable[[Path], None]) -> None:
    path = tmp_path / "holdout.parquet"
    write_parquet(path)
    assert read_columns(Table.open(path)).row(0) == {"zip": "01234", "n": 7, "x": 1.0, "on": True}


@pytest.fixture
def write_parquet() -> Callable[[Path], None]:
    """Write a file with a column of each type."""

    def write(path: Path) -> None:
        import duckdb

        query = "SELECT '01234' AS zip, 7::INTEGER AS n, 1::DOUBLE AS x, true AS \"on\""
        duckdb.sql(query).write_parquet(str(path))

    return write

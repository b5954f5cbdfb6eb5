"""Columns that may name somebody, and rows that are copies of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml_ci.tables.entities import count_copies, find_entities, is_called_like_an_id
from ml_ci.tables.table import Table


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(
            (name, True)
            for name in ("customer_id", "userId", "PATIENT", "id", "uuid", "session", "device.key", "shop2")
        ),
        *((name, False) for name in ("customer_age", "valid", "paid", "idle", "user_rating", "amount", "x", "")),
    ],
)
def test_a_name_is_an_id_by_its_last_word(name: str, is_one: bool) -> None:
    assert is_called_like_an_id(name) is is_one


def opened(folder: Path, columns: dict[str, list[object]]) -> Table:
    rows = zip(*columns.values(), strict=True)
    path = folder / "t.csv"
    path.write_text(",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return Table.open(path)


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("customer_id", [row // 4 for row in range(200)], [("customer_id", True)]),
        ("customer_id", list(range(200)), []),  # a row each
        ("customer_id", [row % 10 for row in range(200)], []),  # too few
        ("who", [f"w{row // 4}" for row in range(200)], [("who", False)]),
        ("age", [row // 4 for row in range(200)], []),  # a number that is not called so
    ],
)
def test_entities(tmp_path: Path, column: str, values: list[object], found: list[tuple[str, bool]]) -> None:
    table = opened(tmp_path, {"y": [row % 2 for row in range(200)], column: values})
    assert [(one.column, one.named) for one in find_entities(table, ["y"])] == found


def test_a_group_of_many_rows_is_no_entity_unless_it_is_called_so(tmp_path: Path) -> None:
    values: list[object] = [f"v{row // 60}" for row in range(1800)]
    table = opened(tmp_path, {"city": values, "store": values})
    assert [one.column for one in find_entities(table)] == ["store"]
    assert find_entities(table, ["city", "store"]) == []


def test_copies_are_counted_where_the_columns_tell_rows_apart(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    a, b = (random.random(500).round(6).tolist() for _ in "ab")
    same = [*range(450), *range(50)]
    columns: dict[str, list[object]] = {
        "row_id": list(range(500)),
        "a": [a[row] for row in same],
        "b": [b[row] for row in same],
        "y": [row % 2 for row in range(500)],
    }
    assert count_copies(opened(tmp_path, columns), ["y"]) == 50
    del columns["row_id"]
    assert count_copies(opened(tmp_path, columns), ["y"]) == 50


@pytest.mark.parametrize("values", [2, 3, 5])
def test_rows_of_few_values_are_alike_by_chance(tmp_path: Path, values: int) -> None:
    random = np.random.default_rng(1)
    columns: dict[str, list[object]] = {name: random.integers(0, values, 500).tolist() for name in "abc"}
    assert count_copies(opened(tmp_path, columns)) == 0


def test_a_table_of_nothing_else_has_no_copies(tmp_path: Path) -> None:
    assert count_copies(opened(tmp_path, {"y": [0, 1, 0], "id": [1, 2, 3]}), ["y"]) == 0

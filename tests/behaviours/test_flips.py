"""What changes a decision about one row, column by column, and nothing that would show somebody's row."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.flips import Change, find_changes, find_sways
from tests.behaviours.asking import Model, columns_of


@pytest.fixture(scope="module")
def holdout() -> Columns:
    texts = ["a"] * 500 + ["b"] * 300 + ["c"] * 198 + ["rare"] * 2
    return columns_of({"n": [place // 10 for place in range(1000)], "t": texts, "same": [7] * 1000})


ROW = {"n": 50, "t": "a", "same": 7}


def changes(holdout: Columns, score: Any) -> list[tuple[str, tuple[Any, ...]]]:
    return [(one.column, one.values) for one in find_changes(Model.of(holdout, score), holdout, ROW, None)]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (lambda row: row["n"] / 100, [("n", (49,))]),
        (lambda row: 1 - row["n"] / 200, []),
        (lambda row: float(30 <= row["n"] <= 60), [("n", (29, 61))]),
        (lambda row: 0.25 + 0.5 * (row["t"] in ("b", "rare")), [("t", ("b",))]),
        (lambda row: 0.75 - 0.5 * (row["t"] != "a"), [("t", ("b", "c"))]),
        (lambda row: 0.25 + 0.5 * (row["t"] == "rare"), []),
        (lambda row: 0.25 + 0.5 * (row["n"] > 70 or row["t"] == "c"), [("n", (71,)), ("t", ("c",))]),
        (lambda row: float("nan"), []),
    ],
)
def test_the_nearest_values_that_change_the_decision(holdout: Columns, score: Any, expected: list[Any]) -> None:
    assert changes(holdout, score) == expected


def test_a_value_that_few_rows_have_is_not_told(holdout: Columns) -> None:
    values = {value for _, found in changes(holdout, lambda row: float(row["n"] >= 50)) for value in found}
    assert values == {49}
    few = columns_of({"n": [0] * 50 + [100] * 50 + [73]})
    found = find_changes(Model.of(few, lambda row: float(row["n"] == 73)), few, {"n": 0}, None)
    assert found == ()


def test_what_it_is_now_is_told(holdout: Columns) -> None:
    found = find_changes(Model.of(holdout, lambda row: row["n"] / 100), holdout, ROW, None)
    assert found == (Change("n", (49,), 50),)


def test_a_handful_of_asks_is_enough(holdout: Columns) -> None:
    model = Model.of(holdout, lambda row: row["n"] / 100)
    find_changes(model, holdout, ROW, None)
    assert len(model.asked) <= 5


def test_where_nothing_changes_it_the_widest_sways_are_told(holdout: Columns) -> None:
    model = Model.of(holdout, lambda row: 0.1 + row["n"] / 1000 + 0.2 * (row["t"] == "b"))
    found = find_sways(model, holdout, ROW, None)
    assert [(one.column, round(one.low, 3), round(one.high, 3)) for one in found] == [
        ("t", 0.15, 0.35),
        ("n", 0.1, 0.199),
    ]


def test_a_model_of_decisions_has_no_sways(holdout: Columns) -> None:
    model = Model.of(holdout, lambda row: 0.1, labels=True)
    assert find_sways(model, holdout, ROW, None) == ()

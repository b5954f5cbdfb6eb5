"""Rows that a person asks about, as words of a command line."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.wanted import MOST, ask_for, read_wanted
from ml_ci.errors import UserError
from tests.behaviours.asking import columns_of


@pytest.fixture(scope="module")
def holdout() -> Columns:
    return columns_of(
        {
            "age": [20, 30, 40, 40],
            "income": [1.5, 2.5, 2.5, ""],
            "sex": ["Male", "Female", "Male", "Male"],
            "job": ["Sales, other", "Clerk", "Clerk", "Clerk"],
            "member": ["True", "False", "True", "True"],
        }
    )


@pytest.mark.parametrize(
    ("words", "rows", "notes"),
    [
        ([], [{}], []),
        (["age=30"], [{"age": 30}], []),
        (["age= 30.0 "], [{"age": 30}], []),
        (["age=30.5"], [{"age": 30.5}], []),
        (["sex=Male,Female"], [{"sex": "Male"}, {"sex": "Female"}], []),
        (["sex=Male,Male"], [{"sex": "Male"}], []),
        (["job=Sales, other"], [{"job": "Sales, other"}], []),
        (['job="Sales, other",Clerk'], [{"job": "Sales, other"}, {"job": "Clerk"}], []),
        (["member=true"], [{"member": True}], []),
        (["income="], [{"income": None}], []),
        (["age="], [{"age": None}], ["age: no row has a missing value"]),
        (["age=99"], [{"age": 99}], ["age: 99 is outside of the holdout's 20 to 40"]),
        (["age=old"], [{"age": "old"}], ["age: 'old' is no number, and is asked as a text"]),
        (["age=inf"], [{"age": "inf"}], ["age: 'inf' is no number, and is asked as a text"]),
        (["sex=Mal"], [{"sex": "Mal"}], ["sex: no row has 'Mal', did you mean 'Male'?"]),
        (
            ["age=20,30", "sex=Male,Female"],
            [{"age": age, "sex": sex} for age in (20, 30) for sex in ("Male", "Female")],
            [],
        ),
    ],
)
def test_reads(holdout: Columns, words: list[str], rows: list[Any], notes: list[str]) -> None:
    found = read_wanted(words, holdout, "y")
    assert list(found.rows) == rows
    assert [{name: type(cell) for name, cell in row.items()} for row in found.rows] == [
        {name: type(cell) for name, cell in row.items()} for row in rows
    ]
    assert list(found.notes) == notes


@pytest.mark.parametrize(
    ("words", "row", "said"),
    [
        (["agee=1"], None, "the holdout has no column 'agee', did you mean 'age'?"),
        (["y=1"], None, "'y' is the label, which no model is given"),
        (["age"], None, "expected column=value, got 'age'"),
        (["age=1", "age=2"], None, "age is given twice"),
        ([f"age={','.join(map(str, range(MOST + 1)))}"], None, "these are 65 rows, and at most 64"),
        ([], 0, "--row 0: the holdout has the rows 1 to 4"),
        ([], 5, "--row 5: the holdout has the rows 1 to 4"),
    ],
)
def test_refuses(holdout: Columns, words: list[str], row: int | None, said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_wanted(words, holdout, "y", row)
    assert said in caught.value.message


def test_a_row_starts_from_typical_values_or_from_one_of_the_holdout(holdout: Columns) -> None:
    typical = read_wanted(["age=20"], holdout, "y").values(holdout)
    assert typical == {"age": 20, "income": 2.5, "sex": "Male", "job": "Clerk", "member": True}
    second = read_wanted(["age=20"], holdout, "y", 2)
    assert second.values(holdout) == {"age": 20, "income": 2.5, "sex": "Female", "job": "Clerk", "member": False}
    ask = ask_for([second.values(holdout)] * 2, second.start)
    assert ask.rows.tolist() == [1, 1]
    assert ask.edits["sex"] == ["Female", "Female"]

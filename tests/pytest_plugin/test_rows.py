"""Rows that a test asks about: what they hold, what they tell of themselves, how they are drawn and asked."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from pytest_ml_ci import asking, rows, run, strategies
from pytest_ml_ci.rows import Answer, NoAnswerError, Row

from ml_ci.behaviours.asks import Cell
from ml_ci.errors import UserError
from tests.behaviours.asking import columns_of

HOLDOUT = columns_of(
    {
        "name": [f"Ada {place:02d}" for place in range(40)],
        "age": [*[30] * 20, *[40] * 10, *range(50, 60)],
        "pay": [*[1.5] * 30, *(100.25 + place for place in range(10))],
        "town": [*["Ulm"] * 25, *["Bonn"] * 10, *[""] * 5],
        "member": ["True", "False"] * 20,
    }
)


def row(number: int, **changes: Cell) -> Row:
    return Row("churn", HOLDOUT, number, changes)


def test_a_row_is_a_mapping_of_every_column() -> None:
    one = row(30, age=41)
    assert dict(one) == {"name": "Ada 30", "age": 41, "pay": 100.25, "town": "Bonn", "member": True}
    assert {**one, "age": 50}["age"] == 50
    assert one == row(30, age=41) != row(30)
    assert len({one, row(30, age=41), row(30)}) == 2
    assert one["town"] == "Bonn"


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (row(0), "<row of churn: 1 not shown>"),
        (row(0, name=HOLDOUT.columns["name"].typical), "<row of churn: typical>"),
        (row(20), "<row of churn: age=40, 1 not shown>"),
        (row(30), "<row of churn: town=Bonn, 3 not shown>"),
        (row(39), "<row of churn: town=missing, member=False, 3 not shown>"),
    ],
)
def test_its_repr_shows_nobodys_values(one: Row, told: str) -> None:
    if "town=Bonn" in told:
        assert repr(one) == told
    shown = repr(one).replace("member=False, ", "").replace("member=True, ", "")
    assert shown.split(": ")[0] == "<row of churn"
    assert not any(value in repr(one) for value in HOLDOUT.columns["name"].values)
    assert "100.25" not in repr(one)


def test_values_that_many_rows_have_are_shown() -> None:
    assert "age=40" in repr(row(20))
    assert "not shown" in repr(row(20))
    assert "town=missing" in repr(row(39))


def test_hypothesis_writes_its_repr() -> None:
    from hypothesis.vendor.pretty import pretty

    assert pretty(row(20)) == repr(row(20))


@pytest.mark.parametrize(
    ("given", "changes", "numbers", "edits"),
    [
        ([row(3)], {}, [3], {}),
        ([row(3), row(20, age=41)], {}, [3, 20], {"age": [30, 41]}),
        ([row(3)], {"age": 31}, [3], {"age": [31]}),
        ([row(3), row(4)], {"town": None}, [3, 4], {"town": [None, None]}),
        ([{"age": 50}], {}, [0], None),
    ],
)
def test_only_what_differs_is_edited(given: list[Any], changes: Any, numbers: list[int], edits: Any) -> None:
    ask = asking.write_ask(HOLDOUT, "churned", given, changes)
    assert ask.rows.tolist() == numbers
    if edits is None:  # of a mapping the columns that are not named are typical
        typical = {name: [column.typical] for name, column in HOLDOUT.columns.items()}
        edits = {**typical, "age": [50]}
    assert dict(ask.edits) == edits


@pytest.mark.parametrize(
    ("given", "changes", "said"),
    [
        (row(1), {"agee": 3}, "no column 'agee'. Did you mean 'age'"),
        ({"qqq": 3}, {}, "no column 'qqq'. Its columns are: name, age"),
        ({"churned": 1}, {}, "'churned' is the label"),
    ],
)
def test_a_column_that_there_is_not_is_refused(given: Any, changes: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        asking.write_ask(HOLDOUT, "churned", [given], changes)
    assert said in f"{caught.value.message}. {caught.value.hint}"


def test_an_answer_that_there_is_not_fails_the_test() -> None:
    assert (Answer(True, "", 0.7, 1).score, Answer(True, "", 0.7, 1).decision) == (0.7, True)
    assert Answer(True, "", None, 0).decision is False
    with pytest.raises(NoAnswerError, match="no score"):
        _ = Answer(True, "", None, 0).score
    for name in ("score", "decision"):
        with pytest.raises(AssertionError, match="KeyError: 'job'"):
            getattr(Answer(False, "KeyError: 'job'"), name)
    told = [repr(one) for one in (Answer(True, "", 0.7, 1), Answer(True, "", None, 0), Answer(False, "KeyError"))]
    assert told == ["<positive, score 0.7>", "<negative>", "<no answer: KeyError>"]


@pytest.fixture
def session() -> Iterator[Any]:
    """Give the run of a session whose model has this holdout."""
    spec = SimpleNamespace(models={"churn": None}, path="ml-ci.yaml")
    one: Any = SimpleNamespace(spec=spec, columns=lambda model: HOLDOUT, counted=[], explores=False)
    one.count = one.counted.append
    run.enter(one)
    yield one
    run.leave(one)


def test_rows_are_those_of_the_holdout_but_for_two_columns(session: Any) -> None:
    @settings(max_examples=200, database=None)
    @given(strategies.rows("churn"))
    def check(one: Row) -> None:
        assert len(one.changes) <= 2
        for name, cell in one.items():
            column = HOLDOUT.columns[name]
            known = {(type(value), value) for value in column.cells}
            within = column.numbers and cell is not None and column.numbers[0] <= cell <= column.numbers[-1]  # type: ignore[operator]
            assert within or (type(cell), cell) in known
            assert not column.whole or type(cell) is int

    check()
    assert len(session.counted) >= 200
    assert len({one.number for one in session.counted}) > 10
    assert any(one["town"] is None for one in session.counted)


def test_what_fails_shrinks_towards_the_typical_row(session: Any) -> None:
    found = find(strategies.rows("churn"), lambda one: one["town"] == "Bonn")
    assert not found.changes, "a row of the holdout as it stands is simpler than one that is made of it"
    ordinary = find(strategies.rows("churn"), lambda one: True)
    assert ordinary.number == strategies.sort_rows(HOLDOUT)[0]
    assert not ordinary.changes


def test_a_model_that_there_is_not_is_named(session: Any) -> None:
    with pytest.raises(UserError, match="no model `churm`"):
        find(strategies.rows("churm"), lambda one: True)


def test_without_a_session_a_test_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="needs --ml-ci"):
        find(strategies.rows("churn"), lambda one: True)


@given(st.integers(0, 39), st.sampled_from(sorted(HOLDOUT.columns)))
def test_a_row_without_changes_asks_for_the_holdouts_own(number: int, name: str) -> None:
    own = HOLDOUT.columns[name].cell(number)
    assert asking.write_ask(HOLDOUT, "y", [row(number)], {name: own}).edits == {name: [own]}


def test_nothing_of_a_row_is_shown_but_twelve_columns() -> None:
    wide = columns_of({f"x{place}": [0] * 30 + [1] * 10 for place in range(20)})
    assert repr(Row("m", wide, 35)).count("=") == 12
    assert "8 not shown" in repr(Row("m", wide, 35))
    assert rows.Row is Row

"""A text's columns that are held say what the file says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml_ci.errors import UserError
from ml_ci.tables import row_hashes
from ml_ci.tables import table as tables
from ml_ci.tables.row_hashes import hold_hashed
from ml_ci.tables.table import Table

Write = Callable[..., Path]
CONTENTS = [
    "a,b,c\n1,x,1\n2, y ,2\n,,3\n1_0,x,4\n",
    'a,b,c\r\n1,"x",1\r\n\r\n2.50,"y, z",2\r\n',
    "a;b;c\n0.1;grüße;1\n1e5;;2\n",
    "a b c\n1  x 1\n2  y 2\n",
]


def _say(table: Table, column: str) -> object:
    codes, values = table.codes([column])
    try:
        numbers: object = repr(table.numbers(column).tolist())
    except UserError as error:
        numbers = error.message
    return table.counts(column), [values[code] for code in codes], table.text(column).tolist(), numbers


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_held_is_what_stands_there(write: Write, content: str) -> None:
    path = write(content)
    held = Table.open(path)
    held.hold(["a", " b ", "b"])
    for column in held.names:
        assert _say(held, column) == _say(Table.open(path), column)
    codes, values = held.codes(["a", "c"])  # of one that is held and one that is not
    others, texts = Table.open(path).codes(["a", "c"])
    assert (codes.tolist(), values) == (others.tolist(), texts)


def test_rows_keep_their_order(write: Write) -> None:
    numbers = np.random.default_rng(0).integers(0, 50, 300_000)
    table = Table.open(write("a,b\n" + "".join(f"{number},z\n" for number in numbers)))
    table.hold(["a"])
    assert np.array_equal(table.numbers("a"), numbers)


def test_the_file_is_read_once_for_what_is_held(write: Write) -> None:
    path = write("a,b\n1,x\n2,y\n")
    table = Table.open(path)
    table.hold(["a"])
    path.unlink()
    assert table.counts("a") == {"1": 1, "2": 1}
    assert table.text("a").tolist() == ["1", "2"]
    with pytest.raises(UserError):
        table.counts("b")


def test_very_many_rows_are_not_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_HELD", 3)
    path = write("a,b\n1,x\n2,y\n")
    table = Table.open(path)
    table.hold(["a", "b"])
    path.unlink()
    with pytest.raises(UserError):
        table.counts("a")


def test_a_column_that_is_not_there_is_named(write: Write) -> None:
    with pytest.raises(UserError, match="there is no column 'd'"):
        Table.open(write("a,b\n1,x\n2,y\n")).hold(["d"])


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_held_while_a_table_is_opened_says_the_same(
    write: Write, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    path = write(content)
    held = Table.open(path, holding=lambda table: hold_hashed(table, ["a", "b"]))
    assert held.rows == Table.open(path).rows
    for column in held.names:
        assert _say(held, column) == _say(Table.open(path), column)
    assert held.hashed, "of so few texts all are known"


def test_a_plain_text_is_counted_where_it_is_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    path = write("a_b,b\n1,x\n2,y\n3,x")
    table = Table.open(path, holding=lambda table: hold_hashed(table, ["b"]))
    assert (table.rows, table.layout.lines, table.layout.underscored, table.hashed) == (3, 4, False, True)
    path.unlink()
    assert table.counts("b") == {"x": 2, "y": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,x\n2\n", "line 3: 1 values, and the table has 2 columns"),
        ("a,b\n1,x\n2,y,z\n", "line 3: 3 values, and the table has 2 columns"),
        ("a,b\n", "has a header and no rows"),
    ],
)
def test_a_broken_record_is_named_by_its_line(
    write: Write, content: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_hashes, "LARGE", 1)
    path = write(content)
    for holding in (None, lambda table: hold_hashed(table, ["b"]), lambda table: table.hold(["a"])):
        with pytest.raises(UserError, match=said):
            Table.open(path, holding=holding)


@pytest.mark.parametrize(
    ("content", "columns", "underscored"),
    [
        ("a_b,c\n1,2\n", None, False),
        ("a,b\n1_0,2\n", None, True),
        ("1_0,2\n", ["a", "b"], True),
        ("1,2\n3,_\n", ["a", "b"], True),
        ("a,b", ["c", "d"], False),
    ],
)
def test_an_underscore_of_a_name_is_none_of_a_value(
    write: Write, content: str, columns: list[str] | None, underscored: bool
) -> None:
    assert Table.open(write(content), columns).layout.underscored == underscored

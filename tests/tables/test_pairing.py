"""Rows are found again by their values; each place is taken once, the first by the first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.tables.pairing import common, keys, pair
from ml_ci.tables.table import Table

VALUES = st.lists(st.integers(0, 6), max_size=30)


def slowly(wanted: list[int], given_: list[int], free: list[bool]) -> list[int]:
    """Say the same, one by one."""
    left = {place: value for place, value in enumerate(given_) if free[place]}
    found = []
    for value in wanted:
        place = next((at for at, one in left.items() if one == value), -1)
        left.pop(place, None)
        found.append(place)
    return found


@given(VALUES, VALUES, st.data())
def test_it_is_what_a_slow_search_finds(wanted: list[int], other: list[int], data: st.DataObject) -> None:
    free = data.draw(st.lists(st.booleans(), min_size=len(other), max_size=len(other)))
    found = pair(np.array(wanted, np.uint64), np.array(other, np.uint64), np.array(free, np.bool_))
    assert found.tolist() == slowly(wanted, other, free)


@given(VALUES)
def test_rows_in_another_order_are_all_found_once(values: list[int]) -> None:
    there = np.array(values, np.uint64)
    assert sorted(pair(there, there[::-1]).tolist()) == list(range(len(values)))


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str, str], Table]:
    def open_(name: str, text: str) -> Table:
        (tmp_path / name).write_text(text)
        return Table.open(tmp_path / name)

    return open_


def test_the_same_values_are_the_same_key_in_another_writing(opened: Callable[[str, str], Table]) -> None:
    one = opened("a.csv", "x,kind,y\n1,a,yes\n2.50,b,no\n")
    other = opened("b.csv", "y;kind;x;new\nno; b;2.5;9\nyes;a;1.0;9\n")
    shared = common(one, other, frozenset({"y"}))
    assert shared == ["kind", "x"]
    assert pair(keys(one, shared), keys(other, shared)).tolist() == [1, 0]

"""What stands instead of a value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.behaviours.columns import Column
from ml_ci.behaviours.edits import DISTURBANCES, disturb, lower, quantiles, raise_, vary
from tests.behaviours.asking import columns_of


def column(*texts: object) -> Column:
    return columns_of({"x": texts}).columns["x"]


JOBS = column("Cook", "Cook", "Tax clerk", "baker", "")
AGES = column(17, 20, 40, 90)


@pytest.mark.parametrize(
    ("cell", "others"),
    [("Cook", ["Tax clerk", "baker"]), ("baker", ["Cook", "Tax clerk"]), (None, []), ("of no row", [])],
)
def test_vary_gives_every_other_value_the_most_frequent_first(cell: Any, others: list[str]) -> None:
    assert list(vary(JOBS, cell)) == others
    assert list(vary(JOBS, cell)[:1]) == others[:1]


@pytest.mark.parametrize(
    ("edit", "cell", "found"),
    [
        (raise_, 17, (90, 40, 20)),
        (raise_, 90, ()),
        (raise_, None, ()),
        (lower, 90, (17, 20, 40)),
        (lower, 17, ()),
        (raise_, float("inf"), ()),
    ],
)
def test_steps_stay_in_the_range(edit: Any, cell: Any, found: tuple[int, ...]) -> None:
    assert edit(AGES, cell) == found


def test_quantiles_are_those_of_distinct_values() -> None:
    gains = column(*[0] * 1000, *range(1, 17))
    assert quantiles(gains) == (0, 2, 4, 6, 8, 10, 12, 14, 16)
    assert quantiles(column("a", "b")) == ()
    assert quantiles(column(3, 3)) == (3,)


@pytest.mark.parametrize(
    ("how", "cell", "found"),
    [
        ("case", "Cook", ("cook", "COOK", "cOOK")),
        ("case", "?", ()),
        ("case", 7, ()),
        ("space", "Tax clerk", (" Tax clerk", "Tax clerk ", "Tax  clerk")),
        ("space", 7, ()),
        ("missing", "Cook", (None,)),
        ("missing", 7, (None,)),
        ("missing", None, ()),
        ("unseen", "Cook", ("unseen",)),
        ("unseen", 7, ()),
        ("text", 7, ("7",)),
        ("text", 7.5, ("7.5",)),
        ("text", True, ()),
        ("text", "7", ()),
        ("extreme", "Cook", ()),
        ("extreme", True, ()),
        ("typo", "a", ()),
        ("typo", "aa", ("a", "aaa")),
    ],
)
def test_a_slip_makes_of_a_value(how: str, cell: Any, found: tuple[Any, ...]) -> None:
    assert disturb(JOBS, cell, how) == found


def test_extremes_are_round_numbers_past_the_range_of_its_own_type() -> None:
    found = disturb(AGES, 40, "extreme")
    assert found == (-60, 200, -800, 900, -80000, 80000)
    assert {type(one) for one in found} == {int}
    assert disturb(column("0.5", "0.75"), 0.5, "extreme")[:2] == (0.2, 1.0)
    assert disturb(column("5"), 5, "extreme")
    assert all(not 1e300 <= one <= 1.7e308 for one in disturb(column("1e300", "1.7e308"), 1e300, "extreme"))  # type: ignore[operator]


def test_an_unseen_value_is_seen_nowhere() -> None:
    assert disturb(column("unseen", "unseen-", "b"), "b", "unseen") == ("unseen--",)


@given(
    st.lists(st.one_of(st.integers(-9, 9), st.floats(allow_nan=False), st.text(max_size=4)), min_size=1, max_size=9),
    st.sampled_from(sorted(DISTURBANCES)),
)
def test_no_edit_leaves_a_value_as_it_is_and_none_comes_twice(texts: list[Any], how: str) -> None:
    of = column(*texts)
    for cell in of.cells:
        for found in (vary(of, cell), raise_(of, cell), lower(of, cell), disturb(of, cell, how)):
            kinds = [(type(one), one) for one in found]
            assert (type(cell), cell) not in kinds
            assert len(set(kinds)) == len(kinds)

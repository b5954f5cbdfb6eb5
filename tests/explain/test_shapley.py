from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.explain.shapley import dividends, shares, subsets

COUNTS = st.integers(min_value=0, max_value=1000)


def game(counts: list[int], parts: int) -> dict[frozenset[str], Fraction]:
    names = "abcd"[:parts]
    return {one: Fraction(count, 402) for one, count in zip(subsets(names), counts, strict=False)}


def by_orders(values: dict[frozenset[str], Fraction], parts: str) -> dict[str, Fraction]:
    """Average what each part adds over every order in which the parts can be made new: Shapley's own definition."""
    found = dict.fromkeys(parts, Fraction(0))
    orders = list(permutations(parts))
    for order in orders:
        for at, part in enumerate(order):
            found[part] += values[frozenset(order[: at + 1])] - values[frozenset(order[:at])]
    return {part: total / len(orders) for part, total in found.items()}


@given(st.lists(COUNTS, min_size=16, max_size=16), st.integers(min_value=1, max_value=4))
def test_shares_add_up_to_the_change_exactly(counts: list[int], parts: int) -> None:
    values = game(counts, parts)
    last = max(values, key=len)
    assert sum(shares(values).values()) == values[last] - values[frozenset()]


@given(st.lists(COUNTS, min_size=16, max_size=16), st.integers(min_value=1, max_value=4))
def test_shares_are_the_mean_over_all_orders(counts: list[int], parts: int) -> None:
    values = game(counts, parts)
    assert shares(values) == by_orders(values, "abcd"[:parts])


@given(st.lists(COUNTS, min_size=16, max_size=16))
def test_dividends_of_all_subsets_give_every_value_back(counts: list[int]) -> None:
    values = game(counts, 4)
    added = dividends(values)
    assert all(sum(added[other] for other in added if other <= one) == values[one] for one in values)


@pytest.mark.parametrize(
    ("none", "a", "b", "both", "expected", "together"),
    [
        (50, 40, 80, 70, {"a": -10, "b": 30}, 0),  # each does what it does
        (50, 50, 50, 80, {"a": 15, "b": 15}, 30),  # only together
        (50, 60, 60, 60, {"a": 5, "b": 5}, -10),  # either would have been enough
    ],
)
def test_two_parts(none: int, a: int, b: int, both: int, expected: dict[str, int], together: int) -> None:
    values = {one: Fraction(count) for one, count in zip(subsets("ab"), (none, a, b, both), strict=True)}
    assert shares(values) == expected
    assert dividends(values)[frozenset("ab")] == together

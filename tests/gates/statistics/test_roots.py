from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics.roots import root, roots


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.sampled_from([1, 3, 9])), min_size=1, max_size=10))
def test_many_roots_at_once(cases: list[tuple[float, int]]) -> None:
    wanted, powers = (np.array(column, dtype=float) for column in zip(*cases, strict=True))
    found = roots(lambda x: wanted**powers - x**powers, np.zeros_like(wanted), np.ones_like(wanted))
    assert found == pytest.approx(wanted, abs=1e-10)


def test_a_step_and_values_without_end() -> None:
    low, high = np.zeros(2), np.ones(2)
    found = roots(lambda x: np.where(x < [0.3, 0.7], [1.0, np.inf], [-1.0, -np.inf]), low, high)
    assert found == pytest.approx([0.3, 0.7], abs=1e-10)


def test_without_a_change_of_sign_the_nearer_end_is_given() -> None:
    low, high = np.array([2.0, 2.0]), np.array([3.0, 3.0])
    assert roots(lambda x: np.array([-1.0, 1.0]) * x, low, high).tolist() == [2.0, 3.0]


@given(st.floats(0.0, 1.0), st.sampled_from([1, 3, 9]), st.sampled_from([0.0, 1e-300, 1.0, 1e300]))
def test_one_alone_is_found_as_among_many_to_the_bit(wanted: float, power: int, scale: float) -> None:
    def function(x: float) -> float:
        missing = 1.0
        for _ in range(power):
            missing *= x
        return scale * (wanted - missing)

    (found,) = roots(lambda x: np.array([function(float(x[0]))]), np.zeros(1), np.ones(1)).tolist()
    assert root(function, 0.0, 1.0) == found


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (lambda x: 1.0 if x < 0.3 else -1.0, 0.0, 1.0),
        (lambda x: math.inf if x < 0.3 else -math.inf, 0.0, 1.0),
        (lambda x: math.inf if x < 0.3 else -1.0, 0.0, 1.0),
        (lambda x: 0.0 if 0.2 < x < 0.4 else 0.3 - x, 0.0, 1.0),
        (lambda x: math.nan if x > 0.5 else 1.0, 0.0, 1.0),
        (lambda x: -0.0 if x > 0.5 else 1.0, 0.0, 1.0),
        (lambda x: x, 2.0, 3.0),
        (lambda x: -x, 2.0, 3.0),
        (lambda x: 0.0 * x, 2.0, 3.0),
        (lambda x: 0.5 - x, 0.5, 0.5),
    ],
)
def test_one_alone_ends_where_many_end(function: Callable[[float], float], low: float, high: float) -> None:
    many = roots(lambda x: np.array([function(float(x[0]))]), np.array([low]), np.array([high]))
    assert root(function, low, high) == many[0]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics.roots import roots


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

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.gates.statistics import ledger_budget


def test_only_pass_or_not_is_told() -> None:
    assert ledger_budget.alpha_per_look(0.05, 32) == pytest.approx(0.05 / 32)


def test_with_promotions() -> None:
    assert ledger_budget.questions(32, 3) == 32 * (1 + 32 + 496 + 4960)
    assert ledger_budget.alpha_per_look(0.05, 32, 3) == pytest.approx(0.05 / 175_648)


@given(st.integers(1, 60), st.integers(0, 60))
def test_never_stricter_than_the_adaptive_ceiling(looks: int, promotions: int) -> None:
    kept = min(promotions, looks)
    level = ledger_budget.alpha_per_look(0.05, looks, kept)
    assert 0.05 * 2.0**-looks * (1 - 1e-9) <= level <= 0.05
    told = looks * sum(math.comb(looks, k) for k in range(kept + 1))
    assert level == pytest.approx(0.05 / min(told, 2**looks))


@pytest.mark.parametrize(("looks", "promotions"), [(0, 0), (-1, 0), (3, 4), (3, -1)])
def test_a_plan_that_is_none_is_refused(looks: int, promotions: int) -> None:
    with pytest.raises(ValueError, match="a plan needs at least one look"):
        ledger_budget.alpha_per_look(0.05, looks, promotions)


def test_what_is_left() -> None:
    left = ledger_budget.budget(0.05, looks=32, promotions=3, looks_used=5, promotions_used=1)
    assert (left.looks_left, left.promotions_left, left.spent) == (27, 2, False)
    assert left.alpha == pytest.approx(0.05 / 175_648)


@pytest.mark.parametrize(("looks_used", "promotions_used"), [(32, 0), (40, 3), (5, 4)])
def test_a_spent_plan_leaves_no_level(looks_used: int, promotions_used: int) -> None:
    left = ledger_budget.budget(0.05, 32, 3, looks_used, promotions_used)
    assert (left.spent, left.alpha) == (True, 0.0)
    assert left.looks_left >= 0
    assert left.promotions_left >= 0


def test_a_plan_of_a_thousand_looks_does_not_overflow() -> None:
    assert 0.05 * 2.0**-2000 == 0.0
    assert ledger_budget.alpha_per_look(0.05, 2000, 3) > 0.0
    assert ledger_budget.alpha_per_look(0.05, 5000, 5000) == 0.0

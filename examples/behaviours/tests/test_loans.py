"""Run with: pytest --ml-ci"""

import pytest
from hypothesis import given
from pytest_ml_ci.asking import Asked
from pytest_ml_ci.rows import Row
from pytest_ml_ci.strategies import rows

pytestmark = pytest.mark.ml_model("loans")


@given(row=rows("loans"))
def test_a_raise_never_hurts(row: Row, ask: Asked) -> None:
    """In a row of the holdout, with up to two columns redrawn."""
    assert ask(row, income=(row["income"] or 0) + 500).score >= ask(row).score


@given(row=rows("loans"))
def test_less_debt_and_more_income_never_turn_a_yes_into_a_no(row: Row, ask: Asked) -> None:
    """Two columns at once is what ml-ci.yaml has no words for; both rows are one call."""
    before, after = ask([row, {**row, "debt": 0, "income": 20000}])
    assert after.decision >= before.decision


def test_a_waiter_with_debts_is_no_surprise(ask: Asked) -> None:
    """A mapping names some columns; the others have their typical values."""
    assert not ask({"income": 1200, "debt": 24000, "job": "Waiter"}).decision

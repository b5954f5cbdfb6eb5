"""A column that a model does not take changes no score of it, to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.behaviours.taken import find_still
from ml_ci.spec.behaviours import Behaviour
from tests.behaviours.asking import Model, columns_of

HOLDOUT = columns_of({"age": range(40), "sex": ["m", "f"] * 20, "one": ["x"] * 40, "flag": ["true", "false"] * 20})
VARY = Behaviour("b", "vary", ("age", "sex", "one", "flag"))


@pytest.mark.parametrize(
    ("score", "still"),
    [
        (lambda row: 0.5, ("age", "sex", "flag")),
        (lambda row: row["age"] / 50, ("sex", "flag")),
        (lambda row: 1e-12 * (row["sex"] == "m"), ("age", "flag")),
        (lambda row: 0.1 * row["flag"], ("age", "sex")),
        (lambda row: 1 / row["age"], ()),  # no answer for age 0: nothing is known
    ],
)
def test_names_the_columns_that_change_nothing(score: Callable[[Any], Any], still: tuple[str, ...]) -> None:
    assert find_still(VARY, HOLDOUT, Model.of(HOLDOUT, score)) == still


def test_decisions_alone_tell_nothing_and_nothing_is_asked_without_columns() -> None:
    assert find_still(VARY, HOLDOUT, Model.of(HOLDOUT, lambda row: 0.5, labels=True)) == ()
    model = Model.of(HOLDOUT, lambda row: 0.5)
    assert find_still(Behaviour("b", "same", same="alone"), HOLDOUT, model) == () and model.asked == []

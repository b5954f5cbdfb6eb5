"""What a side does by a behaviour is kept by what it depends on, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ml_ci.spec.behaviours import Behaviour
from ml_ci.spec.load import load
from ml_ci.steps.planning.behaviours import key_behaviour, key_example, list_measured

BLIND = Behaviour("blind", "vary", ("sex",))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"name": "other"}, True),
        ({"seconds": 60.0}, True),
        ({"hunt_fails": True}, True),
        ({"line": 12}, True),
        ({"kind": "disturb"}, False),
        ({"columns": ("sex", "race")}, False),
        ({"score": "never falls"}, False),
        ({"by": ("typo",)}, False),
        ({"same": "alone"}, False),
        ({"run": "ask {rows} {out}"}, False),
        ({"tolerance": 0.1}, False),
        ({"or_refused": True}, False),
        ({"rows": 10}, False),
        ({"variants": 2}, False),
    ],
)
def test_a_changed_key_measures_anew_where_it_has_to(changed: dict[str, Any], same: bool) -> None:
    assert (key_behaviour("p", replace(BLIND, **changed)) == key_behaviour("p", BLIND)) is same


def test_other_predictions_or_cases_are_measured_anew() -> None:
    known = {key_behaviour("p", BLIND), key_behaviour("q", BLIND), key_behaviour("p", BLIND, "cases")}
    assert len(known) == 3
    shown = {key_example(("a", "b"), "shrunk"), key_example(("b", "a"), "shrunk"), key_example(("a", "b"), "full")}
    assert len(shown) == 3


SPEC = """\
version: 1
models:
  m:
    train: a:b
    data: {holdout: h.csv}
    label: y
    positive: 1
"""


@pytest.mark.parametrize(
    ("behaviours", "order", "seconds"),
    [
        ("", [], None),
        ("{a: {vary: x}, b: {same: alone, time: 50s}}", ["again", "a", "b"], 50.0),
        ("{a: {vary: x}, mine: {same: again, time: 7s}}", ["mine", "a"], 7.0),
    ],
)
def test_whether_a_model_answers_alike_by_itself_is_asked_first(
    behaviours: str, order: list[str], seconds: float | None
) -> None:
    text = SPEC + (f"    behaviours: {behaviours}\n" if behaviours else "")
    found = list_measured(load(text, "ml-ci.yaml").models["m"])
    assert [one.name for one in found] == order
    assert not found or (found[0].same, found[0].seconds) == ("again", seconds)

"""What is said of rows that are scored in another way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.measure import measure
from ml_ci.behaviours.ways import tell_ways
from tests.behaviours.asking import Model, Row, behaviour, columns_of

HOLDOUT = columns_of({"age": [20, 30, 40, 90], "name": ["Ada", "Bob", "Cyd", "Dan"]})


def centred(rows: list[Row]) -> list[float]:
    ages = [float(row["age"]) for row in rows]  # type: ignore[arg-type]
    return [0.25 + (age - sum(ages) / len(ages)) / 100 for age in ages]


def forward(rows: list[Row]) -> list[float]:
    return [0.75 if place and rows[place - 1]["name"] == "Ada" else 0.25 for place in range(len(rows))]


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, rows: list[Row]) -> list[float]:
        self.calls += 1
        return [0.25 + 0.5 * (self.calls % 2) if row["name"] == "Cyd" else 0.25 for row in rows]


def told(same: str, score: Any, service: Any = None, *, labels: bool = False) -> str | None:
    what, model = behaviour("same", same=same), Model(HOLDOUT, score, labels=labels)
    served = None if service is None else Model(HOLDOUT, service, labels=labels)
    return tell_ways(what, HOLDOUT, measure(what, HOLDOUT, model, served), model, served)


@pytest.mark.parametrize(
    ("same", "score", "service", "said"),
    [
        ("alone", centred, None, "a row among others scores 0.7, by itself 0.25: the decision flips"),
        ("again", Counting(), None, "a row scores 0.75, when it is asked again 0.25: the decision flips"),
        ("served", centred, lambda rows: [0.2] * 4, "the model scores 0.7, the service 0.2: the decision flips"),
        ("served", lambda rows: [0.2] * 4, lambda rows: [0.2, 0.2, 0.3, 0.2], "the model scores 0.2, the service 0.3"),
        (
            "served",
            lambda rows: [0.2] * 4,
            lambda rows: [0.2, ValueError("Ada"), 0.2, 0.2],
            "the model scores 0.2, the service gives no answer",
        ),
        ("alone", lambda rows: [0.2] * len(rows), None, None),
    ],
)
def test_the_row_that_is_widest_apart_is_told_by_its_scores(
    same: str, score: Any, service: Any, said: str | None
) -> None:
    assert told(same, score, service) == said


def test_another_order_is_told() -> None:
    found = told("shuffled", forward)
    assert found is not None
    assert found.endswith(": the decision flips")
    assert "where the same rows stand in another order" in found


def test_a_model_without_scores_is_told_by_its_decisions() -> None:
    found = told("served", lambda rows: [0, 0, 1, 0], lambda rows: [0, 0, 0, 0], labels=True)
    assert found == "the model says positive, the service negative: the decision flips"


@pytest.mark.parametrize("kind", ["vary", "disturb"])
def test_of_edits_nothing_is_told_here(kind: str) -> None:
    what = behaviour(kind, "name")
    assert tell_ways(what, HOLDOUT, np.ones(4, np.uint8), Model(HOLDOUT, centred)) is None

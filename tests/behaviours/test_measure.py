"""What is broken, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.asks import Answers, Ask
from ml_ci.behaviours.compare import BROKEN, DOES_NOT_APPLY, HELD, NO_ANSWER, NOT_SAMPLED, compare
from ml_ci.behaviours.measure import measure, measure_cases
from tests.behaviours.asking import Model, Row, behaviour, columns_of

ROWS = 40
HOLDOUT = columns_of(
    {
        "sex": ["Male", "Female"] * (ROWS // 2),
        "age": [20 + row // 2 for row in range(ROWS)],
        "job": ["Cook", "baker", "?", "clerk"] * (ROWS // 4),
    }
)


def of(score: Any) -> Model:
    return Model.of(HOLDOUT, score)


def counts(found: Any) -> dict[int, int]:
    return dict(Counter(found.tolist()))


def _refuse_upper(row: Row) -> float:
    if str(row["job"]).isupper():
        raise ValueError(f"unknown job {row['job']}")
    return 0.3


@pytest.mark.parametrize(
    ("what", "score", "found"),
    [
        (behaviour("vary", "sex"), lambda row: 0.4, {HELD: ROWS}),
        (behaviour("vary", "sex"), lambda row: 0.4 + 0.2 * (row["sex"] == "Male"), {BROKEN: ROWS}),
        (behaviour("vary", "sex"), lambda row: 0.4 + 0.05 * (row["sex"] == "Male"), {HELD: ROWS}),
        (behaviour("vary", "sex"), lambda row: 0.4 + 0.2 * (row["sex"] == "Male" and row["age"] < 22), None),
        (behaviour("raise", "age"), lambda row: row["age"] / 100, {HELD: ROWS - 2, DOES_NOT_APPLY: 2}),
        (behaviour("raise", "age"), lambda row: -row["age"] / 100, {BROKEN: ROWS - 2, DOES_NOT_APPLY: 2}),
        (behaviour("raise", "age", score="never rises"), lambda row: row["age"], {BROKEN: 38, DOES_NOT_APPLY: 2}),
        (behaviour("lower", "age"), lambda row: row["age"] / 100, {HELD: ROWS - 2, DOES_NOT_APPLY: 2}),
        (behaviour("raise", "age"), lambda row: 0.9 - 1e-9 * row["age"], {HELD: ROWS - 2, DOES_NOT_APPLY: 2}),
        (behaviour("raise", "age", tolerance=0.5), lambda row: -row["age"] / 100, {HELD: 38, DOES_NOT_APPLY: 2}),
        (behaviour("disturb", "job", by=("case",)), lambda row: 0.4, {HELD: 30, DOES_NOT_APPLY: 10}),
        (
            behaviour("disturb", "job", by=("case",)),
            lambda row: 0.4 + 0.2 * (row["job"] == "COOK"),
            {HELD: 20, BROKEN: 10, DOES_NOT_APPLY: 10},
        ),
        (behaviour("disturb", "job", by=("case",)), _refuse_upper, {NO_ANSWER: 30, DOES_NOT_APPLY: 10}),
        (behaviour("disturb", "job", by=("case",), or_refused=True), _refuse_upper, {HELD: 30, DOES_NOT_APPLY: 10}),
        (behaviour("disturb", "job", or_refused=True), lambda row: float("nan"), {NO_ANSWER: ROWS}),
        (behaviour("vary", "sex"), lambda row: float("nan"), {NO_ANSWER: ROWS}),
        (behaviour("vary", "sex", rows=10), lambda row: 0.4, {HELD: 10, NOT_SAMPLED: 30}),
        (behaviour("disturb", "age"), lambda row: 0.4, {DOES_NOT_APPLY: ROWS}),
    ],
)
def test_a_row_is_broken_when_one_of_its_variants_is(what: Any, score: Any, found: dict[int, int] | None) -> None:
    # None: of 40 rows the two below 22 of each sex
    assert counts(measure(what, HOLDOUT, of(score))) == (found or {BROKEN: 4, HELD: 36})


def test_a_model_without_scores_is_compared_by_its_decisions() -> None:
    up = Model.of(HOLDOUT, lambda row: row["age"] > 30, labels=True)
    down = Model.of(HOLDOUT, lambda row: row["age"] <= 30, labels=True)
    assert BROKEN not in measure(behaviour("raise", "age"), HOLDOUT, up)
    assert BROKEN in measure(behaviour("raise", "age"), HOLDOUT, down)


def _centred(rows: list[Row]) -> list[float]:
    ages = [float(row["age"]) for row in rows]  # type: ignore[arg-type]
    return [0.5 + (age - sum(ages) / len(ages)) / 100 for age in ages]


def _filled_forward(rows: list[Row]) -> list[float]:
    last, scores = 0.0, []
    for row in rows:
        last = 0.1 if row["job"] == "Cook" else 0.9 if row["job"] == "baker" else last
        scores.append(last)
    return scores


class _Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, rows: list[Row]) -> Sequence[float]:
        self.calls += 1
        return [0.3 + 0.01 * self.calls] * len(rows)


@pytest.mark.parametrize(
    ("same", "score", "broken"),
    [
        ("alone", _centred, ROWS),
        ("shuffled", _centred, 0),
        ("again", _centred, 0),
        ("shuffled", _filled_forward, None),
        ("again", _filled_forward, 0),
        ("again", _Counting(), ROWS),
        ("alone", lambda rows: [0.2 for _ in rows], 0),
    ],
)
def test_the_same_rows_in_another_way(same: str, score: Any, broken: int | None) -> None:
    found = measure(behaviour("same", same=same), HOLDOUT, Model(HOLDOUT, score))
    assert set(found.tolist()) <= {HELD, BROKEN}
    number = int((found == BROKEN).sum())
    assert 0 < number < ROWS if broken is None else number == broken


def test_the_service_is_asked_the_same_rows() -> None:
    model, service = of(lambda row: row["age"] / 100), of(lambda row: row["age"] / (100 if row["age"] < 30 else 99))
    found = measure(behaviour("same", same="served", rows=30), HOLDOUT, model, service)
    assert model.asked == service.asked
    broken = [row for row in range(ROWS) if found[row] == BROKEN]
    assert broken
    assert all(int(HOLDOUT.row(row)["age"] or 0) >= 30 for row in broken)
    with pytest.raises(ValueError, match="service"):
        measure(behaviour("same", same="served"), HOLDOUT, model)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ((0.5, 1), (0.5 + 1e-9, 1), HELD),
        ((0.5, 1), (0.6, 1), BROKEN),
        ((0.5, 1), (0.5 - 1e-9, 0), BROKEN),
        ((np.nan, 1), (np.nan, 1), HELD),
        ((np.nan, 1), (np.nan, 0), BROKEN),
        ((0.5, 1), (np.nan, -1), NO_ANSWER),
        ((np.nan, -1), (np.nan, -1), NO_ANSWER),
    ],
)
def test_two_ways_to_score(before: tuple[float, int], after: tuple[float, int], found: int) -> None:
    one, other = (Answers(np.array([score]), np.array([said], np.int8)) for score, said in (before, after))
    assert compare(behaviour("same", same="again"), one, other).tolist() == [found]


def test_nothing_is_asked_where_nothing_applies() -> None:
    model = of(lambda row: 0.4)
    measure(behaviour("disturb", "age"), HOLDOUT, model)
    assert model.asked == []


def test_an_ask_edits_one_column_and_leaves_all_others() -> None:
    asks: list[Ask] = []
    model = of(lambda row: 0.4)

    def ask(one: Ask) -> Answers:
        asks.append(one)
        return model(one)

    measure(behaviour("vary", "sex", "job"), HOLDOUT, ask)
    assert [sorted(one.edits) for one in asks] == [[], ["sex"], ["job"]]


def test_a_case_is_asked_with_all_of_its_values() -> None:
    cases = columns_of({"age": [30, 50, 60], "sex": ["Male"] * 3, "job": ["judge", "", "cook"]})
    model = of(lambda row: row["age"] / 100 if row["job"] != "cook" else float("nan"))
    found = measure_cases(cases, np.array([False, False, True]), model)
    assert found.tolist() == [HELD, BROKEN, NO_ANSWER]
    assert model.asked[0][:2] == [
        {"age": 30, "sex": "Male", "job": "judge"},
        {"age": 50, "sex": "Male", "job": None},
    ]

"""The smallest pair that shows a fault, and nobody's row."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.counterexample import Counterexample, Said
from ml_ci.behaviours.hunt import hunt, mutate
from ml_ci.behaviours.measure import measure
from ml_ci.behaviours.shown import between, may_show
from ml_ci.behaviours.shrink import shrink
from tests.behaviours.asking import Model, Row, behaviour, columns_of

ROWS = 2_000
COUNTRIES = ["Peru", "Cuba", "Haiti"]


def _draw(seed: int = 5) -> dict[str, list[object]]:
    draws = np.random.default_rng(seed)
    return {
        "id": [f"c{row:05d}" for row in range(ROWS)],
        "age": draws.integers(17, 91, ROWS).tolist(),
        "hours": draws.integers(1, 99, ROWS).tolist(),
        "weight": draws.normal(1000, 300, ROWS).round(6).tolist(),
        "sex": draws.choice(["Male", "Female"], ROWS).tolist(),
        "job": draws.choice(["cook", "clerk", "judge", "nurse"], ROWS).tolist(),
        "country": draws.choice(["US", *COUNTRIES], ROWS, p=[0.97, 0.01, 0.01, 0.01]).tolist(),
    }


HOLDOUT = columns_of(_draw())


def sound(row: Row) -> float:
    return 1 / (1 + math.exp(-((row["age"] - 50) / 20 + (row["hours"] - 50) / 30)))  # type: ignore[operator]


def by_sex(row: Row) -> float:
    return sound(row) + (0.4 if row["sex"] == "Male" and row["hours"] > 60 else 0)  # type: ignore[operator]


def pocket(row: Row) -> float:
    is_in = row["country"] == "Haiti" and 40 <= row["age"] <= 42  # type: ignore[operator]
    return 1 - sound(row) if is_in else sound(row)


def wrong_way(row: Row) -> float:
    return sound(row) - (0.3 if row["age"] > 60 else 0)  # type: ignore[operator]


def strict(row: Row) -> float:
    if str(row["job"]).isupper() and row["hours"] > 30:  # type: ignore[operator]
        raise ValueError(f"unknown job {row['job']}")
    return sound(row)


def example(what: Any, faulty: Callable[[Row], float], *, compared: bool = True, **more: Any) -> Counterexample | None:
    candidate, baseline = Model.of(HOLDOUT, faulty), Model.of(HOLDOUT, sound)
    found = measure(what, HOLDOUT, candidate)
    return shrink(what, HOLDOUT, found, candidate, baseline if compared else None, **more)


@pytest.mark.parametrize("compared", [True, False], ids=["with a baseline", "without"])
@pytest.mark.parametrize(
    ("what", "faulty", "column", "kept"),
    [
        (behaviour("vary", "sex"), by_sex, "sex", {"hours"}),
        (behaviour("vary", "country"), pocket, "country", {"age"}),
        (behaviour("raise", "age"), wrong_way, "age", set()),
        (behaviour("disturb", "job", by=("case",)), strict, "job", set()),
    ],
)
def test_a_pair_shrinks_to_the_fault(what: Any, faulty: Any, column: str, kept: set[str], compared: bool) -> None:
    found = example(what, faulty, compared=compared)
    assert found is not None
    assert (found.column, found.hidden, found.shows) == (column, 0, (True, True))
    assert kept <= set(found.kept) <= kept | {"age", "hours"}
    if not compared:
        assert found.baseline is None
    elif found.baseline is not None:
        assert found.baseline.decisions[0] == found.baseline.decisions[1] or what.kind == "raise"


def test_it_is_told_in_words_with_what_repeats_it() -> None:
    found = example(behaviour("raise", "age"), wrong_way)
    assert found is not None
    assert (found.before, found.after) == (60, 61)
    assert found.words.startswith("age 60 → 61 alone makes the score fall from 0.")
    assert found.arguments == ("age=60,61",)
    flips = example(behaviour("vary", "sex"), by_sex)
    assert flips is not None
    assert flips.words.startswith("sex Male → Female flips the decision, where ")
    refused = example(behaviour("disturb", "job", by=("case",)), strict)
    assert refused is not None
    assert refused.words == "job clerk → CLERK alone gets no answer (unknown job CLERK)"


@pytest.mark.parametrize("how", ["missing", "extreme"])
def test_what_is_edited_to_nothing_or_far_away_was_a_value_that_many_have(how: str) -> None:
    def faulty(row: Row) -> float:
        weight = row["weight"]
        return 0.9 if weight is None or not 0 < weight < 3000 else 0.1  # type: ignore[operator]

    found = example(behaviour("disturb", "weight", by=(how,)), faulty)
    assert found is not None
    assert found.shows == (True, True)
    assert HOLDOUT.columns["weight"].held_by.get(found.before, 0) == 0, "it is nobody's"


def test_numbers_come_as_near_as_they_go() -> None:
    found = example(behaviour("vary", "country"), pocket)
    assert found is not None
    assert found.kept["age"] in (40, 42), "the end of the pocket that is nearer to the median"
    assert "Haiti" in (found.before, found.after)


@pytest.mark.parametrize("shown", ["shrunk", "none", "full"])
def test_what_is_shown_is_what_was_asked_for(shown: Any) -> None:
    found = example(behaviour("vary", "sex"), by_sex, shown=shown)
    if shown == "none":
        assert found is None
        return
    assert found is not None
    assert found.full == (shown == "full")
    is_a_row = {**found.kept, found.column: found.before} in (HOLDOUT.row(row) for row in range(ROWS))
    assert is_a_row == (shown == "full")


def test_a_value_that_few_rows_have_is_counted_and_not_shown() -> None:
    weights = HOLDOUT.columns["weight"]

    def faulty(row: Row) -> float:
        rare = row["weight"] in weights.cells and row["weight"] > 1500 and row["id"] != "c00000"  # type: ignore[operator]
        return sound(row) + (0.5 if rare and row["sex"] == "Male" else 0)

    found = example(behaviour("vary", "sex"), faulty)
    assert found is not None
    assert "weight" not in found.kept
    assert found.hidden >= 1
    assert found.arguments == ()
    assert "not shown" in found.words
    told = json.dumps(asdict(found)) + found.words
    assert not [value for value in weights.values if value in told]


def test_the_edited_value_is_hidden_too_where_few_rows_have_it() -> None:
    found = example(behaviour("vary", "id"), lambda row: 0.9 if str(row["id"]).endswith("7") else 0.1)
    assert found is not None
    assert found.shows == (False, False)
    assert found.words.startswith("id (hidden) → (hidden) alone flips the decision")
    slip = example(behaviour("disturb", "id", by=("case",)), lambda row: 0.9 if str(row["id"])[0] == "C" else 0.1)
    assert slip is not None
    assert slip.shows == (False, False), "what a slip makes of a value tells it"


def test_of_one_whole_row_nothing_but_the_edit_is_shown() -> None:
    holdout = columns_of({"sex": ["Male", "Female"] * 10, "town": ["Ulm"] * 15 + ["Bonn"] * 5, "n": [*range(20)]})
    small = columns_of({"sex": ["Male", "Female"] * 10, "town": ["Ulm"] * 12 + ["Bonn"] * 8})

    def faulty(row: Row) -> float:
        return 0.9 if row["town"] == "Bonn" and row["sex"] == "Male" else 0.1

    for one, kept in ((holdout, {"town": "Bonn"}), (small, {})):
        model = Model.of(one, faulty)
        what = behaviour("vary", "sex")
        found = shrink(what, one, measure(what, one, model), model)
        assert found is not None
        assert dict(found.kept) == kept or (one is small and found.hidden == 1)


def test_a_model_that_answers_differently_the_next_time_shows_nothing() -> None:
    what, model = behaviour("vary", "sex"), Model.of(HOLDOUT, by_sex)
    found = measure(what, HOLDOUT, model)
    assert shrink(what, HOLDOUT, found, Model.of(HOLDOUT, sound), None) is None


def test_where_both_sides_break_the_scores_stay_apart() -> None:
    what, candidate = behaviour("vary", "sex"), Model.of(HOLDOUT, by_sex)
    found = shrink(what, HOLDOUT, measure(what, HOLDOUT, candidate), candidate, Model.of(HOLDOUT, by_sex))
    assert found is not None
    first, second = found.candidate.scores
    assert abs((first or 0) - (second or 0)) >= 0.19
    assert found.baseline is None


@pytest.mark.parametrize("kind", ["alone", "again"])
def test_rows_that_are_scored_in_another_way_have_no_pair(kind: str) -> None:
    model = Model.of(HOLDOUT, sound)
    assert shrink(behaviour("same", same=kind), HOLDOUT, np.ones(ROWS, np.uint8), model, None) is None


def test_it_asks_seldom_and_in_the_same_way_each_time() -> None:
    told = []
    for _ in range(2):
        candidate, baseline = Model.of(HOLDOUT, by_sex), Model.of(HOLDOUT, sound)
        what = behaviour("vary", "sex")
        found = measure(what, HOLDOUT, candidate)
        candidate.asked.clear()
        told.append(shrink(what, HOLDOUT, found, candidate, baseline))
        assert len(candidate.asked) <= 12
        assert sum(map(len, candidate.asked)) <= 1_500
    assert told[0] == told[1]


def test_wide_rows_are_shrunk_in_bounded_asks() -> None:
    wide = columns_of({f"x{place}": [0] * 30 + [place % 7 + 1] * 20 for place in range(300)})
    model = Model.of(wide, lambda row: 0.9 * (row["x7"] != 0 and row["x211"] != 0 and row["x5"] == 3))  # type: ignore[operator]
    what = behaviour("vary", "x5")
    holdout = Columns({**wide.columns, "x5": columns_of({"x5": [3, 4] * 25}).columns["x5"]}, 50)
    model.holdout = holdout
    found = shrink(what, holdout, measure(what, holdout, model), model)
    assert found is not None
    assert set(found.kept) == {"x7", "x211"}
    assert max(map(len, model.asked)) <= 512


@pytest.mark.parametrize(
    ("name", "near", "far", "expected"),
    [
        ("age", 50, 20, lambda found: found[0] == 50 and found[-1] == 21),
        ("country", "US", "Haiti", lambda found: found == ()),
        ("sex", "Male", "nobody's", lambda found: set(found) == {"Male", "Female"}),
        ("age", None, 20, lambda found: found == ()),
        ("weight", 1000.0, 1400.0, lambda found: all(round(one, -1) == one for one in found) and len(found) > 9),
    ],
)
def test_what_lies_between(name: str, near: Any, far: Any, expected: Callable[[Any], bool]) -> None:
    column = HOLDOUT.columns[name]
    found = between(column, near, far)
    assert expected(found)
    assert all(may_show(column, one) for one in found)


def test_hunting_finds_a_pocket_that_no_row_of_the_holdout_is_in() -> None:
    texts = _draw()
    for row in range(ROWS):
        if texts["country"][row] == "Haiti" and 30 <= texts["age"][row] <= 52:  # type: ignore[operator]
            texts["age"][row] = 60
    holdout = columns_of(texts)
    what = behaviour("vary", "sex")

    def faulty(row: Row) -> float:
        flips = row["country"] == "Haiti" and 40 <= row["age"] <= 42 and row["sex"] == "Male"  # type: ignore[operator]
        return 1 - sound(row) if flips else sound(row)

    candidate, baseline = Model.of(holdout, faulty), Model.of(holdout, sound)
    assert not measure(what, holdout, candidate).any()
    found = hunt(what, holdout, candidate, baseline)
    assert found.found
    assert found.rows < 20_000
    assert found.counterexample is not None
    assert {"country", "age"} <= set(found.counterexample.kept)
    assert "country is Haiti" in found.counterexample.words
    nothing = hunt(what, holdout, baseline, baseline, rows=2_000)
    assert (nothing.found, nothing.rows, nothing.counterexample) == (False, 2_000, None)


def test_mutated_rows_are_the_same_each_time_and_differ_in_one_value() -> None:
    what = behaviour("raise", "age")
    first, again = (list(mutate(what, HOLDOUT, 500)) for _ in range(2))
    assert first == again
    assert {len(pair.edits) for pair in first} == {1}
    redrawn = [next(iter(pair.edits)) for pair in first]
    assert redrawn.count("id") > redrawn.count("sex") > 0
    assert len({pair.row for pair in first}) > 300


@pytest.mark.parametrize("what", [behaviour("same", same="alone"), behaviour("vary", "sex")])
def test_where_nothing_can_be_redrawn_nothing_is_hunted(what: Any) -> None:
    holdout = columns_of({"sex": ["Male"] * 9})
    assert hunt(what, holdout, Model.of(holdout, sound)).rows == 0


def _told(column: str, before: Any, after: Any, **kept: Any) -> Counterexample:
    said = Said((1, 0), (0.7, 0.2))
    return Counterexample("disturb", column, before, after, said, said, kept)


@pytest.mark.parametrize(
    ("found", "arguments"),
    [
        (_told("job", "Cook", "cook", age=40), ("age=40", "job=Cook,cook")),
        (_told("job", "Sales, other", "sales"), ('job="Sales, other",sales',)),
        (_told("job", 'the "boss"', None), ('job="the ""boss""",',)),
        (_told("pay", 1.5, -20.0, town=None), ("town=", "pay=1.5,-20.0")),
        (_told("member", True, False), ("member=True,False",)),
        (_told("job", "Cook", " Cook"), ()),
        (_told("pay", 7, "7"), ()),
        (_told("job", "Cook", "cook", town="Ulm "), ()),
    ],
)
def test_the_line_that_repeats_it_is_read_as_it_was_meant(found: Counterexample, arguments: tuple[str, ...]) -> None:
    assert found.arguments == arguments
    for argument in arguments:
        name, _, text = argument.partition("=")
        [fields] = csv.reader([text]) if text else [[""]]
        cells = [found.before, found.after] if name == found.column else [found.kept[name]]
        assert fields == ["" if cell is None else str(cell) for cell in cells]

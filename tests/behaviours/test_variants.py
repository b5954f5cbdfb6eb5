"""Which rows are asked, and as what."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ml_ci.behaviours.columns import Columns
from ml_ci.behaviours.variants import Editor, Variants
from tests.behaviours.asking import behaviour, columns_of

MANY = 60
HOLDOUT = columns_of(
    {
        "id": range(MANY),
        "sex": ["Male", "Female", ""] * (MANY // 3),
        "age": [20 + row % 30 for row in range(MANY)],
        "job": [("cook", "?", "Tax clerk")[row % 3] for row in range(MANY)],
    }
)


def edits_of(holdout: Columns, *arguments: str, **more: object) -> list[Variants]:
    editor = Editor(behaviour(*arguments, **more), holdout)
    rows, _ = editor.sample()
    return list(editor.edit(rows))


@pytest.mark.parametrize(
    ("arguments", "more", "asked", "passed"),
    [
        (("vary", "sex"), {}, 40, 20),
        (("raise", "age"), {}, 58, 2),
        (("lower", "age"), {}, 58, 2),
        (("disturb", "job"), {"by": ("case",)}, 40, 20),
        (("disturb", "job"), {"by": ("case", "missing")}, 60, 0),
        (("disturb", "age"), {"by": ("unseen", "case")}, 0, 60),
        (("same",), {"same": "alone"}, 60, 0),
        (("vary", "sex", "id"), {}, 60, 0),
    ],
)
def test_rows_to_which_nothing_applies_are_passed_over(
    arguments: tuple[str, ...], more: dict[str, object], asked: int, passed: int
) -> None:
    rows, left = Editor(behaviour(*arguments, **more), HOLDOUT).sample()
    assert (len(rows), len(left)) == (asked, passed)
    assert not set(rows.tolist()) & set(left.tolist())


def test_a_sample_follows_the_content_of_rows_and_not_their_place() -> None:
    order = np.random.default_rng(3).permutation(MANY)
    texts = {name: [column.values[code] for code in column.codes] for name, column in HOLDOUT.columns.items()}
    moved = columns_of({name: [values[row] for row in order] for name, values in texts.items()})
    first, _ = Editor(behaviour("vary", "sex", rows=10), HOLDOUT).sample()
    again, _ = Editor(behaviour("vary", "sex", rows=10), moved).sample()
    assert len(first) == 10
    assert sorted(order[row] for row in again) == first.tolist()


def test_a_sample_grows_by_rows_and_loses_none() -> None:
    small, large = (set(Editor(behaviour("vary", "sex", rows=n), HOLDOUT).sample()[0].tolist()) for n in (10, 20))
    assert small < large


def test_a_row_has_no_more_variants_than_asked_and_different_ones() -> None:
    [variants] = edits_of(HOLDOUT, "vary", "id")
    each = Counter(variants.places.tolist())
    assert set(each.values()) == {8}
    pairs = list(zip(variants.places.tolist(), variants.cells, strict=True))
    assert len(set(pairs)) == len(pairs)
    assert len(set(variants.cells)) > MANY / 2, "rows are edited to different values"


def test_every_column_and_every_slip_has_its_share() -> None:
    found = edits_of(HOLDOUT, "vary", "id", "age", variants=4)
    assert {one.column: set(Counter(one.places.tolist()).values()) for one in found} == {"id": {2}, "age": {2}}
    [few] = edits_of(HOLDOUT, "disturb", "job", by=("case", "typo", "space", "missing", "unseen"), variants=2)
    assert max(Counter(few.places.tolist()).values()) == 2
    assert {None, "unseen", " cook", "COOK"} <= set(few.cells), "each slip is made in some row"


def test_edits_are_the_same_each_time() -> None:
    first, again = (edits_of(HOLDOUT, "vary", "id", "age") for _ in range(2))
    assert [(one.column, one.places.tolist(), one.cells) for one in first] == [
        (one.column, one.places.tolist(), one.cells) for one in again
    ]

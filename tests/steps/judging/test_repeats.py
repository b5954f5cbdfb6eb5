"""What cannot be scored several times is refused before anything is done, and says why."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import CommandJob, FileEntry, FunctionJob, ModelSpec, PartEntry, Positive
from ml_ci.steps.judging.repeats import check_repeats

MODEL = ModelSpec(
    name="m",
    job=FunctionJob("job:train"),
    data={"train": FileEntry("train.csv")},
    holdout=FileEntry("holdout.csv"),
    label="y",
    positive=Positive((1,)),
    repeats=5,
)


def table(rows: int) -> Any:
    return SimpleNamespace(rows=rows, shown="holdout.csv")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weight": "n"}, "`weight:`"),
        ({"holdout": PartEntry("train", folds=5, label="y")}, "`folds:`"),
        ({"method": "anytime"}, "`method: anytime`"),
        ({"job": CommandJob("make", "p.csv", None)}, "a command that leaves predictions"),
    ],
)
def test_what_the_base_and_the_change_say_together(changed: dict[str, Any], said: str) -> None:
    model = replace(MODEL, **changed)
    with pytest.raises(UserError, match="model m: `repeats: 5` stands beside") as error:
        check_repeats(table(100), model)
    assert said in error.value.message
    assert "Remove one of them" in error.value.hint
    check_repeats(table(100), replace(model, repeats=1))


@pytest.mark.parametrize(
    ("rows", "repeats", "fits"), [(5_000_000, 4, True), (5_000_000, 5, False), (5_000_001, 2, False)]
)
def test_as_many_answers_as_are_held_at_once(rows: int, repeats: int, fits: bool) -> None:
    model = replace(MODEL, repeats=repeats)
    if fits:
        check_repeats(table(rows), model)
        return
    with pytest.raises(UserError, match="are not counted together") as error:
        check_repeats(table(rows), model)
    assert "share: 0.1" in error.value.hint
    check_repeats(table(rows), replace(MODEL, repeats=1))

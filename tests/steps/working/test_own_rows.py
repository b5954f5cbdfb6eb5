"""Rows that two jobs made, matched by the column that names them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import StageFailed
from ml_ci.spec.values import FileEntry
from ml_ci.steps.working.own_rows import match_rows
from ml_ci.tables.table import Table


def _match(folder: Path, now: str, was: str) -> list[int]:
    for name, text in (("now", now), ("was", was)):
        (folder / f"{name}.csv").write_text(text.replace(" ", "\n") + "\n")
    model: Any = SimpleNamespace(id="id", holdout=FileEntry("made/test.csv", None, "split"))
    sides: Any = SimpleNamespace(candidate=SimpleNamespace(model=model))
    wanted, given = (Table.open(folder / f"{name}.csv", shown=f"{name}.csv") for name in ("now", "was"))
    return match_rows(wanted, given, sides).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("now", "was", "places"),
    [
        ("id,x 1,5 2,6", "id,x 1,50 2,60", [0, 1]),
        ("id,x 2,6 1,5", "id,z 1,50 2,60", [1, 0]),
        ("id,x 1.0,5 2.0,6", "x,id 50,2 60,1", [1, 0]),
    ],
)
def test_rows_are_matched_by_their_id_however_it_is_written(
    tmp_path: Path, now: str, was: str, places: list[int]
) -> None:
    assert _match(tmp_path, now, was) == places


@pytest.mark.parametrize(
    ("now", "was", "said"),
    [
        ("id,x 1,5", "id,x 1,5 2,6 3,6", "than the baseline's: 2 rows dropped (id 2, 3)"),
        ("id,x 1,5 7,6", "id,x 1,5", "than the baseline's: 1 row added (id 7)"),
        ("id,x 1,5 7,6", "id,x 1,5 2,6", "than the baseline's: 1 row added (id 7), 1 row dropped (id 2)"),
        ("id,x 1,5 2,6", "x 5 6", "the rows that the job `split` of the baseline makes have no column `id`"),
        ("id,x 1,5 1,6", "id,x 1,5 2,6", "now.csv: `id` repeats in 1 of its rows (1)"),
        ("id,x 1,5 2,6", "id,x 1,5 1,6", "was.csv: `id` repeats in 1 of its rows (1)"),
    ],
)
def test_what_are_not_the_same_rows_is_named(tmp_path: Path, now: str, was: str, said: str) -> None:
    with pytest.raises(StageFailed) as caught:
        _match(tmp_path, now, was)
    assert caught.value.failure.code == "own-rows"
    assert caught.value.failure.message.endswith(said)
    assert caught.value.failure.hint

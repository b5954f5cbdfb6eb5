"""The holdout's rows in what a job left: taken out by the column that chooses them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import CommandJob, FileEntry, FunctionJob, ModelSpec, PartEntry, Positive
from ml_ci.training.delivery import Supply
from ml_ci.training.inputs import place
from ml_ci.training.placement import Placement

_DAYS = [(number // 2, number, f"2026-01-{number % 28 + 1:02d}") for number in range(200)]
RAW = "id,x,y,day\n" + "".join(f"{name},{number},{number % 2},{day}\n" for name, number, day in _DAYS)
MADE = "id,z,day\n" + "".join(f"{name},{number / 7:.3f},{day}\n" for name, number, day in _DAYS)


class FakeTree:
    """A working tree with the raw table."""

    commit = None
    left_out: frozenset[str] = frozenset()

    def files(self) -> dict[str, str]:
        return {"raw.csv": "x"}


NAMED = ["x,z", *(f"{number},{number / 7:.3f}" for _, number, _ in _DAYS)]


def _place(
    tmp_path: Path, part: PartEntry, made: str, job: Any, named: str | None = None
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Give the rows that the job finds: of the raw table, and of what the other job left."""
    copy, left = tmp_path / "copy", tmp_path / "left"
    for folder in (copy, left, tmp_path / "origin"):
        folder.mkdir()
    (copy / "raw.csv").write_text(RAW)
    (left / "made.csv").write_text(made)
    data = {"raw": FileEntry("raw.csv"), "train": FileEntry("made.csv", None, "features")}
    model = ModelSpec("m", job, data, part, "y", Positive((1,)), id=named)
    supply = Supply("m", FakeTree(), copy, tmp_path / "origin", tmp_path / "fetch", {})  # type: ignore[arg-type]
    place(Placement(model, supply, tmp_path / "work", made={"features": left}))
    assert (left / "made.csv").read_text() == made  # the record stays as it is
    return tuple(list(csv.DictReader((copy / name).open())) for name in ("raw.csv", "made.csv"))  # type: ignore[return-value]


@pytest.mark.parametrize("job", [FunctionJob("a:b"), CommandJob("x", model="m")])
@pytest.mark.parametrize(
    ("part", "key"),
    [
        (PartEntry("raw", share=0.3, by="id"), "id"),
        (PartEntry("raw", after=("day", "2026-01-20")), "day"),
        (PartEntry("raw", where=("day", ("2026-01-03", "2026-01-04"))), "day"),
    ],
)
def test_rows_are_taken_out_by_the_column_that_chooses_them(
    tmp_path: Path, job: Any, part: PartEntry, key: str
) -> None:
    raw, made = _place(tmp_path, part, MADE, job)
    assert 0 < len(raw) < 200
    assert [row[key] for row in made] == [row[key] for row in raw]


@pytest.mark.parametrize("job", [FunctionJob("a:b"), CommandJob("x", model="m"), CommandJob("x", predictions="p")])
@pytest.mark.parametrize("made", [NAMED, [NAMED[0], *NAMED[:0:-1]]], ids=["same order", "other order"])
@pytest.mark.parametrize(
    "part",
    [
        PartEntry("raw", share=0.3),
        PartEntry("raw", share=0.3, by="id"),
        PartEntry("raw", where=("day", ("2026-01-03",))),
        PartEntry("raw", folds=3, fold=1),
    ],
    ids=["whole rows", "by what the job dropped", "where", "fold"],
)
def test_rows_are_taken_out_by_the_column_that_names_them(
    tmp_path: Path, job: Any, part: PartEntry, made: list[str]
) -> None:
    raw, found = _place(tmp_path, part, "\n".join(made) + "\n", job, "x")
    assert 0 < len(raw) < 200
    assert sorted(row["x"] for row in found) == sorted(row["x"] for row in raw)


@pytest.mark.parametrize(
    "made", ["z\n" + "1\n" * 200, "\n".join(NAMED).replace("x,", "key,", 1) + "\n"], ids=["no column", "other name"]
)
def test_without_the_column_that_names_them_rows_stay(tmp_path: Path, made: str) -> None:
    _, found = _place(tmp_path, PartEntry("raw", share=0.3), made, FunctionJob("a:b"), "x")
    assert len(found) == 200


def test_job_that_leaves_nothing_but_rows_that_judge_is_refused(tmp_path: Path) -> None:
    one = PartEntry("raw", where=("x", (5,)))
    with pytest.raises(UserError) as caught:
        _place(tmp_path, one, "x,z\n5,1\n", FunctionJob("a:b"), "x")
    assert caught.value.message == "every row of made.csv is one that judges: none is left to train on"


@pytest.mark.parametrize(
    ("part", "made"),
    [
        (PartEntry("raw", share=0.3), MADE),
        (PartEntry("raw", share=0.3, by="id"), MADE.replace("id,", "customer,", 1)),
        (PartEntry("raw", share=0.3, by="id"), "no table at all\n"),
        (PartEntry("raw", where=("day", ("2026-01-03",))), "id,z,day\n1,2,2026-02-01\n"),
    ],
    ids=["whole rows", "no such column", "no table", "no such row"],
)
def test_what_has_no_row_of_it_stays_as_it_was_left(tmp_path: Path, part: PartEntry, made: str) -> None:
    _, found = _place(tmp_path, part, made, FunctionJob("a:b"))
    assert len(found) == len(made.splitlines()) - 1

"""The holdout's rows in what a job left: taken out by the column that chooses them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from ml_ci.spec.values import CommandJob, FileEntry, FunctionJob, ModelSpec, PartEntry, Positive
from ml_ci.training.delivery import Supply
from ml_ci.training.inputs import Placement, place

_DAYS = [(number // 2, number, f"2026-01-{number % 28 + 1:02d}") for number in range(200)]
RAW = "id,x,y,day\n" + "".join(f"{name},{number},{number % 2},{day}\n" for name, number, day in _DAYS)
MADE = "id,z,day\n" + "".join(f"{name},{number / 7:.3f},{day}\n" for name, number, day in _DAYS)


class FakeTree:
    """A working tree with the raw table."""

    commit = None
    left_out: frozenset[str] = frozenset()

    def files(self) -> dict[str, str]:
        return {"raw.csv": "x"}


def _place(tmp_path: Path, part: PartEntry, made: str, job: Any) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Give the rows that the job finds: of the raw table, and of what the other job left."""
    copy, left = tmp_path / "copy", tmp_path / "left"
    for folder in (copy, left, tmp_path / "origin"):
        folder.mkdir()
    (copy / "raw.csv").write_text(RAW)
    (left / "made.csv").write_text(made)
    data = {"raw": FileEntry("raw.csv"), "train": FileEntry("made.csv", None, "features")}
    model = ModelSpec("m", job, data, part, "y", Positive((1,)))
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

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ml_ci.errors import UserError
from ml_ci.spec.values import PartEntry
from ml_ci.tables.membership import belonging, number_folds
from ml_ci.tables.parts import cut
from ml_ci.tables.table import Table

Write = Callable[..., Path]

PART = PartEntry("t", folds=5, label="y")
ROWS = [f"{i},c{i % 40},{i % 2}" for i in range(400)]


def _text(rows: list[str]) -> str:
    return "\n".join(["i,customer,y", *rows]) + "\n"


def _folds(path: Path, part: PartEntry = PART) -> dict[str, int]:
    """Give the fold of each row, by the value of its first column."""
    table = Table.open(path)
    return dict(zip(table.text("i").tolist(), number_folds(table, part).tolist(), strict=True))


def test_each_row_belongs_to_one_fold_of_about_the_same_size(write: Write) -> None:
    table = Table.open(write(_text(ROWS)))
    members = [belonging(table, replace(PART, fold=fold)) for fold in range(5)]
    assert (np.sum(members, axis=0) == 1).all()
    assert all(40 < own.sum() < 120 for own in members)
    assert belonging(table, PART).all()


def test_a_row_stays_in_its_fold_whatever_becomes_of_others(write: Write) -> None:
    known = _folds(write(_text(ROWS)))
    more = [f"{i},c{i % 40},{i % 2}" for i in range(1000, 1300)]
    found = _folds(write(_text([*more, *reversed(ROWS[::2])]), "more.csv"))
    assert all(found[f"{i}"] == known[f"{i}"] for i in range(0, 400, 2))


@pytest.mark.parametrize(
    "rows",
    [
        [row[:-1] + str(1 - int(row[-1])) for row in ROWS],  # every label is another one
        [row.replace(",c", ", c") for row in ROWS],  # the same values, spelled otherwise
    ],
    ids=["relabelled", "spelled"],
)
def test_neither_a_label_nor_a_spelling_moves_a_row(write: Write, rows: list[str]) -> None:
    assert _folds(write(_text(rows), "other.csv")) == _folds(write(_text(ROWS)))


def test_parquet_has_the_folds_of_text(write: Write, tmp_path: Path) -> None:
    text = write(_text(ROWS))
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{text}')) TO '{tmp_path / 'd.parquet'}' (FORMAT parquet)")
    assert _folds(tmp_path / "d.parquet") == _folds(text)


def test_by_keeps_the_rows_of_a_value_together(write: Write) -> None:
    table = Table.open(write(_text(ROWS)))
    folds = defaultdict(set)
    for customer, fold in zip(table.text("customer"), number_folds(table, replace(PART, by="customer")), strict=True):
        folds[customer].add(int(fold))
    assert all(len(found) == 1 for found in folds.values())
    assert len(set.union(*folds.values())) == 5


def test_another_seed_or_number_cuts_other_folds(write: Write) -> None:
    path = write(_text(ROWS))
    known = _folds(path)
    assert _folds(path, replace(PART, seed=1)) != known
    assert max(_folds(path, replace(PART, folds=20)).values()) == 19


def test_a_fold_is_cut_out_and_the_others_are_left(write: Write) -> None:
    source = write(_text(ROWS))
    rest, out = source.with_name("rest.csv"), source.with_name("part.csv")
    counts = cut(source, replace(PART, fold=2), rest, out)
    own = [i for i, fold in _folds(source).items() if fold == 2]
    assert Table.open(out).text("i").tolist() == own
    assert counts.part == len(own)
    assert counts.rest == 400 - len(own) == Table.open(rest).rows


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        ("i,customer,y\n1,,1\n", replace(PART, by="customer"), "line 2: no value in column 'customer'"),
        ("i,customer,y\n1,a,1\n", replace(PART, by="custommer"), "there is no column 'custommer'"),
        ("y\n1\n0\n", PART, "has no column but 'y', which does not say where a row belongs"),
    ],
)
def test_rows_that_cannot_be_placed_are_named(write: Write, text: str, part: PartEntry, said: str) -> None:
    with pytest.raises(UserError, match=said):
        number_folds(Table.open(write(text)), part)


def test_an_empty_fold_is_named(write: Write) -> None:
    source = write("i,y\n1,1\n2,0\n")
    empty = next(fold for fold in range(5) if fold not in _folds(source).values())
    with pytest.raises(UserError, match=rf"belongs to the part \(fold {empty + 1} of folds: 5\)") as caught:
        cut(source, replace(PART, fold=empty), None, source.with_name("p"))
    assert caught.value.hint == "Choose fewer folds, another seed, or a column `by:` with more values."

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml_ci.errors import UserError
from ml_ci.evaluation import stream
from ml_ci.spec.load import load
from ml_ci.spec.values import ModelSpec, PartEntry
from ml_ci.steps.judging.folds import check_folds
from ml_ci.tables.table import Table

SPEC = """\
version: 1
models:
  m:
    train: job:train
    data: {train: train.csv, holdout: {of: train, folds: 5, by: c}}
    label: y
    positive: 1
"""


def _model(**part: object) -> ModelSpec:
    model = load(SPEC, "ml-ci.yaml").models["m"]
    assert isinstance(model.holdout, PartEntry)
    return replace(model, holdout=replace(model.holdout, **part))  # type: ignore[arg-type]


def _table(folder: Path, positives: int, negatives: int, customers: int = 1000) -> Table:
    labels = [1] * positives + [0] * negatives
    path = folder / "train.csv"
    path.write_text("i,c,y\n" + "".join(f"{i},{i % customers},{y}\n" for i, y in enumerate(labels)))
    return Table.open(path, shown="train.csv")


def test_folds_that_can_be_trained_on_are_let_through(tmp_path: Path) -> None:
    check_folds(_table(tmp_path, 40, 60), _model())
    check_folds(_table(tmp_path, 40, 60), _model(by=None))


@pytest.mark.parametrize(
    ("sizes", "part", "said"),
    [
        ((4, 60, 1000), {}, "`data.holdout`: folds: 5, but train.csv has only 4 positives"),
        ((60, 3, 1000), {}, "folds: 5, but train.csv has only 3 negatives"),
        ((2, 2, 1000), {"by": None}, "folds: 5, but train.csv has only 4 rows"),
        ((40, 60, 4), {}, "folds: 5, but train.csv has only 4 different values in column 'c'"),
        ((6, 6, 1000), {"folds": 6}, r"folds: 6, but fold \d of train.csv gets no row"),
    ],
)
def test_too_little_of_anything_is_named(
    tmp_path: Path, sizes: tuple[int, int, int], part: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        check_folds(_table(tmp_path, *sizes), _model(**part))


def test_a_fold_that_holds_all_of_a_class_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    rows = [f"{i},a,1" for i in range(5)] + [f"{i},b{i},0" for i in range(5, 100)]
    path.write_text("i,c,y\n" + "\n".join(rows) + "\n")
    with pytest.raises(UserError, match=r"fold \d of train.csv holds all 5 positives: none is left to train on"):
        check_folds(Table.open(path, shown="train.csv"), _model())


def test_a_large_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LARGE_ROWS", 50)
    with pytest.raises(UserError, match="are not cross-validated") as caught:
        check_folds(_table(tmp_path, 40, 60), _model())
    assert caught.value.hint == "So many rows can spare a holdout: `share: 0.2`."

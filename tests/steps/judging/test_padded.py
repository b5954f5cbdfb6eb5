"""Who strips white space when training, and scores rows as they stand, is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.spec.values import CommandJob, FunctionJob
from ml_ci.steps.judging.padded import note_padded
from ml_ci.tables.table import Table

MODEL = CommandJob("python train.py", model="model.pkl")


def _note(folder: Path, job: object, text: str = "work, y\n a, 1\n b, 0\n") -> list[str]:
    path = folder / "t.csv"
    path.write_text(text)
    model = SimpleNamespace(job=job, label=" y")
    shop: Any = SimpleNamespace(
        sides=SimpleNamespace(candidate=SimpleNamespace(model=model)), holdout=Table.open(path, shown="t.csv")
    )
    return list(note_padded(shop))


def test_the_columns_are_named(tmp_path: Path) -> None:
    (said,) = _note(tmp_path, MODEL)
    assert said.startswith("Texts of t.csv have white space around them (work), and the model is asked about them as")
    assert "has to strip it in `predict:` too" in said


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (MODEL, "work,y\na,1\nb,0\n"),
        (MODEL, "work,y\na, yes\nb, no\n"),  # the label's own, which ml-ci reads
        (CommandJob("python train.py", predictions="p.csv"), "work, y\n a, 1\n b, 0\n"),
        (FunctionJob("train:train"), "work, y\n a, 1\n b, 0\n"),
    ],
)
def test_where_there_is_nothing_to_strip(job: object, text: str, tmp_path: Path) -> None:
    assert _note(tmp_path, job, text) == []

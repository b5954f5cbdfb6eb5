"""Two files whose columns differ in type or order are told by column before anything is trained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from ml_ci.cli.main import call
from ml_ci.spec.values import FileEntry, PartEntry
from ml_ci.steps.judging.unlike import note_unlike
from ml_ci.tables.kinds import kinds

TYPES: dict[str, tuple[str, str, str, str]] = {
    # values of the training table, of the holdout, and what pandas makes of each
    "a gap": ("1,,3", "1,2,3", "float64 (1 missing)", "int64"),
    "NA is a gap": ("1,NA,3", "1,2,3", "float64 (1 missing)", "int64"),
    "a rare word": ("1,2,other", "1,2,3", "text", "int64"),
    "a fraction": ("1,2,3.5", "1,2,3", "float64", "int64"),
    "an exponent": ("1,2,3e2", "1,2,3", "float64", "int64"),
    "booleans": ("True,False,True", "1,0,1", "bool", "int64"),
    "booleans with a gap": ("True,,True", "True,False,true", "object (1 missing)", "bool"),
    "a thousands separator": ('"1,000",2,3', "1,2,3", "text", "int64"),
    "nothing at all": (",,", "1,2,3", "float64 (3 missing)", "int64"),
}


def _shop(folder: Path, holdout: object = None) -> Any:
    data = {"train": FileEntry("train.csv"), "folder": FileEntry("parts"), "url": FileEntry("https://x.org/a.csv")}
    model = SimpleNamespace(holdout=holdout or FileEntry("holdout.csv"), data=data, label="y")
    return SimpleNamespace(
        sides=SimpleNamespace(candidate=SimpleNamespace(model=model)),
        project=SimpleNamespace(folder=folder),
        holdout=SimpleNamespace(path=folder / "holdout.csv", shown="holdout.csv", layout=None),
    )


def _column(values: str) -> list[str]:
    import csv

    return next(csv.reader([values]))


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("case", TYPES)
def test_types_are_told_by_column(case: str, quoted: bool, tmp_path: Path) -> None:
    for name, values in zip(("train", "holdout"), TYPES[case][:2], strict=True):
        frame = pd.DataFrame({"code": _column(values), "w": list("xyz"), "y": [0, 1, 0]})
        frame.to_csv(tmp_path / f"{name}.csv", index=False, quoting=1 if quoted else 0)
    there, here = TYPES[case][2:]
    (said,) = note_unlike(_shop(tmp_path))
    assert said.startswith(
        "holdout.csv and train.csv differ in the types that pandas reads: "
        f"`code` is {here} in the one and {there} in the other. "
    )
    for name, kind in (("train", there), ("holdout", here)):
        found = str(pd.read_csv(tmp_path / f"{name}.csv")["code"].dtype)
        assert kind.split()[0] == {"str": "text"}.get(found, found)
    assert not list(note_unlike(_shop(tmp_path, PartEntry("train", share=0.5))))


def test_an_order_is_told_by_column(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a,b,y\n1,2,0\n")
    (tmp_path / "holdout.csv").write_text("b,a,y\n1,2,0\n")
    (said,) = note_unlike(_shop(tmp_path))
    assert said == (
        "The columns of holdout.csv stand in another order than those of train.csv: `b` stands where `a` does there. "
        "A model that knows its columns by their place (fitted on `.to_numpy()`) takes one for the other: "
        "write both files in one order."
    )
    (tmp_path / "holdout.csv").write_text("y,a,more,b\n1,2,0,3\n")
    assert not list(note_unlike(_shop(tmp_path)))


FRAMES = {
    "category": pd.Series(pd.Categorical(list("abc"))),
    "text": pd.Series(list("abc")),
    "int64": pd.Series([1, 2, 3], dtype="int8"),
    "Int64": pd.Series([1, None, 3], dtype="Int64"),
    "float64": pd.Series([1, None, 3]),
    "bool": pd.Series([True, False, True]),
    "boolean": pd.Series([True, None, True], dtype="boolean"),
}


@pytest.mark.parametrize("case", FRAMES)
def test_what_pandas_wrote_is_believed(case: str, tmp_path: Path) -> None:
    pd.DataFrame({" c ": FRAMES[case]}).to_parquet(tmp_path / "t.parquet")
    assert kinds(tmp_path / "t.parquet", None, "t").get("c", None).name == case  # type: ignore[union-attr]


def test_plan_and_doctor_tell_it_too(repository: Any, capsys: pytest.CaptureFixture[str], chdir: Path) -> None:
    """Nothing is trained by either; what the tables are like is known beforehand."""
    for said in ("plan", "doctor"):
        capsys.readouterr()
        call((said,))
        shown = " ".join("".join(capsys.readouterr()).split())
        assert "holdout.csv and train.csv differ in the types that pandas reads" in shown
        assert "`code` is int64 in the one and float64 (1 missing) in the other" in shown
        assert "The columns of holdout.csv stand in another order than those of train.csv" in shown


@pytest.fixture
def chdir(repository: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository.commit(
        {
            "ml-ci.yaml": SPEC,
            "t.py": "def train(train): ...\n",
            "train.csv": "code,w,y\n1,a,0\n,b,1\n3,c,0\n",
            "holdout.csv": "w,code,y\nx,4,1\ny,5,0\n",
            ".gitignore": ".ml_ci/\n",
        }
    )
    monkeypatch.chdir(repository.path)
    path: Path = repository.path
    return path


SPEC = """\
version: 1
models:
  m:
    train: t:train
    data: {train: train.csv, holdout: holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= 0.2]
"""

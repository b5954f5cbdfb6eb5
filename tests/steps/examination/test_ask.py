"""`ml-ci ask` on a repository: both sides beside each other, what changes it, and nobody's row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_ci.cli.main import call

MODEL = """\
import csv
from pathlib import Path

def train(train: Path, out: Path):
    (out / "model").write_text("1")
    return out / "model"

def score(model: Path, rows: Path):
    return [one(row) for row in csv.DictReader(open(rows))]

def one(row):
    if not row["sex"]:
        raise ValueError("no sex")
    return min(1.0, int(row["x"]) / 40)
"""
SPEC = """\
version: 1
models:
  cut:
    train: own:train
    predict: own:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fnr <= baseline.fnr]
"""
DATA = "x,sex,y\n" + "".join(
    f"{x},{'Male' if x % 3 else 'Female'},{int(x >= 20)}\n" for x in range(40) for _ in range(6)
)


@pytest.fixture
def asked(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    project.commit({"own.py": MODEL, "ml-ci.yaml": SPEC, "data/train.csv": DATA, "data/holdout.csv": DATA}, "Ask me")
    project.repository.git("checkout", "-q", "-b", "change")
    project.edit("own.py", 'int(row["x"]) / 40', 'int(row["x"]) / (40 if row["sex"] == "Male" else 80)')
    project.commit()
    monkeypatch.chdir(project.path)
    monkeypatch.setenv("COLUMNS", "60")
    return project


def test_both_sides_are_asked_beside_each_other(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", "cut", "x=30", "sex=Male,Female"]) == 0
    said = capsys.readouterr().out
    commit = asked.repository.git("rev-parse", "main")[:7]
    assert said == (
        "cut: the typical row (median, most frequent), with x=30\n"
        "  positive means 1\n\n"
        f"              candidate        baseline {commit}\n"
        "  sex=Male    0.750 positive   0.750 positive\n"
        "  sex=Female  0.375 negative   0.750 positive  ≠\n\n"
        "One of these alone changes the candidate's decision of the\n"
        "first row:\n"
        "  x: 30 → 19\n"
        "  sex: Male → Female\n"
    )


def test_a_row_of_the_holdout_is_shown_where_it_is_asked_for(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", "cut", "--row", "1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["row"], said["candidate"]) == (1, {"score": 0.0, "positive": False})
    assert said["changes"] == []
    assert [one["column"] for one in said["sways"]] == ["x"]
    assert call(["ask", "cut", "--row", "1"]) == 0
    assert "row 1 of the holdout\n  positive means 1\n  x=0, sex=Female\n" in capsys.readouterr().out


def test_a_row_without_an_answer_says_why(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["ask", "cut", "sex="]) == 0
    said = capsys.readouterr().out
    assert "no answer        no answer" in said
    assert "`own:score` raised ValueError: no sex (own.py, line 13)" in " ".join(said.split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["cut", "xx=3"], 2, "the holdout has no column 'xx', did you mean 'x'?"),
        (["cut", "y=1"], 2, "'y' is the label, which no model is given"),
        (["cutt"], 2, "Did you mean `cut`?"),
        (["cut", "--row", "241"], 2, "--row 241: the holdout has the rows 1 to 240"),
    ],
)
def test_a_mistake_is_told_with_what_is_near(
    asked: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert call(["ask", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_baseline_that_cannot_be_asked_hides_nothing(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked.repository.git("checkout", "-q", "main")
    asked.edit("own.py", "def score", "def scores")
    asked.commit()
    asked.repository.git("checkout", "-q", "-b", "repaired")
    asked.edit("own.py", "def scores", "def score")
    asked.commit()
    assert call(["ask", "cut", "x=30"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "candidate 0.750 positive" in said
    assert "no baseline: the baseline of commit" in said


def test_a_job_that_fails_is_exit_1(asked: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked.edit("own.py", '(out / "model").write_text("1")', "raise ValueError('no data')")
    asked.commit()
    assert call(["ask", "cut"]) == 1
    assert "ValueError: no data" in capsys.readouterr().err

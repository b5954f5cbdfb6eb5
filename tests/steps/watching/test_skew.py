"""`ml-ci skew` on a repository: the log against computed features, scored both ways by the model in service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_ci.cli.main import call

MODEL = """\
import csv
from pathlib import Path

def train(train: Path, out: Path):
    (out / "model").write_text("40")
    return out / "model"

def score(model: Path, rows: Path):
    return [one(row) / int(model.read_text()) for row in csv.DictReader(open(rows))]

def one(row):
    return min(40.0, float(row["x"] or 0) + (row["sex"] == "Male"))
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
    gates: [fnr <= 0.2]
    live:
      predictions: log/*.csv
      id: request
      time: at
      unit: who
      features: {path: computed.csv, limit: 0.01}
"""
DATA = "x,sex,note,y\n" + "".join(
    f"{n % 40},{'Male' if n % 3 else 'Female'},n,{int(n % 40 >= 20)}\n" for n in range(240)
)
ROWS = 600


def _write(folder: Path, wrong: int = 0, factor: int = 100) -> None:
    """Write the log in two parts, in which the first `wrong` rows have x in another unit, and what is computed."""
    header, lines, computed = "request,at,who,score,x,sex\n", [], ["request,x,sex,age\n"]
    for n in range(ROWS):
        x, sex = n % 40, "Male" if n % 3 else "Female"
        logged = x * factor if n < wrong else x
        lines.append(f"r{n},2026-01-01T00:{n // 60:02}:{n % 60:02}Z,{n % 7},0.5,{logged},{sex}\n")
        computed.append(f"r{n},{x},{sex},{n}\n")
    (folder / "log").mkdir(exist_ok=True)
    (folder / "log" / "a.csv").write_text(header + "".join(lines[:250]))
    (folder / "log" / "b.csv").write_text(header + "".join(lines[250:]))
    (folder / "computed.csv").write_text(computed[0] + "".join(reversed(computed[1:])))


@pytest.fixture
def project(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    files = {"own.py": MODEL, "ml-ci.yaml": SPEC, "data/train.csv": DATA, "data/holdout.csv": DATA}
    project.commit({**files, ".gitignore": "log/\ncomputed.csv\n.ml_ci/\n"}, "Serve me")
    monkeypatch.chdir(project.path)
    monkeypatch.setenv("COLUMNS", "90")
    return project


def skew(*more: str) -> int:
    return call(["skew", "cut", "--baseline", "HEAD", *more])


def test_features_that_are_the_same_pass(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _write(project.path)
    assert skew("--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "format": 1, "rows": ROWS, "mismatches": 0, "flipped": 0,
        "columns": {name: {"mismatches": 0, "cause": None} for name in ("x", "sex")},
    }  # fmt: skip
    assert skew("--limit", "0.001") == 4
    assert "600 rows prove neither: about 2,400 more would decide it" in capsys.readouterr().out


def test_a_unit_is_named_and_its_decisions_counted(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _write(project.path, wrong=80)
    assert skew("--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["columns"]["x"] == {"mismatches": 78, "cause": "factor 100 (a unit)"}  # 0 is 0 in every unit
    flipped = sum(n % 40 + (n % 3 > 0) < 20 for n in range(80) if n % 40)  # as logged they are all positive
    assert (said["rows"], said["mismatches"], said["flipped"]) == (ROWS, 78, flipped)
    assert skew() == 1
    commit = project.repository.git("rev-parse", "HEAD")[:7]
    said_words = " ".join(capsys.readouterr().out.split())
    assert "✗ cut: 78 of 600 rows differ (13.0%, limit 1.0%)" in said_words
    assert "x: 78 rows (13.0%, 95% interval 10.4% to 16.0%): factor 100 (a unit)" in said_words
    assert "1 column alike in every row" in said_words
    assert "only computed, not compared: age" in said_words
    assert f"the model of {commit} scored 78 rows both ways" in said_words
    assert "not compared, and typical of the holdout when both ways are scored: note" in said_words
    assert "r1" not in said_words


def test_rows_are_shown_where_they_are_asked_for(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _write(project.path, wrong=80)
    assert skew("--pairs") == 1
    assert capsys.readouterr().out.count("logged ") == 3


def test_without_a_champion_the_share_is_judged_all_the_same(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _write(project.path, wrong=80)
    assert skew("--baseline", "none", "--json") == 1
    assert json.loads(capsys.readouterr().out)["flipped"] is None
    _write(project.path)
    assert skew("--baseline", "none") == 0
    assert "whether decisions flipped is not known: no model of `cut` is in service" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_model_that_cannot_be_asked_is_an_error(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project.edit("own.py", "def score", "def scores")
    project.commit()
    _write(project.path, wrong=4)
    assert skew() == 1
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("! cut: 3 of 600 rows differ")
    assert "what the differences do is not known" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      features: {path: computed.csv, limit: 0.01}\n", "", "`cut` has no features: below live:"),
        (SPEC[SPEC.index("    live:") :], "", "`cut` has no live:"),
        ("id: request", "id: key", "log/*.csv has no column `key`"),
    ],
)
def test_what_is_missing_is_told(
    project: Any, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    _write(project.path)
    project.edit("ml-ci.yaml", old, new)
    assert skew() == 2
    assert said in capsys.readouterr().err


def test_a_log_without_rows_is_nothing_to_compare(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _write(project.path)
    for name in ("a", "b"):
        (project.path / "log" / f"{name}.csv").write_text("request,at,who,score,x,sex\n")
    assert skew() == 5
    assert "nothing to compare" in capsys.readouterr().out

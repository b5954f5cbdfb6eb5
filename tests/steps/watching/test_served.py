"""`ml-ci skew --serving`: a service that has the model, and one that has another, asked over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_ci.cli.main import call
from tests.live.served import METADATA, Served, output, serve

MODEL = """\
import csv
from pathlib import Path

def train(train: Path, out: Path):
    (out / "model").write_text("40")
    return out / "model"

def score(model: Path, rows: Path):
    return [min(1.0, int(row["x"]) / int(model.read_text())) for row in csv.DictReader(open(rows))]
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
    threshold: 0.75
    gates: [fnr <= 0.1]
"""
ROWS = 4000
DATA = "x,sex,y\n" + "".join(f"{n % 40},{'Male' if n % 3 else ''},{int(n % 40 >= 30)}\n" for n in range(ROWS))


def _score(body: Any, wrong: int = 0) -> tuple[int, Any]:
    """Score as the model does; but for `wrong` values of x from 30 on, whose decision flips."""
    [x] = [one["data"] for one in body["inputs"] if one["name"] == "x"]
    return 200, {"outputs": [output([0.1 if 30 <= one < 30 + wrong else one / 40 for one in x])]}


@pytest.fixture
def project(project: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    project.commit({"own.py": MODEL, "ml-ci.yaml": SPEC, "data/train.csv": DATA, "data/holdout.csv": DATA}, "Serve me")
    monkeypatch.chdir(project.path)
    monkeypatch.setenv("COLUMNS", "80")
    return project


def _ask(server: Served, *more: str) -> int:
    return call(["skew", "cut", "--serving", server.url, "--baseline", "HEAD", *more])


def test_a_service_that_has_the_model_is_proven_to(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(_score) as server:
        assert _ask(server) == 0
        said = capsys.readouterr().out
        commit = project.repository.git("rev-parse", "HEAD")[:7]
        assert " ".join(said.split()) == (
            "✓ cut: 0 of 3,000 decisions are others (0.0%, limit 0.1%); 90% interval 0.0% to 0.1% "
            f"{server.url} against the model of {commit}, on 3,000 rows "
            "of the holdout of 4,000, by a hash of the row; 0 scores differ "
            f"the model of {commit} scored 3,000 rows both ways: 0 decisions flipped"
        )
        assert len(server.asked) == 30
        assert {tuple(one["name"] for one in body["inputs"]) for body in server.asked} == {("x", "sex")}
        assert _ask(server, "--rows", "100", "--json") == 4
        assert json.loads(capsys.readouterr().out) == {
            "format": 1, "rows": 100, "mismatches": 0, "flipped": 0, "columns": {},
        }  # fmt: skip


def test_one_that_has_another_is_told_by_its_decisions(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(lambda body: _score(body, wrong=2)) as server:
        assert _ask(server, "--all", "--json") == 1
        said = json.loads(capsys.readouterr().out)
        assert (said["rows"], said["mismatches"], said["flipped"]) == (4000, 200, 200)
        assert _ask(server, "--all", "--limit", "0.1") == 0


def test_classes_are_those_of_the_holdout(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def classes(body: Any) -> tuple[int, Any]:
        [x] = [one["data"] for one in body["inputs"] if one["name"] == "x"]
        return 200, {"outputs": [output([None if one == 3 else int(one >= 30) for one in x], "INT64")]}

    with serve(classes) as server:
        assert _ask(server, "--all", "--json") == 1
        said = json.loads(capsys.readouterr().out)
        assert (said["mismatches"], said["flipped"]) == (100, 100)  # those without an answer
        assert _ask(server, "--all") == 1
        assert "note: 100 rows got no answer from the service" in capsys.readouterr().out


def test_columns_that_no_holdout_has_are_told(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = [*METADATA["inputs"], {"name": "age", "datatype": "INT8", "shape": [-1]}]
    with serve(_score, {**METADATA, "inputs": inputs}) as server:
        assert _ask(server) == 2
    assert "the endpoint's input age: no value is given" in capsys.readouterr().err


def test_a_service_that_fails_and_a_model_that_is_not_there(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(lambda _: (500, {"error": "out of memory"})) as server:
        assert _ask(server) == 1
        assert "answered 500: out of memory" in capsys.readouterr().err
        assert call(["skew", "cut", "--serving", server.url, "--baseline", "none"]) == 1
        assert "no model of `cut` is in service" in capsys.readouterr().err
        assert call(["skew", "cutt", "--serving", server.url]) == 2

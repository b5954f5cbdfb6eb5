"""Rows that are read once for several models: the scores are those of a job that reads them itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_ci.errors import Failure
from ml_ci.spec.values import Budget, Positive
from ml_ci.training import stems
from ml_ci.training.job import predict
from ml_ci.training.lead import find_lead
from ml_ci.training.stems import open_stems, release_rows
from ml_ci.training.values import Input, PredictRequest, ScoredRows, Whole

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="jobs branch off on Linux only"),
]
Failed = Callable[[Callable[[], object]], Failure]

# Scores by what it is given, and changes it.
JOB = """
import numpy
import pandas

class Model:
    def predict_proba(self, rows):
        print("columns", list(rows.columns), list(map(str, rows.dtypes)))
        score = rows["x"].to_numpy() * self.factor
        rows["x"] = 0.0
        return numpy.column_stack([1 - score, score])
"""
# A model whose class is a library's is scored without any of the repository's code.
LIBRARY = """
import numpy
import pandas
from sklearn.linear_model import LogisticRegression

def train(train, seed: int):
    return LogisticRegression(C=seed + 1.0).fit(train[["x"]], train["y"])
"""
OWN = JOB + "\n    factor = 0.5\n\ndef train(train):\n    return Model()\n"
ROWS = "x,t\n0.1, a\n0.4,b\n0.9,c\n"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the rows that stems were asked to read."""
    asked: list[str] = []
    grow = stems.Stem._grow

    def note(stem: stems.Stem, rows: str, limit: float) -> stems.Stem | None:
        asked.append(rows)
        return grow(stem, rows, limit)

    monkeypatch.setattr(stems.Stem, "_grow", note)
    return asked


def train(jobs: Any, source: str, place: int) -> Path:
    jobs.table("train", "x,y\n" + "".join(f"{one / 40},{int(one > 18)}\n" for one in range(40)))
    made = jobs.function(source, seed=0, params={"place": place}).artifact
    kept = Path(jobs.work / f"kept-{place}.pkl")
    kept.write_bytes(made.read_bytes())
    return kept


def ask(jobs: Any, **options: Any) -> PredictRequest:
    made = jobs.request("jobs:train")
    asked = PredictRequest(
        model=made.model,
        artifact=Path("model.pkl"),
        folder=made.folder,
        work=made.work,
        rows=Input(str(jobs.folder / "rows.csv")),
        positive=Positive(values=(1,)),
        interpreter=made.interpreter,
        environment=made.environment,
        begins="jobs:train",
    )
    return replace(asked, **options)


def score(jobs: Any, source: str, text: str = ROWS, **options: Any) -> list[ScoredRows]:
    """Train two models and score the same rows with both."""
    made = [train(jobs, source, place) for place in range(2)]
    at = jobs.folder / "rows.csv"
    if not at.exists() or at.read_text() != text:
        jobs.write("rows.csv", text)
    works = [jobs.work / f"score-{place}" for place in range(2)]
    pairs = zip(made, works, strict=True)
    return [predict(ask(jobs, artifact=model, work=work, **options)) for model, work in pairs]


def contents(scored: list[ScoredRows]) -> list[tuple[bytes, str | None, int]]:
    return [(one.predictions.read_bytes(), one.kind, one.rows) for one in scored]


def test_two_models_score_the_rows_that_were_read_once(jobs: Any, read: list[str]) -> None:
    alone = score(jobs, LIBRARY)
    assert not read
    with open_stems():
        shared = score(jobs, LIBRARY)
        assert len(read) == 1
    assert contents(shared) == contents(alone)


def test_rows_are_let_go_of_once_all_have_scored_them(jobs: Any, read: list[str]) -> None:
    with open_stems():
        first = score(jobs, LIBRARY)
        (stem,) = stems._stems.values()
        assert stem is not None
        release_rows()
        assert stem._rows == ("", None)
        assert contents(score(jobs, LIBRARY)) == contents(first)
        assert len(read) == 2


def test_rows_that_take_longer_than_the_job_has_are_told_by_the_job(jobs: Any, failed: Failed) -> None:
    with open_stems():
        score(jobs, LIBRARY)
        release_rows()
        model = jobs.work / "kept-0.pkl"
        limited = ask(jobs, artifact=model, work=jobs.work / "late", budget=Budget(seconds=0.001))
        assert failed(lambda: predict(limited)).code == "time-limit"


def test_rows_that_changed_are_read_anew(jobs: Any, read: list[str]) -> None:
    other = ROWS.replace("0.4", "0.6")
    alone = [*contents(score(jobs, LIBRARY)), *contents(score(jobs, LIBRARY, other))]
    with open_stems():
        found = [*contents(score(jobs, LIBRARY)), *contents(score(jobs, LIBRARY, other))]
        assert len(read) == 2
    assert found == alone


def test_what_a_model_does_to_its_rows_is_not_there_for_the_next(jobs: Any, read: list[str]) -> None:
    """A class of the repository's reads its rows itself; and one side's model cannot change the other's."""
    alone = score(jobs, OWN)
    with open_stems():
        shared = score(jobs, OWN)
    assert contents(shared) == contents(alone)
    assert contents(shared)[0] == contents(shared)[1]


def test_code_of_the_repository_may_change_how_rows_are_read(jobs: Any, read: list[str]) -> None:
    """The class of the pickled model stands in a module that has pandas read a text in another way."""
    source = JOB + (
        "\n    factor = 0.5\n\n_read = pandas.read_csv\n"
        "pandas.read_csv = lambda *given, **named: _read(*given, **named).assign(x=0.25)\n"
        "def train(train):\n    return Model()\n"
    )
    alone = score(jobs, source)
    with open_stems():
        shared = score(jobs, source)
        assert len(read) == 1
    assert contents(shared) == contents(alone)
    assert "columns" in shared[0].log.read_text()


@pytest.mark.parametrize("broken", ["", 'x,t\n"0.1,a\n'])
def test_rows_that_cannot_be_read_are_told_by_the_job_itself(jobs: Any, failed: Failed, broken: str) -> None:
    alone = failed(lambda: score(jobs, LIBRARY, broken))
    with open_stems():
        assert failed(lambda: score(jobs, LIBRARY, broken)) == alone
        assert score(jobs, LIBRARY)


def test_a_label_in_the_table_is_no_column_of_the_rows(jobs: Any, read: list[str]) -> None:
    at = jobs.write("whole.csv", "x,y\n0.1,1\n0.4,0\n0.9,1\n")
    rows = Input(str(at), whole=Whole(str(at), without="y"))
    with open_stems():
        found = score(jobs, OWN, rows=rows)
        assert len(read) == 1
    assert "columns ['x']" in found[0].log.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, True),
        ({"entry": "jobs:predict"}, False),
        ({"budget": Budget(memory=10**9)}, False),
        ({"rows": Input("/nowhere.csv")}, False),
    ],
)
def test_rows_are_read_before_only_for_a_model_by_itself_and_within_no_limit_of_memory(
    jobs: Any, options: dict[str, Any], told: bool
) -> None:
    jobs.write("jobs.py", LIBRARY)
    at = jobs.write("rows.csv", ROWS)
    found = find_lead(ask(jobs, **options), ("python",), {})
    assert found is not None
    assert bool(found.rows) is told
    if told:
        assert json.loads(found.rows)["rows"]["path"] == str(at)

"""What a run would have scored, and what that costs, is said before anything is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from ml_ci.cli.main import command
from ml_ci.pipeline import plan
from ml_ci.plan.values import Asking
from ml_ci.steps.telling.prices import say_asking

pytestmark = pytest.mark.usefixtures("shared_imports")

SPEC = """\
version: 1
models:
  cut:
    train: job:train
    predict: job:score
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    price: {per_row: 0.002, currency: EUR}
    gates: [fnr <= 0.5]
"""
HOLDOUT = "holdout: {job: make, path: made.csv}"
JOB = """\
import pandas

def train(train):
    return 20


def score(model, rows):
    return [0.9 if x >= model else 0.1 for x in rows["x"]]
"""


@pytest.fixture
def priced(project: Any) -> Any:
    project.commit({"ml-ci.yaml": SPEC, "job.py": JOB}, "A model that is paid for by the row")
    project.commit({"README.md": "nothing"}, "Nothing")
    return project


def asking(project: Any) -> Asking | None:
    return plan(project.options())["cut"].asking


def test_what_a_run_would_cost_and_did(priced: Any) -> None:
    assert asking(priced) == Asking(40, 1, 0.002, "EUR"), "both sides are the same model"
    report = priced.run().models["cut"]
    assert report.scoring.rows == 40
    assert report.scoring.total == pytest.approx(0.08)
    assert any("40 rows were scored for this run at 0.002 EUR a row: 0.08 EUR." in note for note in report.notes)
    assert asking(priced) == Asking(0, 0, 0.002, "EUR")
    again = priced.run().models["cut"]
    assert again.scoring.rows == 0
    priced.edit("ml-ci.yaml", "    price:", "    repeats: 5\n    price:")
    assert asking(priced) == Asking(40, 4, 0.002, "EUR"), "the first repetition is there"
    priced.edit("job.py", "0.9", "0.8")
    assert asking(priced) == Asking(40, 9, 0.002, "EUR")
    assert priced.run().models["cut"].scoring.rows == 9 * 40


def test_seeds_are_scored_each(priced: Any) -> None:
    priced.edit("ml-ci.yaml", "    price:", "    seeds: 5\n    price:")
    for times in (10, 5):  # once both sides say it, they are the same models
        assert asking(priced) == Asking(40, times, 0.002, "EUR")
        priced.commit({"ml-ci.yaml": (priced.path / "ml-ci.yaml").read_text()}, "Seeds")
        priced.commit({"README.md": f"{times}"}, "Nothing more")


def test_without_a_price_nothing_is_counted(priced: Any) -> None:
    priced.edit("ml-ci.yaml", "    price: {per_row: 0.002, currency: EUR}\n", "")
    assert asking(priced) is None


def test_a_holdout_that_a_job_leaves_has_no_number_of_rows(priced: Any) -> None:
    job = "  make:\n    run: cp data/holdout.csv made.csv\n    data: {all: data/holdout.csv}\n    outputs: [made.csv]\n"
    spec = (priced.path / "ml-ci.yaml").read_text().replace("holdout: data/holdout.csv", HOLDOUT)
    (priced.path / "ml-ci.yaml").write_text(f"{spec}jobs:\n{job}")
    assert asking(priced) is None


def test_it_stands_in_the_plan(priced: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(priced.path)
    found = json.loads(CliRunner().invoke(command, ["plan", "--json"]).output)["models"]["cut"]["asking"]
    assert found == {"rows": 40, "times": 1, "price": 0.002, "currency": "EUR", "total": 0.08}
    assert "40 rows would be scored once at 0.002 EUR a row: 0.08 EUR." in CliRunner().invoke(command, ["plan"]).output


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, []),
        (Asking(0, 0, 0.002, "EUR"), ["Nothing would be scored, at 0.002 EUR a row: 0.00 EUR."]),
        (Asking(800, 10, 0.002, "EUR"), ["800 rows would be scored 10 times at 0.002 EUR a row: 16.00 EUR."]),
        (Asking(800, 1, 1.5), ["800 rows would be scored once at 1.50 a row: 1,200.00."]),
    ],
)
def test_in_words(found: Asking | None, said: list[str]) -> None:
    assert list(say_asking(found)) == said

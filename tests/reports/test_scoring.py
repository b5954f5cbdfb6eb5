"""How a model was asked goes through the JSON report and back, and is said in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import Failure, UserError
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports import markdown, terminal
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.numbers import money
from ml_ci.reports.page import page
from ml_ci.reports.values import ModelReport, Report, Scoring, Side
from ml_ci.spec.values import FileEntry, FunctionJob, ModelSpec, Positive, Price
from ml_ci.steps.telling.scoring import note_scoring, say_scoring


def report(scoring: Scoring | None) -> Report:
    model = ModelReport("error", "evaluate", failure=Failure("training", "raised", "it raised"), scoring=scoring)
    return Report("error", "3f2c1ab", None, {"m": model}, config="ml-ci.yaml")


@pytest.mark.parametrize(
    "scoring",
    [None, Scoring(), Scoring(5, 16_000, 12), Scoring(5, 16_000, 0, 0.002, "EUR"), Scoring(1, 0, 0, 3.0)],
)
def test_there_and_back(scoring: Scoring | None) -> None:
    assert from_json(to_json(report(scoring))).models["m"].scoring == scoring


def test_what_stands_in_the_json() -> None:
    found = to_json(report(Scoring(5, 16_000, 12, 0.002, "EUR")))["models"]["m"]["scoring"]
    price = {"per_row": 0.002, "currency": "EUR", "total": 32.0}
    assert found == {"repeats": 5, "rows": 16_000, "again": 12, "price": price}


@pytest.mark.parametrize(("key", "value"), [("repeats", 0), ("repeats", 1001), ("rows", -1), ("again", -1)])
def test_numbers_that_nobody_wrote(key: str, value: int) -> None:
    found = to_json(report(Scoring(5, 10)))
    found["models"]["m"]["scoring"][key] = value
    with pytest.raises(UserError):
        from_json(found)


@pytest.mark.parametrize(
    ("scoring", "said"),
    [
        (Scoring(), []),
        (Scoring(1, 1600), []),
        (
            Scoring(5, 8000),
            [
                "Each of 800 rows was scored 5 times a side, and all 4,000 answers count: rates are means over the "
                "repetitions."
            ],
        ),
        (Scoring(1, 1600, 12), ["12 of 1,600 rows were asked again, as the service refused them at first."]),
        (
            Scoring(1, 1600, 0, 0.002, "EUR"),
            ["1,600 rows were scored for this run at 0.002 EUR a row: 3.20 EUR."],
        ),
        (Scoring(1, 0, 0, 0.002, "EUR"), ["Nothing was scored for this run at 0.002 EUR a row: 0.00 EUR."]),
    ],
)
def test_what_is_said(scoring: Scoring, said: list[str]) -> None:
    assert list(note_scoring(scoring, 4000)) == said


def test_of_a_run() -> None:
    model = ModelSpec(
        "m",
        FunctionJob("job:train"),
        {},
        holdout=FileEntry("h.csv"),
        label="y",
        positive=Positive((1,)),
        price=Price(0.002, "EUR"),
    )
    project: Any = SimpleNamespace(journal=SimpleNamespace(asked=1600, again=3))
    assert say_scoring(project, model, 5) == Scoring(5, 1600, 3, 0.002, "EUR")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0.0, "0.00 EUR"),
        (32.0, "32.00 EUR"),
        (1234.5, "1,234.50 EUR"),
        (0.002, "0.002 EUR"),
        (0.00012345, "0.000123 EUR"),
    ],
)
def test_money(amount: float, shown: str) -> None:
    assert money(amount, "EUR") == shown
    assert money(amount) == shown.removesuffix(" EUR")


def _judged() -> Report:
    scoring = Scoring(5, 8000, 12, 0.002, "EUR")
    counts = Confusion(1900, 100, 1900, 100)
    sides = [Side(key * 64, counts, {}, {}, source, "evaluate") for key, source in (("a", None), ("b", "merge-base"))]
    gate = GateResult("fpr <= 0.1", "pass", value=0.05, limit=0.1)
    notes = tuple(note_scoring(scoring, 4000))
    model = ModelReport("pass", "evaluate", (), *sides, (gate,), notes=notes, scoring=scoring)
    return Report("pass", "3f2c1ab", "3f2c1ab", {"m": model}, config="ml-ci.yaml")


@pytest.mark.parametrize(
    "render",
    [
        pytest.param(terminal.render, id="terminal"),
        pytest.param(markdown.render, id="comment"),
        pytest.param(page.render, id="page"),
        pytest.param(lambda report: json.dumps(to_json(report)), id="JSON"),
    ],
)
def test_every_report_says_it(render: Callable[[Report], str]) -> None:
    text = " ".join(render(_judged()).split())
    assert "scored 5 times a side" in text
    assert "12 of 8,000 rows were asked again" in text
    assert "0.002 EUR a row: 16.00 EUR." in text

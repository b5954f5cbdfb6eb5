"""What a report of a cross-validated model says in each of its forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.reports import advice, markdown, terminal
from ml_ci.reports.as_json import dumps, loads, to_json
from ml_ci.reports.card_rates import rates
from ml_ci.reports.pieces import plain as words
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Folds, ModelReport, Report

Reports = dict[str, Callable[[], Report]]

FOLDS = Folds(5, "train", "customer", 600, 600)
SAID = (
    "5 folds by customer: each row scored by a model that did not see it; the model itself is trained on all 600 rows."
)


def _by_folds(report: Report) -> Report:
    """Make each model of a report one that was judged by folds."""
    models = {name: replace(one, folds=FOLDS, cautions=(SAID, *one.cautions)) for name, one in report.models.items()}
    return replace(report, models=models)


@pytest.mark.parametrize("name", ["passed", "failed_by_data", "inconclusive", "two_models"])
def test_every_form_says_it(reports: Reports, name: str) -> None:
    report = _by_folds(reports[name]())
    first = "each row scored by a model that did not see it"
    for text in (
        plain(report),
        plain(report, short=True),
        terminal.render(report, 200),
        markdown.render(report),
    ):
        assert first in " ".join(text.split())


def test_the_json_holds_it_and_is_read_back(reports: Reports) -> None:
    report = _by_folds(reports["passed"]())
    [said] = [one["folds"] for one in json.loads(dumps(report))["models"].values()]
    assert said == {"folds": 5, "of": "train", "by": "customer", "rows": 600, "trained": 600}
    assert to_json(loads(dumps(report))) == to_json(report)
    assert [one["folds"] for one in to_json(reports["passed"]())["models"].values()] == [None]


def _only(report: Report) -> tuple[str, ModelReport]:
    return next(iter(report.models.items()))


def test_more_rows_are_no_advice_for_folds(reports: Reports) -> None:
    assert words(advice.next_steps(*_only(_by_folds(reports["inconclusive"]())))) == (
        "Folds prove nothing: leave `confidence:` out to go by the measured numbers, or hold rows out by `share: 0.2` "
        "in place of `folds:`."
    )


def test_a_card_says_what_its_intervals_hold_for(reports: Reports) -> None:
    _, model = _only(reports["passed"]())
    own, folded = (next(rates(one)).paragraphs[0] for one in (model, replace(model, folds=FOLDS)))
    assert folded.removeprefix(own) == (
        " They hold for the models of these folds, and are too narrow for what the same job gives on another table: "
        "the folds share their training rows."
    )

"""The model card."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ml_ci.reports import card_html, card_markdown
from ml_ci.reports.card import interval
from ml_ci.steps.card import carded

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 10, "0.0% … 30.8%"), (5, 10, "18.7% … 81.3%"), (10, 10, "69.2% … 100.0%"), (0, 0, "undefined")],
)
def test_intervals_are_clopper_and_pearsons(part: int, whole: int, said: str) -> None:
    assert interval(part, whole) == said  # R: binom.test(5, 10)$conf.int


def test_a_card_says_what_an_auditor_asks_for(first: Any) -> None:
    first.more = "card: {owner: <b>Risk</b>, intended_use: Rank mails}"
    first.change(0.6)  # the importance is of v1, whatever the tree has
    made = carded(first.options(), "cutter", NOW)
    shown = card_markdown.render(made)
    assert shown.startswith("# Model card: cutter v1\n")
    for expected in (
        "| Intended use | Rank mails |",
        "| Owner | &lt;b&gt;Risk&lt;/b&gt; |",
        "The holdout has 40 rows, 20 of them positive (50.0%).",
        "| all rows | 40 | 20 | 0.0% (0 of 20) | 0.0% … 16.8% | 20.0% (4 of 20) | 5.7% … 43.7% |",
        "| group | rows | selection rate | impact ratio |",
        "| a | 20 | 40.0% (8 of 20) | 1.000 |",
        "no threshold is implied here",
        "| pass | fpr &lt;= 0.2 |",
        "ml-ci reproduce cutter@1",
        "Each feature was shuffled over 40 rows of the holdout",
        "| feature | FPR | FNR | AUC |",
        "| group | +0.000 | +0.000 | +0.000 |",
        "data/train.csv",
    ):
        assert expected in shown, expected
    page = card_html.render(made)
    assert "<td>&lt;b&gt;Risk&lt;/b&gt;</td>" in page
    assert "<h2>Selection rates and impact ratios</h2>" in page
    assert "<b>" not in page


def _relied(made: Any) -> Any:
    return next(section for section in made.sections if section.title == "What the model relies on")


def test_what_a_model_relies_on_is_measured_and_the_same_each_time(first: Any) -> None:
    found, again = (_relied(carded(first.options(), "cutter", NOW)) for _ in range(2))
    assert found == again
    (grid,) = found.grids
    (name, fpr, fnr, auc), nothing = grid.rows
    assert (name, nothing) == ("x", ("group", "+0.000", "+0.000", "+0.000"))
    assert float(fpr) > 0.2
    assert float(fnr) > 0.1
    assert float(auc) < -0.2


def test_a_holdout_that_changed_is_said(first: Any) -> None:
    path = first.path / "data" / "holdout.csv"
    path.write_text(path.read_text() + "0.5,a,1\n")
    (said,) = _relied(carded(first.options(), "cutter", NOW)).paragraphs
    assert said == "Not measured: the holdout is another than the one that it was judged on."


def test_the_model_runs_only_where_it_is_asked_for(first: Any) -> None:
    (said,) = _relied(carded(first.options(), "cutter", NOW, relied=False)).paragraphs
    assert said == "Not measured: it was not asked for."

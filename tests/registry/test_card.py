"""The model card."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from ml_ci.reports import card_html, card_markdown
from ml_ci.steps.lineage.card import make_card
from ml_ci.steps.promotion.offer import Asked
from ml_ci.steps.promotion.promote import promote_model

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def test_a_card_says_what_an_auditor_asks_for(first: Any) -> None:
    first.more = "card: {owner: <b>Risk</b>, intended_use: Rank mails}"
    first.change(0.6)  # the importance is of v1, whatever the tree has
    made = make_card(first.options(), "cutter", NOW)
    shown = card_markdown.render(made)
    commit = first.git("rev-parse", "HEAD~1")
    assert shown.startswith("# Model card: cutter v1\n")
    for expected in (
        "| Intended use | Rank mails |",
        "| Owner | &lt;b&gt;Risk&lt;/b&gt; |",
        "| Limitations | not stated (`card: {limitations: ...}` in ml-ci.yaml) |",
        "| Predicts | `y` = 1 (positive) |",
        "| Decides | positive from a score of 0.5 on |",
        "| Version | v1 (champion) |",
        "| Let in by | Ada, 2026-01-02 03:04 UTC |",
        "| Approved by | nobody was asked |",
        "| In use | 29 days until now |",
        f"| Commit | {commit} |",
        "  verdict --> use0",
        "| holdout | data/holdout.csv | 40 | 20 (50.0%) | git:",
        "10 of the 40 rows of the holdout stand in data.train.",
        "| train | data/train.csv | 20 | 10 (50.0%) | git:",
        "| this version | 40 | 20 (50.0%) | 0.0% (0 of 20) | 0.0% … 16.8% | 20.0% (4 of 20) | 5.7% … 43.7% |",
        "| accuracy | 90.0% |",
        "| group | rows | selection rate | 95% interval | impact ratio |",
        "| a | 20 (50.0%) | 40.0% (8 of 20) | 19.1% … 63.9% | 1.000 |",
        "no threshold is implied here",
        "Cost: nothing has a price (`cost:` in ml-ci.yaml).",
        "| ✓ pass | fpr &lt;= 0.2 |",
        "| now | v1 | 2026-01-02 03:04 | 29 days |",
        "No version was in use before it: there is nothing to go back to.",
        "ml-ci reproduce cutter@1",
        "each feature was shuffled over 40 rows of the holdout",
        "| feature | FPR | FNR | AUC |",
        "| group | 0.0 points | 0.0 points | 0.000 |",
    ):
        assert expected in shown, expected
    page = card_html.render(made)
    assert "<td>&lt;b&gt;Risk&lt;/b&gt;</td>" in page
    assert ">Selection rates and impact ratios</h2>" in page
    assert "<b>Risk" not in page
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="lineage"' in page


def test_a_card_of_a_second_version_says_what_it_replaced_and_how_to_take_it_back(first: Any) -> None:
    first.change(0.55)
    assert first.run().verdict == "pass"
    asked = Asked("Ada", "2026-01-22T03:04:05+00:00", "it is better", approved_by="Grace <grace@example.org>")
    promote_model(first.options(), "cutter", asked)
    now, before = (
        card_markdown.render(make_card(first.options(), f"cutter@{version}", NOW, relied=False)) for version in (2, 1)
    )
    for expected in (
        "| Approved by | Grace &lt;grace@\u200bexample.org&gt; |",
        "| baseline: champion v1 ",
        "| accuracy | 95.0% | 90.0% | +5.0 points |",
        "This makes v1 champion again, which was in use before",
        "ml-ci rollback cutter --reason 'why'",
    ):
        assert expected in now, expected
    assert "| In use | 20 days, not now |" in before
    assert "It is not in use: v2 is in use." in before
    assert "ml-ci rollback" not in before


def test_data_that_changed_since_are_counted_from_git_or_said_to_be_gone(first: Any) -> None:
    path = first.path / "data" / "train.csv"
    path.write_text("x,group,y\n0.1,a,0\n0.9,b,1\n")
    first.git("commit", "-qam", "Fewer rows")
    shown = card_markdown.render(make_card(first.options(), "cutter", NOW, relied=False))
    assert "| train | data/train.csv | 20 | 10 (50.0%) | git:" in shown
    blob = first.git("rev-parse", "HEAD~1:data/train.csv")
    (first.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    gone = card_markdown.render(make_card(first.options(), "cutter", NOW, relied=False))
    assert f"| train | data/train.csv | not on this machine |  | git:{blob} |" in gone


def _relied(made: Any) -> Any:
    return next(section for section in made.sections if section.title == "What the model relies on")


def test_what_a_model_relies_on_is_measured_and_the_same_each_time(first: Any) -> None:
    found, again = (_relied(make_card(first.options(), "cutter", NOW)) for _ in range(2))
    assert found == again
    (grid,) = found.grids
    (name, fpr, fnr, auc), nothing = grid.rows
    assert (name, nothing) == ("x", ("group", "0.0 points", "0.0 points", "0.000"))
    assert float(fpr.removesuffix(" points")) > 20
    assert float(fnr.removesuffix(" points")) > 10
    assert float(auc.replace("−", "-")) < -0.2


def test_a_holdout_that_changed_is_said(first: Any) -> None:
    path = first.path / "data" / "holdout.csv"
    path.write_text(path.read_text() + "0.5,a,1\n")
    (said,) = _relied(make_card(first.options(), "cutter", NOW)).paragraphs
    assert said == "Not measured: the holdout is another than the one that it was judged on."


def test_the_model_runs_only_where_it_is_asked_for(first: Any) -> None:
    (said,) = _relied(make_card(first.options(), "cutter", NOW, relied=False)).paragraphs
    assert said == "Not measured: it was not asked for."


_PARQUET = """
version: 1
models:
  cutter:
    train: fitting:train
    predict: fitting:predict
    data: {train: data/train.csv, holdout: data/holdout.parquet}
    label: y
    positive: 1
    gates: [fpr <= 0.2]
"""
_PREDICTS = """
def train(train):
    return {"cut": 0.6}

def predict(model, rows):
    assert str(rows["x"].dtype) == "float64"
    return [0.9 if x >= model["cut"] else 0.1 for x in rows["x"]]
"""
_COMMAND = """
version: 1
models:
  cutter:
    run: python train.py {data.holdout} {out}
    outputs: {predictions: "{out}/predictions.csv"}
    data: {train: data/train.csv, holdout: data/holdout.csv}
    label: y
    positive: 1
    gates: [fpr <= 0.2]
"""
_PREDICTS_AT_ONCE = """
import csv, pathlib, sys
rows = csv.DictReader(open(sys.argv[1]))
lines = [str(int(float(row["x"]) >= 0.6)) for row in rows]
pathlib.Path(sys.argv[2], "predictions.csv").write_text("\\n".join(["prediction", *lines]) + "\\n")
"""


def _promote(game: Any, files: dict[str, str]) -> None:
    for name, text in files.items():
        (game.path / name).write_text(text)
    game.git("add", "-A")
    game.git("commit", "-qm", "Another job")
    assert game.run().verdict == "pass"
    promote_model(game.options(), "cutter", Asked("Ada", "2026-01-02T03:04:05+00:00"))


def test_a_holdout_in_parquet_is_shuffled_too(game: Any) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas pyarrow")
    game.change(0.6)
    pandas.read_csv(game.path / "data" / "holdout.csv").to_parquet(game.path / "data" / "holdout.parquet")
    _promote(game, {"ml-ci.yaml": _PARQUET, "fitting.py": _PREDICTS})
    (grid,) = _relied(make_card(game.options(), "cutter", NOW)).grids
    assert [row[0] for row in grid.rows] == ["x", "group"]
    assert float(grid.rows[0][1].removesuffix(" points")) > 20
    assert grid.rows[1][1:] == ("0.0 points", "0.0 points", "0.000")


def test_a_command_that_predicts_by_itself_is_not_measured_nor_run_again(game: Any) -> None:
    game.change(0.6)
    _promote(game, {"ml-ci.yaml": _COMMAND, "train.py": _PREDICTS_AT_ONCE})
    shutil.rmtree(game.state / "records")
    (said,) = _relied(make_card(game.options(), "cutter", NOW)).paragraphs
    assert said.startswith("Not measured: one command trains it and predicts the holdout")
    assert not list(game.state.glob("records/trainings/*"))

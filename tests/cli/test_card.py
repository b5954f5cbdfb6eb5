"""`ml-ci card`: what it writes, and that it says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_ci.cli import registry
from ml_ci.cli.main import call
from ml_ci.reports.card_values import Card, Section
from ml_ci.steps.lineage import card

MADE = Card("churn v2", (Section("Data", ("The holdout is what the model was judged on.",)),))


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every version this card, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "options", lambda config, python: None)
    monkeypatch.setattr(card, "make_card", lambda options, model, now, relied: MADE)


def test_each_file_that_it_writes_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["card", "churn", "--output", "card.html", "--out", "card.md"]) == 0
    said = capsys.readouterr()
    assert said.out == "wrote card.html\nwrote card.md\n"
    assert Path("card.html").read_text().startswith("<!")
    assert "The holdout is what the model was judged on." in Path("card.md").read_text()


def test_without_a_file_the_card_itself_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["card", "churn"]) == 0
    assert "The holdout is what the model was judged on." in capsys.readouterr().out
    assert not list(Path().iterdir())

"""A shell completes commands, options and the models of the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from ml_ci.cli.main import command

SPEC = "version: 1\nmodels:\n  churn: {}\n  chargeback: {}\n  fraud: {}\n"


def completed(*arguments: str) -> list[str]:
    *before, last = arguments
    found = BashComplete(command, {}, "ml-ci", "_ML_CI_COMPLETE").get_completions(list(before), last)
    return [one.value for one in found]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "ml-ci.yaml"


OF_RUNS = [("run",), ("plan",), ("explain",), ("run", "--model"), ("bisect",), ("ledger",)]
OF_THE_REGISTRY = [("promote",), ("rollback",), ("history",), ("approve",), ("lineage",), ("card",), ("reproduce",)]


@pytest.mark.parametrize("before", [*OF_RUNS, *OF_THE_REGISTRY])
def test_models_are_completed(before: tuple[str, ...], there: Path) -> None:
    there.write_text(SPEC)
    assert completed(*before, "ch") == ["churn", "chargeback"]
    assert completed(*before, "") == ["churn", "chargeback", "fraud"]


@pytest.mark.parametrize("text", [None, "", "models: [", "models: 3\n", "\tx", "[]"])
def test_a_file_that_cannot_be_read_completes_nothing(text: str | None, there: Path) -> None:
    if text is not None:
        there.write_text(text)
    assert completed("run", "ch") == []


def test_commands_and_options_are_completed(there: Path) -> None:
    assert completed("re") == ["report", "records", "reproduce"]
    assert completed("run", "--rep") == ["--report"]

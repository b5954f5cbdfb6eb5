"""Options of `ml-ci init` that name what is not there, and questions that are left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from ml_ci.cli.main import INTERRUPTED, exit_code
from ml_ci.errors import UserError
from tests.setup.kinds import KINDS


@pytest.fixture
def flat(make_repository: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = make_repository("kind")
    made.commit(KINDS["a flat script"].files)
    monkeypatch.chdir(made.path)
    return made


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--label", "chruned", "--label chruned: there is no column 'chruned'; did you mean churned?"),
        ("--positive", "7", "--positive 7: churned is never '7'"),
        ("--predict", "adapter", "--predict adapter: expected module:function"),
        ("--predict", "nowhere:predict", "--predict nowhere:predict: there is no nowhere.py in the repository"),
        ("--model", "/tmp/model.pkl", "--model /tmp/model.pkl: expected a path inside the repository"),
        ("--holdout", "nothing.csv", "--holdout nothing.csv: there is no nothing.csv here"),
        ("--data", "train=nothing.csv", "--data train=nothing.csv: there is no nothing.csv here"),
        ("--actions", "nonsense", "--actions nonsense: expected OWNER/REPO@SHA"),
        ("--actions", "a/b@", "--actions a/b@: expected OWNER/REPO@SHA"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_written(
    option: str, value: str, said: str, flat: Any, run_init: Any
) -> None:
    with pytest.raises(UserError) as caught:
        run_init("--yes", option, value)
    assert caught.value.message.startswith(said)
    assert flat.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--label", "income"),
        ("--positive", "0"),
        ("--positive", ">= 1"),
        ("--holdout", "0.3"),
        ("--holdout", "data/customers.csv"),
        ("--data", "train=data/*.csv"),
        ("--data", "train=s3://bucket/rows.parquet"),
        ("--model", "out/model.pkl"),
        ("--actions", "acme/ml-ci@v1.2.0"),
    ],
)
def test_what_is_there_is_taken(option: str, value: str, flat: Any, run_init: Any) -> None:
    run_init("--yes", option, value)
    assert Path("ml-ci.yaml").is_file()


def test_a_question_that_is_left_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def leave() -> None:
        raise click.Abort

    assert exit_code(leave) == INTERRUPTED
    said = capsys.readouterr().err
    assert said.startswith("\ninterrupted: a question was left unanswered") and "jobs" not in said

"""Models are named by position, by option, or both."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ml_ci.cli import parameters


@click.command()
@parameters.models
@click.option("--twice", is_flag=True)
def command(models: tuple[str, ...], twice: bool) -> None:
    """Say which."""
    click.echo(f"{models} {twice}")


@pytest.mark.parametrize(
    ("given", "models"),
    [
        ([], ()),
        (["churn"], ("churn",)),
        (["-m", "churn", "--model", "fraud"], ("churn", "fraud")),
        (["-m", "churn", "fraud", "--twice", "spam"], ("fraud", "spam", "churn")),
    ],
)
def test_models_are_given_either_way(given: list[str], models: tuple[str, ...]) -> None:
    done = CliRunner().invoke(command, given)
    assert done.output == f"{models} {'--twice' in given}\n"


def test_what_a_command_says_of_itself_is_kept() -> None:
    said = CliRunner().invoke(command, ["--help"]).output
    assert "[OPTIONS] [MODEL]..." in said
    assert "Say which." in said
    assert said.count("--model") == said.count("--twice") == 1

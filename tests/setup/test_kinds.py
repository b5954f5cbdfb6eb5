"""`ml-ci init` on look-alikes of real repositories: what it sees in each, and how many lines are left to a person."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ml_ci.setup.choose import choose
from ml_ci.setup.look import look
from ml_ci.setup.values import Answers, Choice
from tests.setup.kinds import KINDS, Kind


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Choice]:
    """Give what is chosen for a kind of repository, looked at once."""
    known: dict[str, Choice] = {}

    def give(name: str) -> Choice:
        if name not in known:
            known[name] = _choose(KINDS[name], tmp_path_factory.mktemp("kind"))
        return known[name]

    return give


def _choose(kind: Kind, folder: Any) -> Choice:
    for path, text in kind.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    subprocess.run(("git", "init", "-q", "-b", "main", str(folder)), check=True)
    return choose(look(folder), Answers())


@pytest.mark.parametrize("name", KINDS)
def test_what_it_sees(name: str, chosen: Callable[[str], Choice]) -> None:
    choice, kind = chosen(name), KINDS[name]
    for key, value in kind.keys.items():
        found = choice.keys.get(key)
        assert found == value or (isinstance(value, dict) and {**found, **value} == found), (key, found, choice)
    assert tuple(choice.missing) == kind.left, choice


def test_the_score(chosen: Callable[[str], Choice]) -> None:
    """Most kinds need no line by hand; what needs one has it because the repository itself does not say it."""
    lines = Counter(min(len(chosen(name).missing), 2) for name in KINDS)
    print(f"of {len(KINDS)} kinds {lines[0]} need no line by hand, {lines[1]} one, {lines[2]} more")
    assert lines[0] >= 24
    assert lines[2] <= 3


def test_a_path_that_is_made_while_it_runs_is_said_with_the_models_that_are_there(
    chosen: Callable[[str], Choice],
) -> None:
    choice = chosen("models at paths that are made while it runs, beside those of an earlier run")
    assert choice.missing["outputs"] == (
        "{model: FILE}: the path that train.py leaves its model at is made while it runs; "
        "git has models/forest.joblib, models/linear.joblib"
    )


def test_a_table_that_is_fetched_is_said_with_the_one_that_is_here(chosen: Callable[[str], Choice]) -> None:
    """Of rows that the program gets from elsewhere none can be held out: it would be judged on what it was shown."""
    said = chosen("a table that is fetched by its address").missing["data"]
    assert "train.py fetches https://raw.example.org/me/it/main/customers.csv?raw=true itself" in said
    assert said.endswith("let it read customers.csv, which is here, then ml-ci init again")

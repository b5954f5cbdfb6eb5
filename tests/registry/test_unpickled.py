"""No command of the registry unpickles anything in ml-ci's own process: a model is loaded by jobs only."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ml_ci.cli.main import call

_found: list[str] = []
_watching = False


def _note(event: str, told: tuple[Any, ...]) -> None:
    if _watching and event == "pickle.find_class":
        _found.append(".".join(map(str, told)))


sys.addaudithook(_note)  # for ever: a process cannot take one back


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    _found.clear()
    monkeypatch.setattr(sys.modules[__name__], "_watching", True)
    return _found


COMMANDS = [
    ("promote", "cutter", "--by", "Ada"),
    ("approve", "cutter", "--by", "Ada", "--reason", "looked at it"),
    ("history", "cutter"),
    ("lineage", "cutter"),
    ("card", "cutter", "--out", "card.html"),
    ("reproduce", "cutter"),
    ("rollback", "cutter", "--by", "Bob", "--reason", "wrong"),
]


def test_no_command_unpickles(first: Any, watched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(first.path)
    first.change(0.55)
    assert first.run().verdict == "pass"
    codes = {command[0]: call(command) for command in COMMANDS}
    assert (codes["promote"], codes["history"], codes["lineage"], codes["rollback"]) == (0, 0, 0, 0)
    assert 3 not in codes.values()
    assert watched == []


def test_what_is_unpickled_would_be_seen(watched: list[str]) -> None:
    import pickle
    from fractions import Fraction

    pickle.loads(pickle.dumps(Fraction(1, 2)))
    assert watched == ["fractions.Fraction"]

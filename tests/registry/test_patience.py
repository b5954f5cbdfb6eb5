"""A registry that takes long: a word is said, once, and none where it answers."""

from __future__ import annotations

import threading

import pytest

from ml_ci.cli import registry

_WORD = "waiting for MLflow and the registry …\n"


def test_who_waits_is_told_what_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "_PATIENCE", 0.01)
    said, echo = threading.Event(), registry.click.echo

    def noted(*words: object, **how: bool) -> None:
        echo(*words, **how)
        said.set()

    monkeypatch.setattr(registry.click, "echo", noted)
    assert registry.answered(lambda: said.wait(60)) is True
    assert capsys.readouterr().err == _WORD


def test_an_answer_is_not_talked_over(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "_PATIENCE", 60.0)
    assert registry.answered(lambda: 3) == 3
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    assert all(one.finished.is_set() for one in timers), "nothing is left that would speak later"
    assert capsys.readouterr().err == ""

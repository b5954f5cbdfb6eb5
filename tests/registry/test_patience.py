"""A registry that takes long: a word is said, once, and none where it answers."""

from __future__ import annotations

import time

import pytest

from ml_ci.cli import registry

_WORD = "waiting for MLflow and the registry …\n"


def test_who_waits_is_told_what_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "_PATIENCE", 0.01)
    assert registry.answered(lambda: time.sleep(0.3)) is None
    assert capsys.readouterr().err == _WORD


def test_an_answer_is_not_talked_over(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(registry, "_PATIENCE", 0.2)
    assert registry.answered(lambda: 3) == 3
    time.sleep(0.4)
    assert capsys.readouterr().err == ""

"""While an environment is built for minutes, something is heard of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml_ci.errors import UserError
from ml_ci.steps.lineage import reproduce
from ml_ci.steps.progress import Silent
from ml_ci.steps.values import Options


class Heard(Silent):
    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, model: str, what: str) -> None:
        self.told.append(f"{model}: {what} …")

    def end(self, model: str, what: str, seconds: float) -> None:
        self.told.append(f"{model}: {what} took {seconds:.0f} s")


LINEAGE: Any = SimpleNamespace(version=SimpleNamespace(model="cutter"), made={"environment": {"python": "3.11"}})


def test_the_building_is_told_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    before: list[str] = []

    def built(environment: object, at: Path) -> str:
        before.extend(heard.told)
        return str(at / "bin" / "python")

    monkeypatch.setattr(reproduce, "build_environment", built)
    options = Options(tmp_path, progress=heard)
    assert reproduce._environment(options, LINEAGE, tmp_path) == str(tmp_path / "bin" / "python")
    assert before == ["cutter: building the environment of its lock …"]
    assert heard.told == [*before, "cutter: building the environment of its lock took 0 s"]


def test_a_building_that_failed_took_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def built(environment: object, at: Path) -> str:
        raise UserError("no Python 3.1 here")

    monkeypatch.setattr(reproduce, "build_environment", built)
    heard = Heard()
    with pytest.raises(UserError, match="no Python"):
        reproduce._environment(Options(tmp_path, progress=heard), LINEAGE, tmp_path)
    assert heard.told == ["cutter: building the environment of its lock …"]

"""The gates of ml-ci.yaml as pytest items: `ml-ci.yaml::churn::fnr <= baseline.fnr + 0.01`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_ci.spec.values import ModelSpec
from pytest_ml_ci.checks import Checks
from pytest_ml_ci.errors import NotPassedError
from pytest_ml_ci.run import NOTHING_GATED, Run

NOT_JUDGED = "no gate was judged"
"""The failing test of a model whose gates were all skipped."""


class SpecFile(pytest.File):
    """The file ml-ci.yaml."""

    run: Run

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, run: Run) -> SpecFile:
        """Make the collector of the configuration of this run."""
        # The node id that pytest makes for a file outside of its root directory is empty.
        root = parent.config.rootpath
        node_id = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        file: SpecFile = cls.from_parent(parent, path=path, nodeid=node_id)
        file.run = run
        return file

    def collect(self) -> Iterator[ModelGates | Checks]:
        """Give a collector for each model that was asked for, and one for the checks. Nothing is trained."""
        for model in self.run.models():
            yield ModelGates.from_parent(self, name=model.name, model=model, run=self.run)
        if self.run.jobs:
            yield Checks.of(self, self.run)


class ModelGates(pytest.Collector):
    """The gates of one model."""

    def __init__(self, *, model: ModelSpec, run: Run, **rest: Any) -> None:
        super().__init__(**rest)
        self.model = model
        self.run = run

    def collect(self) -> Iterator[GateItem]:
        """Give an item for each gate; for a model without gates one that fails."""
        lines = {gate.text: gate.line for gate in self.model.gates} or {NOTHING_GATED: self.model.line}
        for text, line in lines.items():
            yield GateItem.from_parent(self, name=text, line=line)


class GateItem(pytest.Item):
    """One gate."""

    parent: ModelGates

    def __init__(self, *, line: int | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.line = line

    @property
    def model(self) -> str:
        """The name of the model that is judged."""
        return self.parent.model.name

    def runtest(self) -> None:
        """Judge the gate; NotPassedError unless it passes. Skips where it has nothing to compare with."""
        refusal = self.parent.run.refusal_of_gate(self, self.model)
        if refusal is not None and refusal.unjudged:
            pytest.skip(refusal.text)
        if refusal is not None:
            raise NotPassedError(refusal.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show why the gate does not pass; anything else is our bug and keeps its traceback."""
        if isinstance(excinfo.value, NotPassedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Give file, line from 0, and title."""
        return self.path, None if self.line is None else self.line - 1, f"{self.model}: {self.name}"

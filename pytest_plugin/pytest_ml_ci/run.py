"""One `pytest --ml-ci` in one process: its models, and how a test is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from ml_ci.errors import NOTHING_GATED as NOTHING_GATED_CODE
from ml_ci.errors import Failure
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult
from ml_ci.gates.verdict import of_gates, overall
from ml_ci.reports.values import ModelReport, Report
from ml_ci.spec.values import ModelSpec, Spec
from pytest_ml_ci.explanation import contradiction, explain
from pytest_ml_ci.marks import Marked
from pytest_ml_ci.properties import properties
from pytest_ml_ci.results import Results, failed
from pytest_ml_ci.summary import tell

if TYPE_CHECKING:
    from ml_ci.behaviours.columns import Columns
    from ml_ci.steps.examination.asking import Asking
    from ml_ci.steps.examination.rows import Scored
    from pytest_ml_ci.holdout import Holdout
    from pytest_ml_ci.rows import Row

NOTHING_GATED = "nothing was gated"
"""The test of a model that has no gates."""
_NO_GATES = Failure(
    "gates",
    NOTHING_GATED_CODE,
    "nothing was gated: it has no gates, so nothing is known to hold",
    "Add a line under `gates:` in ml-ci.yaml, for example `- fpr <= 0.05`.",
)


@dataclass(frozen=True)
class Refusal:
    """Why a test does not pass; `unjudged` says that nothing refuses it but that there was nothing to judge by."""

    text: str
    unjudged: bool = False


class Opened(Protocol):
    """What asks models, of a session."""

    def of(self, model: str) -> Asking:
        """Give what asks a model."""
        ...


@dataclass
class Run:
    """Judge tests. `file` is ml-ci.yaml, `names` are the models that were asked for, `jobs` the checks."""

    file: Path
    spec: Spec
    names: Sequence[str]
    results: Results
    jobs: Sequence[str] = ()
    first: dict[str, str] = field(default_factory=dict)
    """By model the node id of the test that shows the log of a failed job, so that it is shown once."""
    explores: bool = False
    """Whether rows of a strategy are to be others each time."""
    sides: Opened | None = None
    """What asks models, while the fixture `ask` is there."""
    item: pytest.Item | None = None
    """The test that runs."""
    tried: set[int] = field(default_factory=set)
    """The rows that it drew, by their hash."""
    _holdouts: dict[str, Holdout] = field(default_factory=dict)
    _columns: dict[str, Columns] = field(default_factory=dict)

    def models(self) -> list[ModelSpec]:
        """Give the models that were asked for, in the order of the file."""
        return [self.spec.models[name] for name in self.names]

    def refusal_of_gate(self, item: pytest.Item, name: str) -> Refusal | None:
        """Judge the gate of a model that an item is named after; give why it does not pass, None only when it does."""
        report = _ungated(name) if item.name == NOTHING_GATED else self.results.report(name)
        model = report.models[name]
        gates = [gate for gate in model.gates if gate.condition == item.name]
        item.stash[TOLD] = tell(report, name, conditions=[item.name])
        item.user_properties += properties(name, model, gates, verdict_of(model, gates))
        return self._refusal(item, report, name, gates)

    def refusal(self, item: pytest.Item, asked: Marked) -> Refusal | None:
        """Judge the gates that a test's markers ask for; give why one does not pass, None only when all of them do."""
        report = self.results.judged(asked.model)
        model = report.models[asked.model]
        more = () if model.failure else self.results.more(asked.model, asked.conditions)
        item.stash[TOLD] = tell(report, asked.model, more=more)
        refusals = []
        for condition in asked.conditions:
            gates = [gate for gate in more if gate.condition == condition]
            item.user_properties += properties(asked.model, model, gates, verdict_of(model, gates))
            refusals.append(self._refusal(item, report, asked.model, gates))
        known = sorted((one for one in refusals if one is not None), key=lambda one: one.unjudged)
        return known[0] if known else None

    @property
    def current(self) -> str | None:
        """The model of the test that runs, None where it is not marked."""
        asked = None if self.item is None else self.item.stash.get(MARKED, None)
        return asked.model if asked else None

    def begin(self, item: pytest.Item) -> None:
        """Note which test runs from here on."""
        self.item = item
        self.tried.clear()

    def count(self, row: Row) -> None:
        """Note a row that the test tries."""
        self.tried.add(hash(row))

    def columns(self, model: str) -> Columns:
        """Give the columns of a model's holdout, without the label; they are read once."""
        from ml_ci.questions import asking

        if model not in self._columns:
            if self.sides is not None:
                self._columns[model] = self.sides.of(model).holdout
            else:
                with asking(self.results.only(model), model) as opened:
                    self._columns[model] = opened.holdout
        return self._columns[model]

    def failure_of_ask(self, model: str, failure: Failure) -> str:
        """Explain a failure that keeps the test that runs from an answer."""
        assert self.item is not None  # noqa: S101 - it is a test that asks
        return self.failure_text(self.item, model, failure)

    def failure_text(self, item: pytest.Item, model: str, failure: Failure) -> str:
        """Explain a failure that keeps a test from its fixtures."""
        return explain(model, failed(model, failure), (), log_at=self._log_at(item, model))

    def holdout(self, model: str, scored: Scored) -> Holdout:
        """Give the holdout of a model, one object for all tests: it keeps the columns that were read."""
        from pytest_ml_ci.holdout import Holdout

        return self._holdouts.setdefault(model, Holdout(scored))

    def _refusal(self, item: pytest.Item, report: Report, name: str, gates: Sequence[GateResult]) -> Refusal | None:
        model = report.models[name]
        verdict = verdict_of(model, gates)
        if verdict == "unjudged":
            return Refusal("; ".join(dict.fromkeys(gate.reason for gate in gates if gate.verdict == verdict)), True)
        if verdict != "pass":
            return Refusal(explain(name, report, gates, log_at=self._log_at(item, name)))
        contradicted = model.gates and model.verdict != "pass" and of_gates(model.gates) == "pass"
        return Refusal(contradiction(name, model)) if contradicted else None

    def _log_at(self, item: pytest.Item, model: str) -> str:
        first = self.first.setdefault(model, item.nodeid)
        return "" if first == item.nodeid else first


TOLD = pytest.StashKey[str]()
RUN = pytest.StashKey[Run]()
MARKED = pytest.StashKey[Marked]()
_RUNS: list[Run] = []


def current_run() -> Run | None:
    """Give the run of this session for what cannot be handed it; None without `--ml-ci`."""
    return _RUNS[-1] if _RUNS else None


def enter(run: Run) -> None:
    """Make a run the one of this session."""
    _RUNS.append(run)


def leave(run: Run) -> None:
    """End the session of a run."""
    if run in _RUNS:
        _RUNS.remove(run)


def verdict_of(model: ModelReport, gates: Sequence[GateResult]) -> str:
    """Give the verdict on one gate from the results of its slices; without any result it is `error`."""
    stopped = model.failure is not None and (model.failure.code != NOTHING_GATED_CODE or not gates)
    return "error" if stopped else overall(gate.verdict for gate in gates)


def _ungated(name: str) -> Report:
    return failed(name, _NO_GATES, "unjudged")

"""What every process tells of the models, put together into one report at the end of the session."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ml_ci.errors import NOTHING_GATED
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.gates.verdict import of_gates, overall
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.values import ModelReport, Report
from pytest_ml_ci.results import MISTAKE

NOT_SELECTED = "not selected in this run, and not judged."
"""How the note ends that says how many gates of a model no test judged."""


def tell(report: Report, name: str, conditions: Sequence[str] = (), more: Sequence[GateResult] = ()) -> str:
    """Write what one test says as text, which any process can read.

    `conditions` are the gates of ml-ci.yaml that it judged, `more` the results of gates of its own.
    """
    own = ModelReport(verdict=of_gates(more), action="reuse", gates=tuple(more))
    return json.dumps(
        {
            "model": name,
            "conditions": list(conditions),
            "report": to_json(report),
            "more": to_json(replace(report, verdict=own.verdict, models={name: own}, failure=None)),
        }
    )


def tell_job(report: Report, name: str) -> str:
    """Write what the test of a job says as text, which any process can read."""
    return json.dumps({"job": name, "report": to_json(report)})


@dataclass
class Summary:
    """Collect what the tests tell; `models` are the names in the order of ml-ci.yaml."""

    models: Sequence[str]
    _reports: dict[str, Report] = field(default_factory=dict)
    _jobs: dict[str, Report] = field(default_factory=dict)
    _judged: dict[str, set[str]] = field(default_factory=dict)
    _more: dict[str, dict[GateResult, None]] = field(default_factory=dict)

    def take(self, told: str) -> None:
        """Take what a test told."""
        said = json.loads(told)
        report = from_json(said["report"])
        if "job" in said:
            self._jobs[said["job"]] = report
            return
        name = said["model"]
        if name not in self._reports or report.models[name].failure:
            self._reports[name] = report
        self._judged.setdefault(name, set()).update(said["conditions"])
        self._more.setdefault(name, {}).update(dict.fromkeys(from_json(said["more"]).models[name].gates))

    @property
    def has_mistake(self) -> bool:
        """Whether a model could not be judged by a mistake of the user."""
        failures = [report.models[name].failure for name, report in self._reports.items()]
        failures += [report.jobs[name].failure for name, report in self._jobs.items()]
        return any(failure is not None and failure.code == MISTAKE for failure in failures)

    def report(self) -> Report | None:
        """Give the report of the gates that were judged by tests; None when none was."""
        models = {name: self._selected(name) for name in self.models if name in self._reports}
        models = {name: model for name, model in models.items() if model.gates or model.failure}
        return self._joined(models)

    def whole(self) -> Report | None:
        """Give the report of the models that tests asked about, with every gate, selected or not."""
        models = {
            name: replace(model, gates=(*model.gates, *self._more[name]), verdict=_worst(model, self._more[name]))
            for name in self.models
            if name in self._reports
            for model in [self._reports[name].models[name]]
        }
        return self._joined(models)

    def _joined(self, models: Mapping[str, ModelReport]) -> Report | None:
        jobs = {name: report.jobs[name] for name, report in self._jobs.items()}
        if not models and not jobs:
            return None
        first = next(iter((*self._reports.values(), *self._jobs.values())))
        verdicts = [*(one.verdict for one in models.values()), *(one.verdict for one in jobs.values())]
        return replace(first, verdict=overall(verdicts), models=models, jobs=jobs, failure=None)

    def _selected(self, name: str) -> ModelReport:
        model = self._reports[name].models[name]
        if model.failure and (model.failure.code != NOTHING_GATED or not model.gates):
            return model
        judged = tuple(gate for gate in model.gates if gate.condition in self._judged[name])
        left = len({gate.condition for gate in model.gates} - self._judged[name])
        gates = judged + tuple(self._more[name])
        whole = model.gates and not left and model.verdict != "unjudged"
        verdict = _worst(model, gates) if whole else of_gates(gates)
        return replace(
            model,
            verdict=verdict,
            gates=gates,
            failure=model.failure if verdict == "unjudged" else None,
            notes=(*model.notes, *([_left_out(left)] if left else [])),
        )


def _worst(model: ModelReport, gates: Iterable[GateResult]) -> Verdict:
    return overall([model.verdict, *({gate.verdict for gate in gates} - {"unjudged"})])


def _left_out(number: int) -> str:
    gates = "1 gate was" if number == 1 else f"{number:,} gates were"
    return f"{gates} {NOT_SELECTED}"

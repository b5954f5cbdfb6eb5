"""What a report says at a line of the configuration: gates that do not pass, and what kept others from judging."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal, TypeAlias

from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports import causes, checks, pieces, sentences
from ml_ci.reports.text import label
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.reports.yardsticks import against, by_base

Rule: TypeAlias = Literal["gate-failed", "gate-inconclusive", "gate-error", "unjudged", "job-failed", "run-error"]

_CONFIG = "ml-ci.yaml"
_OF_VERDICT: dict[Verdict, Rule] = {
    "fail": "gate-failed",
    "inconclusive": "gate-inconclusive",
    "error": "gate-error",
}


@dataclass(frozen=True)
class Finding:
    """One thing that does not pass, at a line of a file; `line` None where it is of the file as a whole.

    `digest` is of what it is about, without numbers: the same finding of two runs has the same.
    """

    rule: Rule
    message: str
    file: str
    line: int | None
    digest: str


def find(report: Report) -> Iterator[Finding]:
    """Give what does not pass, model by model; nothing for a pass."""
    file = report.config or _CONFIG
    failure = sentences.failure(report)
    if failure:
        yield _failed("ml-ci", failure, file)
    for name, model in report.models.items():
        if model.failure:
            yield _failed(name, model.failure, file)
        for gate in model.gates:
            if gate.verdict in _OF_VERDICT:
                yield _of_gate(name, model, gate, file)
        for gate in against(model):
            yield _of_gate(f"{name}, by the base's yardstick", by_base(model), gate, file)
    for name, job in checks.list_failing(report).items():
        yield _of_job(name, job, file)


def _of_job(name: str, job: JobReport, file: str) -> Finding:
    message = f"{label(name, 100)}: {' '.join(checks.explain(job))}"
    return _finding("job-failed", message, file, job.line, f"jobs\n{name}")


def _of_gate(name: str, model: ModelReport, gate: GateResult, file: str) -> Finding:
    said = pieces.plain(sentences.gate_sentence(model, gate))
    cause = pieces.plain(causes.cause(model))
    where = f" ({label(gate.slice, 200)})" if gate.slice else ""
    message = f"{label(name, 100)}: {label(gate.condition, 300)}{where}: {said} {cause}"
    key = "\n".join((name, gate.condition, gate.slice or ""))
    return _finding(_OF_VERDICT[gate.verdict], message, file, gate.line, key)


def _failed(name: str, failure: Failure, file: str) -> Finding:
    message = f"{label(name, 100)}: {label(failure.message, 1_000)} {sentences.failure_hint(failure)}"
    rule: Rule = "unjudged" if failure.code == NOTHING_GATED else "run-error"
    return _finding(rule, message, file, None, f"{name}\n{failure.code}")


def _finding(rule: Rule, message: str, file: str, line: int | None, key: str) -> Finding:
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return Finding(rule, message.strip().encode("utf-8", "replace").decode(), file, line, digest)

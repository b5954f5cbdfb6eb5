"""The report as SARIF 2.1.0: what does not pass, at its line of the configuration, for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import quote

from ml_ci import __version__
from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports import causes, checks, pieces, sentences
from ml_ci.reports.text import label
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.reports.yardsticks import against, by_base

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CONFIG = "ml-ci.yaml"
# GitHub takes 25,000 results of a run and shows 5,000.
_MOST = 5_000
_Level = Literal["error", "warning"]
_RULES: dict[str, tuple[_Level, str, str]] = {
    "gate-failed": ("error", "A gate does not hold.", "Improve the model, or undo the change that the message names."),
    "gate-inconclusive": (
        "warning",
        "The holdout cannot tell whether a gate holds.",
        "Label as many more rows as the message says, or loosen the gate on purpose.",
    ),
    "gate-error": (
        "error",
        "A gate has no value to judge.",
        "Give the holdout rows on which it is defined: both classes, in every slice that it names.",
    ),
    "unjudged": (
        "warning",
        "No gate of a model was judged.",
        "Add a gate with a fixed limit, as the message proposes: it holds a model to account that has no baseline yet.",
    ),
    "job-failed": ("error", "A job that is a check does not pass.", "Do what its log says, and run ml-ci again."),
    "run-error": ("error", "A model could not be judged.", "Do what the message says, and run ml-ci again."),
}
_OF_VERDICT: dict[Verdict, str] = {
    "fail": "gate-failed",
    "inconclusive": "gate-inconclusive",
    "error": "gate-error",
}


def render(report: Report) -> str:
    """Give the report as SARIF: one result per gate that does not pass, and per failure; none for a pass."""
    driver = {"name": "ml-ci", "version": __version__, "rules": [_rule(name) for name in _RULES]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [found for _, found in zip(range(_MOST), _results(report), strict=False)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _results(report: Report) -> Iterator[dict[str, Any]]:
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


def _of_job(name: str, job: JobReport, file: str) -> dict[str, Any]:
    message = f"{label(name, 100)}: {' '.join(checks.explain(job))}"
    return _result("job-failed", message, file, job.line, f"jobs\n{name}")


def _of_gate(name: str, model: ModelReport, gate: GateResult, file: str) -> dict[str, Any]:
    said = pieces.plain(sentences.gate_sentence(model, gate))
    cause = pieces.plain(causes.cause(model))
    where = f" ({label(gate.slice, 200)})" if gate.slice else ""
    message = f"{label(name, 100)}: {label(gate.condition, 300)}{where}: {said} {cause}"
    key = "\n".join((name, gate.condition, gate.slice or ""))
    return _result(_OF_VERDICT[gate.verdict], message, file, gate.line, key)


def _failed(name: str, failure: Failure, file: str) -> dict[str, Any]:
    message = f"{label(name, 100)}: {label(failure.message, 1_000)} {sentences.failure_hint(failure)}"
    rule = "unjudged" if failure.code == NOTHING_GATED else "run-error"
    return _result(rule, message, file, None, f"{name}\n{failure.code}")


def _result(rule: str, message: str, file: str, line: int | None, key: str) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": line or 1}}
    return {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "kind": "fail",
        "level": _RULES[rule][0],
        "message": {"text": _plain(message.strip())},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"mlCiGate/v1": hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()},
    }


def _rule(name: str) -> dict[str, Any]:
    level, short, remedy = _RULES[name]
    return {
        "id": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": short},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": level},
    }


def _plain(message: str) -> str:
    """Escape what SARIF reads in a message: embedded links and placeholders."""
    escaped = message.encode("utf-8", "replace").decode()
    for sign in "\\[]":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped.replace("{", "{{").replace("}", "}}")

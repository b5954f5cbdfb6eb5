"""The report as SARIF 2.1.0: what does not pass, at its line of the configuration, for code scanning and editors."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, Literal
from urllib.parse import quote

from ml_ci import __version__
from ml_ci.reports.findings import Finding, Rule, find
from ml_ci.reports.values import Report

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub takes 25,000 results of a run and shows 5,000.
_MOST = 5_000
_Level = Literal["error", "warning"]
_RULES: dict[Rule, tuple[_Level, str, str]] = {
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


def render(report: Report) -> str:
    """Give the report as SARIF: one result per gate that does not pass, and per failure; none for a pass."""
    driver = {"name": "ml-ci", "version": __version__, "rules": [_rule(name) for name in _RULES]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found) for found in islice(find(report), _MOST)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _result(found: Finding) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": quote(found.file)}, "region": {"startLine": found.line or 1}}
    return {
        "ruleId": found.rule,
        "ruleIndex": list(_RULES).index(found.rule),
        "kind": "fail",
        "level": _RULES[found.rule][0],
        "message": {"text": _plain(found.message)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"mlCiGate/v1": found.digest},
    }


def _rule(name: Rule) -> dict[str, Any]:
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
    escaped = message
    for sign in "\\[]":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped.replace("{", "{{").replace("}", "}}")

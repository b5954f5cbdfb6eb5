"""The report as GitLab's Code Quality: what does not pass in a merge request's widget and at its line of the diff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TypeAlias

from ml_ci.digests import digest
from ml_ci.reports.findings import Rule, find
from ml_ci.reports.text import label
from ml_ci.reports.values import Report

Severity: TypeAlias = Literal["info", "minor", "major", "critical", "blocker"]

_MOST = 1_000
_CONFIG = "ml-ci.yaml"
_SEVERITIES: dict[Rule, Severity] = {
    "gate-failed": "critical",
    "gate-inconclusive": "major",
    "gate-error": "critical",
    "unjudged": "major",
    "job-failed": "critical",
    "run-error": "blocker",
}


def render(report: Report) -> str:
    """Give the report as Code Quality: one entry per gate that does not pass, per failure, and per caution.

    A gate that fails is critical, an inconclusive one major, a caution info. The fingerprint is of the model, the gate
    and the slice, without numbers: the same finding of two commits is one.
    """
    return json.dumps(list(islice(_entries(report), _MOST)), indent=2, ensure_ascii=True) + "\n"


def _entries(report: Report) -> Iterator[dict[str, Any]]:
    for found in find(report):
        said = label(found.message, 1_000)
        yield _entry(found.rule, said, _SEVERITIES[found.rule], found.file, found.line, found.digest)
    file = report.config or _CONFIG
    for name, cautions in (("ml-ci", report.cautions), *((name, one.cautions) for name, one in report.models.items())):
        for caution in cautions:
            said = f"{label(name, 100)}: {label(caution, 900)}"
            yield _entry("caution", said, "info", file, None, digest(f"{name}\n{_without_numbers(caution)}"))


def _entry(check: str, said: str, severity: Severity, file: str, line: int | None, mark: str) -> dict[str, Any]:
    return {
        "description": said,
        "check_name": f"ml-ci/{check}",
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line or 1}},
    }


def _without_numbers(said: str) -> str:
    return "".join("#" if sign.isdigit() else sign for sign in said)

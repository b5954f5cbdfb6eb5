"""The lines by which a step speaks to the runner: annotations, and files of outputs. Pure.

See "Workflow commands for GitHub Actions": data has `%`, `\\r` and `\\n` escaped, a property `:` and `,` too.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Literal

from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports import causes, checks, pieces, sentences
from ml_ci.reports.text import label
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.reports.yardsticks import against, by_base

_MOST = 10
_MOST_MESSAGE = 1_500
_MOST_TITLE = 120
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


@dataclass(frozen=True)
class Annotation:
    """A remark at a line of a file; `line` None stands for the file as a whole."""

    level: Literal["error", "warning", "notice"]
    title: str
    message: str
    file: str | None = None
    line: int | None = None

    def command(self) -> str:
        """Write the annotation as a workflow command."""
        places = {"file": self.file, "line": self.line if self.file else None, "title": label(self.title, _MOST_TITLE)}
        properties = ",".join(f"{name}={_property(str(value))}" for name, value in places.items() if value)
        return f"::{self.level} {properties}::{label(self.message, _MOST_MESSAGE).translate(_DATA)}"


def remarks(report: Report) -> tuple[Annotation, ...]:
    """Give what keeps the report from a pass: at most 10 errors and 10 warnings, as many as GitHub shows of a step."""
    found = [
        *_of_report(report),
        *(one for name, model in report.models.items() for one in _of_model(name, model, report)),
        *(_of_job(name, job, report) for name, job in checks.list_failing(report).items()),
    ]
    errors = [one for one in found if one.level == "error"][:_MOST]
    return (*errors, *[one for one in found if one.level == "warning"][:_MOST])


def unheard(text: str, token: str | None = None) -> str:
    """Wrap text of others, so that no line of it is a command to the runner."""
    known = token or f"ml-ci-{secrets.token_hex(16)}"
    return f"::stop-commands::{known}\n{text.rstrip()}\n::{known}::\n"


def heredoc(values: Mapping[str, str], delimiter: str | None = None) -> str:
    """Write outputs for GITHUB_OUTPUT: whatever a value holds, it ends where it should."""
    end = delimiter or f"ml-ci-{secrets.token_hex(16)}"
    for name, value in values.items():
        if end in value or end in name:
            raise ValueError("the delimiter stands in a value")
    return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())


def _of_report(report: Report) -> Iterator[Annotation]:
    failure = sentences.failure(report)
    if failure:
        said = f"{failure.message} {sentences.failure_hint(failure)}".strip()
        yield Annotation(_level(report.verdict), "ml-ci", said, report.config)


def _of_model(name: str, model: ModelReport, report: Report) -> Iterator[Annotation]:
    if model.failure:
        said = f"{model.failure.message} {sentences.failure_hint(model.failure)}".strip()
        yield Annotation(_level(model.verdict), sentences.verdict(name, model), said, report.config)
    for gate in model.gates:
        if gate.verdict not in ("pass", "unjudged"):
            yield _of_gate(name, model, gate, report.config)
    for gate in against(model):
        yield _of_gate(f"{name}, by the base's yardstick", by_base(model), gate, report.config)


def _of_job(name: str, job: JobReport, report: Report) -> Annotation:
    return Annotation("error", checks.verdict(name, job), " ".join(checks.explain(job)), report.config, job.line)


def _of_gate(name: str, model: ModelReport, gate: GateResult, file: str | None) -> Annotation:
    where = f", {gate.slice}" if gate.slice else ""
    title = f"{label(name, 60)}: {label(gate.condition, 80)}{where}"
    said = pieces.plain(sentences.gate_sentence(model, gate))
    cause = pieces.plain(causes.cause(model))
    return Annotation(_level(gate.verdict), title, f"{said} {cause}".strip(), file, gate.line)


def _level(verdict: Verdict) -> Literal["error", "warning"]:
    return "warning" if verdict in ("inconclusive", "unjudged") else "error"


def _property(value: str) -> str:
    return value.translate(_PROPERTY)

"""The report as JUnit XML: a test suite per model, a test case per gate, for CI systems and their dashboards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from ml_ci.errors import NOTHING_GATED, Failure
from ml_ci.gates.values import GateResult, Verdict
from ml_ci.reports import causes, pieces, sentences
from ml_ci.reports.numbers import defined
from ml_ci.reports.text import label, log_lines
from ml_ci.reports.values import JobReport, ModelReport, Report
from ml_ci.reports.yardsticks import against, by_base

# What XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Give the report as JUnit XML.

    `fail` and `inconclusive` are failures, told apart by their `type`; `error`, and what ended a model or the run, are
    errors. An unjudged gate is skipped. A model of which no gate was judged has one more test case, a failure: no run
    passes by having no test.
    """
    suites = [_suite(name, model) for name, model in report.models.items()]
    suites += [_of_jobs(report.jobs)] if report.jobs else []
    failure = sentences.failure(report)
    if failure or not suites:
        suites.append(_of_run(failure or _NOTHING, report.verdict))
    root = ElementTree.Element("testsuites", {"name": "ml-ci", **_totals(suites)})
    root.extend(suites)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


_NOTHING = Failure("gates", NOTHING_GATED, "No model was judged.")


_NO_REASON = Failure("training", "no-reason", "The job did not pass.")
_BY_BASE = ", by the base's yardstick"


def _suite(name: str, model: ModelReport) -> ElementTree.Element:
    shown = _text(name)
    cases = [_case(shown, model, gate) for gate in model.gates]
    cases += [_case(shown, by_base(model), gate, _BY_BASE) for gate in against(model)]
    if model.failure or not cases or model.verdict == "unjudged":
        cases.append(_failed(shown, model.failure or _NOTHING, model.verdict))
    taken = sum(value for value in map(defined, model.seconds.values()) if value is not None)
    attributes = {"name": shown, **_counts(cases), "time": f"{taken:.3f}"}
    return _with(ElementTree.Element("testsuite", attributes), cases)


def _of_jobs(jobs: Mapping[str, JobReport]) -> ElementTree.Element:
    """Give the jobs that are checks as a suite, with a test case for each."""
    cases = []
    for name, job in jobs.items():
        case = _named("jobs", name)
        if job.verdict != "pass":
            failure = job.failure or _NO_REASON
            log = "\n".join(log_lines(failure.log_tail)) if failure.log_tail.strip() else ""
            body = "\n".join(line for line in (sentences.failure_hint(failure), log) if line)
            _add(case, "failure" if job.verdict == "fail" else "error", failure.code, failure.message, body)
        cases.append(case)
    taken = sum(job.seconds or 0.0 for job in jobs.values())
    return _with(ElementTree.Element("testsuite", {"name": "jobs", **_counts(cases), "time": f"{taken:.3f}"}), cases)


def _of_run(failure: Failure, verdict: Verdict) -> ElementTree.Element:
    cases = [_failed("ml-ci", failure, verdict)]
    return _with(ElementTree.Element("testsuite", {"name": "ml-ci", **_counts(cases), "time": "0.000"}), cases)


def _case(model_name: str, model: ModelReport, gate: GateResult, by: str = "") -> ElementTree.Element:
    title = f"{gate.condition} [{gate.slice}]" if gate.slice else gate.condition
    case = _named(model_name, title + by)
    if gate.verdict == "unjudged":
        ElementTree.SubElement(case, "skipped", {"message": _text(gate.reason or "not judged", 1_000)})
    elif gate.verdict != "pass":
        said = pieces.plain(sentences.gate_sentence(model, gate))
        cause = pieces.plain(causes.cause(model))
        kind = "error" if gate.verdict == "error" else "failure"
        _add(case, kind, gate.verdict, said, "\n".join(line for line in (_text(gate.reason, 2_000), cause) if line))
    return case


def _failed(model_name: str, failure: Failure, verdict: Verdict) -> ElementTree.Element:
    case = _named(model_name, "run")
    log = "\n".join(log_lines(failure.log_tail)) if failure.log_tail.strip() else ""
    body = "\n".join(line for line in (sentences.failure_hint(failure), log) if line)
    kind = "failure" if verdict == "unjudged" else "error"
    _add(case, kind, failure.code, failure.message, body)
    return case


def _named(model_name: str, title: str) -> ElementTree.Element:
    return ElementTree.Element(
        "testcase", {"classname": f"ml-ci.{model_name}", "name": _text(title, 500), "time": "0.000"}
    )


def _add(case: ElementTree.Element, kind: str, cause: str, message: str, body: str) -> None:
    element = ElementTree.SubElement(case, kind, {"type": _text(cause, 100), "message": _text(message, 1_000)})
    element.text = _ILLEGAL.sub("", body)


def _counts(cases: Sequence[ElementTree.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {name: str(sum(case.find(kind) is not None for case in cases)) for name, kind in kinds.items()}
    return {"tests": str(len(cases)), **counts}


def _totals(suites: Sequence[ElementTree.Element]) -> dict[str, str]:
    return {
        name: str(sum(int(suite.get(name, "0")) for suite in suites))
        for name in ("tests", "failures", "errors", "skipped")
    }


def _with(suite: ElementTree.Element, cases: Sequence[ElementTree.Element]) -> ElementTree.Element:
    suite.extend(cases)
    return suite


def _text(value: str, most: int = 200) -> str:
    return _ILLEGAL.sub("", label(value, most))

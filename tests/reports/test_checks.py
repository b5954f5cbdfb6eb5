"""Jobs that are checks, in every form of a report."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ml_ci.changes.values import Change
from ml_ci.errors import Failure, UserError
from ml_ci.github.commands import remarks
from ml_ci.reports import junit, markdown, sarif, sentences, terminal
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.plain import plain
from ml_ci.reports.values import JobReport, Report
from ml_ci.review.shards import held_to, joined
from ml_ci.review.statuses import statuses
from ml_ci.spec.load import load

FAILURE = Failure(
    "training", "job-exit", "the job ended with exit code 3: bad rows", "Look at the rows.", "row 7\nbad rows"
)
PASSED = JobReport("pass", "run", seconds=1.25, line=3)
FAILED = JobReport("fail", "run", (Change("code", "lint.py: main"),), failure=FAILURE, line=4)
REPORT = Report("fail", "a" * 40, "b" * 40, jobs={"tests": PASSED, "lint": FAILED}, config="ml-ci.yaml")
SPEC = """\
version: 1
jobs: {lint: {run: x}, tests: {run: x}}
models: {m: {train: a:b, data: {holdout: h.csv}, label: y, positive: 1}}
"""


def test_json_and_back() -> None:
    assert from_json(json.loads(json.dumps(to_json(REPORT)))) == REPORT


@pytest.mark.parametrize(
    "report", [REPORT, replace(REPORT, jobs={"lint": replace(FAILED, verdict="pass")}, verdict="pass")]
)
def test_report_that_passes_over_a_failed_job_is_refused(report: Report) -> None:
    with pytest.raises(UserError, match="says pass, and what it rests on does not"):
        from_json({**to_json(report), "verdict": "pass"})


@pytest.mark.parametrize("text", [plain(REPORT), terminal.render(REPORT, 100), markdown.render(REPORT)])
def test_texts_tell_the_failure_first_and_what_passes_in_a_line(text: str) -> None:
    for said in ("the job lint fails", "the job ended with exit code 3: bad rows.", "Look at the rows.", "row 7"):
        assert said in text
    assert text.index("bad rows") < text.index("the job tests passes (1.2 s)")


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"lint": FAILED}, "the job lint fails"),
        ({"lint": FAILED, "tests": PASSED}, "1 of 2 jobs does not pass"),
        ({"a": PASSED, "b": PASSED}, "both jobs pass"),
        ({"a": PASSED, "b": PASSED, "c": PASSED}, "all 3 jobs pass"),
        ({"a": replace(FAILED, verdict="error")}, "the job a could not be done"),
    ],
)
def test_overall(jobs: dict[str, JobReport], said: str) -> None:
    assert sentences.overall(replace(REPORT, jobs=jobs)) == said


def test_junit_has_a_case_for_each() -> None:
    root = ElementTree.fromstring(junit.render(REPORT))
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }
    [case] = [one for one in root.iter("testcase") if one.get("name") == "lint"]
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == (FAILURE.message, "Look at the rows.\nrow 7\nbad rows")


def test_sarif_and_annotations_name_the_line() -> None:
    [found] = json.loads(sarif.render(REPORT))["runs"][0]["results"]
    assert (found["ruleId"], found["locations"][0]["physicalLocation"]["region"]["startLine"]) == ("job-failed", 4)
    [remark] = remarks(REPORT)
    assert (remark.level, remark.title, remark.line) == ("error", "the job lint fails", 4)


def test_statuses_are_one_each() -> None:
    assert [(one.context, one.state) for one in statuses(REPORT)] == [
        ("ml-ci/lint", "failure"),
        ("ml-ci/tests", "success"),
        ("ml-ci", "failure"),
    ]


def test_legs_of_a_matrix_are_joined_and_the_worse_counts() -> None:
    other = replace(REPORT, jobs={"lint": PASSED, "more": PASSED}, verdict="pass")
    found = joined([REPORT, other])
    assert {name: job.verdict for name, job in found.jobs.items()} == {"tests": "pass", "lint": "fail", "more": "pass"}
    assert found.verdict == "fail"


def test_check_of_the_base_that_did_not_arrive_is_an_error() -> None:
    found = held_to(replace(REPORT, jobs={"tests": PASSED}, verdict="pass"), load(SPEC, "ml-ci.yaml"))
    assert (found.jobs["lint"].verdict, found.verdict) == ("error", "error")
    failure = found.jobs["lint"].failure
    assert failure is not None
    assert failure.message == "no result of the job `lint` arrived"

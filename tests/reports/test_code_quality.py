from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ml_ci.reports.code_quality import render
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
# What GitLab reads of an entry (lib/gitlab/ci/parsers/codequality), which it drops without a word where one is missing.
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def entries(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render(report))
    return found


def test_every_report_is_a_list_of_whole_entries(any_report: Report) -> None:
    text = render(any_report)
    assert text.isascii() and not text.startswith("\ufeff")
    for one in entries(any_report):
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in SEVERITIES and one["description"] and len(one["fingerprint"]) == 64
        assert one["location"]["lines"]["begin"] >= 1 and one["location"]["path"]
    assert render(any_report) == text


def test_what_fails_is_critical_what_cannot_be_told_major_a_caution_info(reports: Reports) -> None:
    report = reports["failed_by_data"]()
    assert [one["severity"] for one in entries(report)][:2] == ["critical", "major"]
    assert entries(reports["passed"]()) == []
    cautioned = replace(reports["passed"](), cautions=("the holdout has 12 rows fewer",))
    assert [(one["severity"], one["check_name"]) for one in entries(cautioned)] == [("info", "ml-ci/caution")]


def test_the_same_finding_of_two_commits_is_one(reports: Reports) -> None:
    """Whatever numbers it tells: GitLab takes another fingerprint for a new finding, and the old one for mended."""
    report = reports["failed_by_data"]()
    [(name, model)] = report.models.items()
    gates = tuple(replace(gate, value=0.4) for gate in model.gates)
    later = replace(report, commit="c" * 40, models={name: replace(model, gates=gates)})
    later = replace(later, cautions=("the holdout has 13 rows fewer",))
    report = replace(report, cautions=("the holdout has 12 rows fewer",))
    marks = [{one["fingerprint"] for one in entries(one)} for one in (report, later)]
    assert marks[0] == marks[1] and len(marks[0]) == len(entries(report))


@pytest.mark.parametrize("name", ["crashed", "no_model"])
def test_what_ended_the_run_blocks(reports: Reports, name: str) -> None:
    assert [one["severity"] for one in entries(reports[name]())] == ["blocker"]

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from ml_ci.gates.values import GateResult
from ml_ci.reports.junit import render
from ml_ci.reports.values import ModelReport, Report

Reports = dict[str, Callable[[], Report]]


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render(report).encode("utf-8"))


@pytest.mark.parametrize(
    ("name", "tests", "failures", "errors"),
    [
        ("passed", 3, 0, 0),
        ("failed_by_data", 5, 2, 0),
        ("inconclusive", 2, 1, 0),
        ("crashed", 1, 0, 1),
        ("one_class", 2, 0, 1),
        ("nothing_gated", 1, 1, 0),
        ("no_model", 1, 0, 1),
        ("two_models", 7, 2, 0),
        ("new_model", 2, 0, 0),
        ("unjudged", 3, 1, 0),
        ("two_yardsticks", 2, 1, 0),
    ],
)
def test_counts(reports: Reports, name: str, tests: int, failures: int, errors: int) -> None:
    root = parsed(reports[name]())
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": str(tests),
        "failures": str(failures),
        "errors": str(errors),
        "skipped": {"unjudged": "2", "new_model": "1", "two_models": "1"}.get(name, "0"),
    }


def test_counts_are_those_of_the_cases(any_report: Report) -> None:
    root = parsed(any_report)
    for element in (root, *root.findall("testsuite")):
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))


def test_a_gate_is_a_case_with_its_reason(reports: Reports) -> None:
    cases = parsed(reports["failed_by_data"]()).findall("testsuite/testcase")
    assert [case.get("name") for case in cases][3] == "each(fnr, by=region) <= 0.20 [region = north]"
    assert {case.get("classname") for case in cases} == {"ml-ci.churn"}
    failed = cases[1].find("failure")
    assert failed is not None and failed.get("type") == "fail"
    assert (failed.get("message") or "").startswith("Misses 50 → 80 (+30 of 402): FNR 12.4% → 19.9%")
    assert "No line of code changed" in (failed.text or "")
    inconclusive = cases[3].find("failure")
    assert inconclusive is not None and inconclusive.get("type") == "inconclusive"


def test_a_crash_shows_the_log(reports: Reports) -> None:
    error = parsed(reports["crashed"]()).find("testsuite/testcase/error")
    assert error is not None and error.get("type") == "job-raised"
    assert "ValueError: Input X contains NaN." in (error.text or "") and "\x1b" not in (error.text or "")


def test_no_model_is_no_pass() -> None:
    root = parsed(Report("error", None, None))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_a_model_without_gates_is_no_pass() -> None:
    root = parsed(Report("error", None, None, {"m": ModelReport("error", "train")}))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_what_xml_cannot_hold_is_left_out() -> None:
    gate = GateResult("fpr <= 0.1 \x00 \ufffe \ud800 ]]> </testcase>", "fail", None, 0.2, 0.1, reason="\x08 <a> & b")
    root = parsed(Report("fail", None, None, {"m\x00": ModelReport("fail", "train", gates=(gate,))}))
    assert "]]> </testcase>" in (root.findall("testsuite/testcase")[0].get("name") or "")

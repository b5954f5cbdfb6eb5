"""A pass in three lines; what does not pass comes first and in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ml_ci.reports import brief, terminal
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]
_PASS = [
    "✓ churn passes: all 3 gates hold. No difference can be told on 1,405 rows.",
    "  False alarms 30 → 28 of 1,003 (2.8%), misses 50 → 49 of 402 (12.2%).",
    "  Against merge-base 3f2c1ab: only code changed. Trained once (1.2 s).",
]


def test_a_pass_is_three_lines(reports: Reports) -> None:
    passed = replace(reports["passed"](), dirty=False)
    assert plain(passed, short=True).splitlines() == _PASS
    assert terminal.render(passed, 80, short=True).splitlines() == _PASS


def test_what_is_in_no_commit_is_said_beside_it(reports: Reports) -> None:
    lines = [*_PASS, "Commit 9d1e2f3, with uncommitted changes, against 3f2c1ab."]
    assert plain(reports["passed"](), short=True).splitlines() == lines
    assert terminal.render(reports["passed"](), 80, short=True).splitlines() == lines


@pytest.mark.parametrize(
    ("report", "last"),
    [
        ("reused", "  Against merge-base 3f2c1ab: nothing it depends on changed. Nothing was trained."),
        (
            "new_model",
            "  Nothing to compare with yet: new model, commit 3f2c1ab does not declare it. Trained once (4.2 s).",
        ),
    ],
)
def test_the_last_line_says_against_what(reports: Reports, report: str, last: str) -> None:
    lines = plain(reports[report](), short=True).splitlines()
    assert (len(lines), lines[-1]) == (3, last)


def test_cautions_stay_and_notes_are_counted(reports: Reports) -> None:
    report = replace(reports["passed"](), dirty=False)
    odd = replace(report.models["churn"], cautions=("Look at the rows.",), notes=("one", "two"))
    lines = plain(replace(report, models={"churn": odd}), short=True).splitlines()
    assert lines[2].endswith(" 2 notes: -v shows more.") and lines[3:] == ["  ! Look at the rows."]


def test_what_fails_comes_first_and_in_full(reports: Reports) -> None:
    failed, passed = reports["failed_by_data"](), reports["passed"]()
    both = replace(failed, models={"a": passed.models["churn"], "b": failed.models["churn"]})
    for text in (plain(both, short=True), terminal.render(both, 100, short=True)):
        assert (
            text.index("✗ b fails 1 of 4 gates") < text.index("data/train.csv, or undo it") < text.index("✓ a passes")
        )
        assert "log loss" in text and text.count("Reproduce" if "Reproduce" in text else "reproduce") == 1


@pytest.mark.parametrize("report", ["failed_by_data", "two_yardsticks", "inconclusive", "crashed", "unjudged"])
def test_nothing_else_is_brief(reports: Reports, report: str) -> None:
    found = reports[report]()
    assert not any(map(brief.is_brief, found.models.values()))
    assert plain(found, short=True) == plain(found)

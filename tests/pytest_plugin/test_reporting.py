"""Who was expected, and who reported."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("reports", "lost"),
    [
        ([], True),
        ([("setup", "passed")], True),
        ([("setup", "passed"), ("teardown", "passed")], True),
        ([("setup", "passed"), ("call", "passed")], False),
        ([("setup", "passed"), ("call", "failed")], False),
        ([("setup", "failed")], False),
        ([("setup", "skipped")], False),
        ([("???", "failed")], False),  # how xdist reports a test in which a worker crashed
    ],
)
def test_only_a_conclusive_report_counts(reports: list[tuple[str, str]], lost: bool) -> None:
    from pytest_ml_ci.reporting import Attendance

    attendance = Attendance()
    attendance.expect(["a.py::one"])
    attendance.expect(["a.py::one"])
    for when, outcome in reports:
        attendance.take(pytest.TestReport("a.py::one", ("a.py", 0, "one"), {}, outcome, None, when))
    assert attendance.lost() == (["a.py::one"] if lost else [])

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


def test_a_quiet_session_says_the_cautions_too(capsys: pytest.CaptureFixture[str]) -> None:
    from types import SimpleNamespace

    from pytest_ml_ci.terminal import show

    from ml_ci.reports.values import ModelReport, Report

    model = ModelReport("pass", "reuse", cautions=("7 of the 200 rows\x1b[31m of the holdout stand in data.train",))
    report = Report("pass", None, None, models={"churn": model})
    writer = SimpleNamespace(_file=SimpleNamespace(encoding="utf-8"))
    config = SimpleNamespace(get_terminal_writer=lambda: writer, option=SimpleNamespace(verbose=-1, tbstyle="auto"))
    show(report, SimpleNamespace(config=config, section=print, write_line=print))  # type: ignore[arg-type]
    assert "\n  ! 7 of the 200 rows of the holdout stand in data.train\n" in capsys.readouterr().out

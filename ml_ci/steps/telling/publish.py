"""Leave the report where front ends and other steps of a workflow find it."""

from __future__ import annotations

from pathlib import Path

from ml_ci.records.atomic import write_text
from ml_ci.records.store import Store
from ml_ci.reports.as_json import dumps
from ml_ci.reports.values import Report
from ml_ci.steps.opening.own_state import STATE

NAME = "report.json"


def withdraw(folder: Path) -> None:
    """Take the report of an earlier run away: a run that dies must not leave somebody else's pass."""
    (folder / STATE / NAME).unlink(missing_ok=True)


def publish(folder: Path, report: Report) -> None:
    """Write `.ml_ci/report.json`, whole."""
    write_text(Store(folder / STATE).ready() / NAME, dumps(report))

"""The jobs of ml-ci.yaml that are checks as pytest items: `ml-ci.yaml::jobs::lint`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ml_ci.reports import checks
from ml_ci.reports.text import log_lines
from ml_ci.reports.values import JobReport
from pytest_ml_ci.errors import NotPassedError
from pytest_ml_ci.run import TOLD, Run
from pytest_ml_ci.summary import tell_job

NAME = "jobs"


class Checks(pytest.Collector):
    """The checks that were asked for."""

    run: Run

    @classmethod
    def of(cls, parent: pytest.Collector, run: Run) -> Checks:
        """Make the collector of the checks of this run."""
        made: Checks = cls.from_parent(parent, name=NAME)
        made.run = run
        return made

    def collect(self) -> Iterator[CheckItem]:
        """Give an item for each check. Nothing is done."""
        for name in self.run.jobs:
            yield CheckItem.from_parent(self, name=name, line=self.run.spec.jobs[name].line)


class CheckItem(pytest.Item):
    """One check."""

    parent: Checks

    def __init__(self, *, line: int | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.line = line

    def runtest(self) -> None:
        """Do the job; NotPassedError unless it ends well."""
        report = self.parent.run.results.report(self.name)
        self.stash[TOLD] = tell_job(report, self.name)
        job = report.jobs[self.name]
        if job.verdict != "pass":
            raise NotPassedError("\n".join(_explain(self.name, job)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show why the job does not pass; anything else is our bug and keeps its traceback."""
        if isinstance(excinfo.value, NotPassedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Give file, line from 0, and title."""
        return self.path, None if self.line is None else self.line - 1, f"job {self.name}"


def _explain(name: str, job: JobReport) -> Iterator[str]:
    yield checks.marked(name, job)
    yield from (f"  {line}" for line in checks.explain(job))
    if job.failure is not None and job.failure.log_tail.strip():
        yield "  the job's log ended with:"
        yield from (f"  | {line}".rstrip() for line in log_lines(job.failure.log_tail))

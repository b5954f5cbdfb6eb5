"""What a session knows of tests that ask a model about rows: which one runs, and how many rows it tried."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, runtime_checkable

import pytest

from pytest_ml_ci.run import Run, enter, leave

TRIED = "ml_ci_rows_tried"
"""The property of a test that says how many distinct rows of a strategy it tried."""


@runtime_checkable
class Warm(Protocol):
    """The value of the fixture `ask`, which is not imported before a test asks for it."""

    def warm_up(self, model: str) -> None:
        """Load the candidate."""


class Trying:
    """Take part in one session, in every process of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tried: dict[str, int] = {}
        enter(run)

    def pytest_unconfigure(self) -> None:
        """End the session."""
        leave(self.run)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Note which test runs."""
        self.run.begin(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Load the model that a test asks before its body runs; afterwards say how many rows it tried.

        Otherwise the first row of many would wait for the model.
        """
        asked = pyfuncitem.funcargs.get("ask")
        if self.run.current is not None and isinstance(asked, Warm):
            asked.warm_up(self.run.current)
        try:
            return (yield)
        finally:
            if self.run.tried:
                pyfuncitem.user_properties.append((TRIED, len(self.run.tried)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take how many rows a test tried; under xdist its worker says it."""
        if report.when == "call":
            for name, rows in report.user_properties:
                if name == TRIED:
                    self.tried[report.nodeid] = int(str(rows))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say of each test how many distinct rows it tried: in CI the same ones each time."""
        for node_id, rows in sorted(self.tried.items()):
            terminalreporter.write_line(f"ml-ci: {node_id} tried {rows:,} distinct row{'' if rows == 1 else 's'}")

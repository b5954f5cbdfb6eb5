"""Which collected tests have reported. A report that got lost on its way is a failure, never a pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest


@dataclass
class Attendance:
    """Hold what was collected against what reported, by node id."""

    expected: dict[str, None] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)

    def expect(self, node_ids: Iterable[str]) -> None:
        """Take what was collected; each worker of xdist collects the same."""
        self.expected.update(dict.fromkeys(node_ids))

    def take(self, report: pytest.TestReport) -> None:
        """Take a report. A setup that went well says nothing yet: its call has to follow."""
        if report.when == "call" or (not report.passed and report.when != "teardown"):
            self.reported.add(report.nodeid)

    def lost(self) -> list[str]:
        """Give what was collected and never reported, in order."""
        return [node_id for node_id in self.expected if node_id not in self.reported]


def failed_report(node_id: str, message: str) -> pytest.TestReport:
    """Make the report of a test that gave none, so that the terminal and JUnit count it as failed."""
    path = node_id.partition("::")[0]
    return pytest.TestReport(
        nodeid=node_id,
        location=(path, None, node_id.partition("::")[2]),
        keywords={},
        outcome="failed",
        longrepr=message,
        when="call",
    )

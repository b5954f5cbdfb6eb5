"""What was deployed, in lines."""

from __future__ import annotations

from typing import Any

import pytest

from ml_ci.registry.values import Try
from ml_ci.reports.deployments import as_json, lines

TIME = "2026-03-04T12:00:00+00:00"


def one(number: int, **given: Any) -> Try:
    known = {
        "deployment": f"d{number}",
        "job": "deploy",
        "move": "m",
        "version": str(number),
        "place": "here",
        "by": "Ada",
    }
    begun = f"2026-03-04T12:0{number}:00+00:00"
    return Try(**{"id": str(number), **known, "begun": begun, "until": TIME, "place": "here", "by": "Ada", **given})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"state": "done", "ended": TIME}, "> deploy: v1 done 2026-03-04 12:00 by Ada"),
        (
            {"state": "done", "ended": TIME, "approved_by": "Eve"},
            "> deploy: v1 done 2026-03-04 12:00 by Ada, approved by Eve",
        ),
        ({"state": "begun"}, "  deploy: v1 begun, and not known to have ended 2026-03-04 12:01 by Ada"),
        ({"state": "lost"}, "  deploy: v1 begun, and never said how it ended 2026-03-04 12:01 by Ada"),
        (
            {"state": "failed", "ended": TIME, "said": "exit code 3\n\x1b[31m"},
            "  deploy: v1 failed 2026-03-04 12:00 by Ada: exit code 3",
        ),
        ({"state": "withdrawn"}, None),  # it never started
    ],
)
def test_each_try_is_a_line(given: dict[str, str], line: str | None) -> None:
    assert [said.rstrip() for said in lines([one(1, **given)])] == ([] if line is None else [line])
    assert len(as_json([one(1, **given)])) == (line is not None)


def test_the_youngest_stands_first_and_what_is_in_use_is_marked() -> None:
    tries = [one(number, state="done", ended=f"2026-03-04T13:0{number}:00+00:00") for number in (1, 2)]
    failed = one(3, state="failed", ended="2026-03-04T14:00:00+00:00")
    assert [line.split(" done")[0] for line in lines(tries)] == ["> deploy: v2", "  deploy: v1"]
    assert next(lines([*tries, failed])).startswith("  deploy: v3 failed")

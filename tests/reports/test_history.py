"""The history of champions in the width that a terminal has."""

from __future__ import annotations

import pytest

from ml_ci.registry.history import History, Stay
from ml_ci.registry.values import Event, Version
from ml_ci.reports.columns import columns_of
from ml_ci.reports.history import table

LONG = "the committee decided in its meeting of November, after a long discussion of the misses"
FIRST = Event(
    "1",
    "promotion",
    "churn",
    "2026-03-01T12:00:00+00:00",
    "Ada Lovelace <ada@example.org>",
    "1",
    commit="3f2c1ab99",
    verdict="pass",
)
BACK = Event("2", "rollback", "churn", "2026-03-09T12:00:00+00:00", "Ada", "2", reason=LONG, approved_by="Grace")
STAGED = Event("3", "promotion", "churn", "2026-03-08T12:00:00+00:00", "Ada", "2", verdict="pass", stage="staging")
HISTORY = History(
    "churn", (Stay(BACK, 90.0, True), Stay(FIRST, 700_000.0, False)), Version("churn", "2"), False, (STAGED,)
)


def test_where_nobody_says_how_wide_it_is_there_is_a_line_per_stay() -> None:
    head, *rest = table(HISTORY)
    assert head.split()[:2] == ["version", "since"]
    assert len(rest) == 3
    assert list(table(HISTORY, columns=300))[:3] == [head, *rest[:2]]


def test_a_narrow_terminal_gets_a_few_lines_per_stay() -> None:
    assert list(table(HISTORY, columns=60)) == [
        "> v2  since 2026-03-09 12:00 UTC, in use 1 min 30 s",
        "    by Ada",
        "    approved by Grace",
        "    rolled back: the committee decided in its meeting of",
        "    November, after a long discussion of the misses",
        "  v1  since 2026-03-01 12:00 UTC, in use 8 days",
        "    commit 3f2c1ab, pass, by Ada Lovelace <ada@example.org>",
        "    promoted",
        "staging: v2 since 2026-03-08 12:00, pass, by Ada",
    ]


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_no_line_is_longer_than_the_terminal(columns: int) -> None:
    lines = list(table(HISTORY, columns=columns))
    assert max(map(columns_of, lines)) <= columns
    said = " ".join(" ".join(lines).split())
    for expected in (
        "v1",
        "v2",
        "3f2c1ab",
        "pass",
        "Ada Lovelace <ada@example.org>",
        "approved by Grace",
        "rolled back",
    ):
        assert expected in said

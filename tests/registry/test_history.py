"""Which model was in use on a day."""

from __future__ import annotations

from datetime import date

import pytest

from ml_ci.registry.history import History, Stay, on
from ml_ci.registry.values import Event, Version
from ml_ci.reports.history import table

DAY = 86_400


def stay(version: str, time: str, days: float, *, current: bool = False) -> Stay:
    return Stay(Event(f"id{version}{time}", "promotion", "churn", time, "Ada", version), days * DAY, current)


HISTORY = History(
    "churn",
    (
        stay("3", "2026-03-10T12:00:00+00:00", 5, current=True),  # until the 15th
        stay("2", "2026-03-10T06:00:00+00:00", 0.25),
        stay("1", "2026-03-01T23:30:00-02:00", 8.1875),  # from the 2nd in UTC
    ),
    Version("churn", "3"),
    foreign=False,
    staged=(Event("s", "promotion", "churn", "2026-03-09T00:00:00+00:00", "Ada", "3", stage="staging"),),
)


@pytest.mark.parametrize(
    ("day", "versions"),
    [
        (date(2026, 3, 1), []),
        (date(2026, 3, 2), ["1"]),
        (date(2026, 3, 9), ["1"]),
        (date(2026, 3, 10), ["3", "2", "1"]),
        (date(2026, 3, 11), ["3"]),
        (date(2026, 3, 15), ["3"]),
        (date(2026, 3, 16), []),
    ],
)
def test_who_was_champion_on_a_day(day: date, versions: list[str]) -> None:
    found = on(HISTORY, day)
    assert [one.event.version for one in found.stays] == versions
    assert found.staged == ()


def test_a_day_without_a_champion_is_said() -> None:
    day = date(2026, 3, 16)
    assert list(table(on(HISTORY, day), day)) == ["churn had no champion on 2026-03-16 that ml-ci promoted"]


def test_the_line_of_a_day_is_the_line_of_the_history() -> None:
    day = date(2026, 3, 11)
    _, line = table(on(HISTORY, day), day)
    assert line.startswith(">  v3       2026-03-10 12:00  5 days")

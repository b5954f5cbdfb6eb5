"""Moments as whole microseconds since 1970 in UTC: exact, as DuckDB has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ml_ci.errors import UserError
from ml_ci.spec.live import LiveSpec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MOST_WINDOWS = 100_000


def read_moment(text: str) -> int:
    """Read an ISO 8601 text with its zone; ValueError for anything else."""
    return to_micros(datetime.fromisoformat(text))


def to_micros(moment: datetime) -> int:
    """Give a moment that knows its zone; ValueError for one that does not."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def write_moment(micros: int) -> str:
    """Write a moment as ISO 8601 in UTC: `2026-01-08T00:00:00Z`."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


class Clock:
    """Which windows there are: `length` each, aligned to `since`, and closed when their last row is `delay` old.

    All of it is in microseconds.
    """

    def __init__(self, live: LiveSpec, since: str, now: datetime) -> None:
        self.since = read_moment(since)
        self.now = to_micros(now)
        self.length = round(live.window * 1e6)
        self.delay = round(live.delay * 1e6)
        self.number = max(0, (self.now - self.since) // self.length + 1)
        if self.number > MOST_WINDOWS:
            message = f"{self.number:,} windows since {since} are more than the {MOST_WINDOWS:,} that are counted"
            raise UserError(message, hint="Let `window:` under `live:` in ml-ci.yaml be longer.")

    def begin(self, window: int) -> int:
        """Give the begin of a window by its number, from 0; the end is the begin of the next."""
        return self.since + window * self.length

    def is_closed(self, window: int) -> bool:
        """Say whether every row of a window is `delay` old."""
        return self.begin(window + 1) + self.delay <= self.now

    def bounds(self, window: int) -> tuple[str, str]:
        """Write the begin and the end of a window."""
        return write_moment(self.begin(window)), write_moment(self.begin(window + 1))


def latest(*since: str) -> str:
    """Give the latest of some moments, as it is written."""
    return max(since, key=read_moment)

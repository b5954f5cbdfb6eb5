"""How a running job tells that it is alive."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Show a running job. An exception raised by `tick` ends the job and propagates: so a run is cancelled."""

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Take the job's age, its memory now (10^6 bytes) and its log's last line; called about ten times a second."""
        ...


class Silent:
    """Show nothing."""

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Do nothing."""

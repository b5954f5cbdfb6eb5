"""How a run tells what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Show a run while it goes on; an exception raised here ends the running job and propagates.

    A thread tells of one piece of work at a time; several may be of one model.
    """

    def begin(self, model: str, what: str) -> None:
        """Take that work on a model begins: `what` reads `training the candidate`."""
        ...

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Take the running job's age, its memory now (10^6 bytes) and the last line of its log."""
        ...

    def end(self, model: str, what: str, seconds: float) -> None:
        """Take that the work ended."""
        ...

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Take that the work was stopped before its end, since the run was."""
        ...

    def note(self, model: str, text: str) -> None:
        """Take what the user should know before the work goes on, one sentence."""
        ...


class Silent:
    """Show nothing."""

    def begin(self, model: str, what: str) -> None:
        """Do nothing."""

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Do nothing."""

    def end(self, model: str, what: str, seconds: float) -> None:
        """Do nothing."""

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Do nothing."""

    def note(self, model: str, text: str) -> None:
        """Do nothing."""

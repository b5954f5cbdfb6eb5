"""What is to be told of one model in use."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict


@dataclass(frozen=True)
class Alarm:
    """A gate that no longer holds, shown by the window from `begin` to `end`; `id` is the same at every look."""

    id: str
    gate: str
    begin: str
    end: str


@dataclass(frozen=True)
class Alert:
    """What a look found of a model, as far as it is told to others.

    `version` is the champion's, "" where there is none, `commit` the one that it was trained from, "" where that is not
    known. `said` is the verdict in a sentence without a number that changes from look to look, `body` the report as
    Markdown. `known` says that the look came to know the champion: without, nothing is closed.
    """

    model: str
    version: str
    commit: str
    verdict: Verdict
    alarms: tuple[Alarm, ...]
    said: str
    body: str

    @property
    def known(self) -> bool:
        """Whether the look came to know which version is in use."""
        return bool(self.version)

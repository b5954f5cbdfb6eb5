"""Tell of a side by what it is, where another one stands in its place or several are worked on at once."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.frozen import dataclass
from ml_ci.steps.progress import Progress
from ml_ci.steps.values import Project


def naming(project: Project, said: str, meant: str) -> Project:
    """Give the project with progress that says `commit 3f2c1ab` where its steps say `the baseline`."""
    return replace(project, options=replace(project.options, progress=_Naming(project.options.progress, said, meant)))


@dataclass(frozen=True)
class _Naming:
    """Tell of a side by another name."""

    told: Progress
    said: str
    meant: str

    def begin(self, model: str, what: str) -> None:
        """Pass on that work begins."""
        self.told.begin(model, self._name(what))

    def tick(self, model: str, seconds: float, megabytes: float, last_line: str) -> None:
        """Pass on how a job is."""
        self.told.tick(model, seconds, megabytes, last_line)

    def end(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work ended."""
        self.told.end(model, self._name(what), seconds)

    def stopped(self, model: str, what: str, seconds: float) -> None:
        """Pass on that work was stopped."""
        self.told.stopped(model, self._name(what), seconds)

    def note(self, model: str, text: str) -> None:
        """Pass on what the user should know."""
        self.told.note(model, text)

    def _name(self, what: str) -> str:
        return what.replace(self.said, self.meant)

"""What is wrong in `dvc.yaml`, or in a file that it leads to, with the line."""

from __future__ import annotations

from ml_ci.frozen import dataclass
from ml_ci.spec.document import Document
from ml_ci.spec.problems import Place, Problem


class StageError(Exception):
    """Something of `dvc.yaml` that cannot be a job: the problem says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class At:
    """A place in a file beside `ml-ci.yaml`."""

    file: str
    document: Document
    place: Place = ()

    def __truediv__(self, part: str | int) -> At:
        return At(self.file, self.document, (*self.place, part))

    @property
    def line(self) -> int:
        return self.document.position(self.place)[0]

    def problem(self, message: str) -> Problem:
        """Give a problem at this place."""
        return Problem(self.place, message, self.line, file=self.file)

    def wrong(self, message: str) -> StageError:
        """Give the error that says what is wrong at this place."""
        return StageError(self.problem(message))

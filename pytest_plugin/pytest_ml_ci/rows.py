"""A row that a test asks a model about, and what the model answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from ml_ci.behaviours.asks import NO_DECISION, POSITIVE, Cell
from ml_ci.behaviours.columns import key
from ml_ci.behaviours.counterexample import show
from ml_ci.behaviours.shown import may_show
from ml_ci.errors import UserError
from ml_ci.frozen import dataclass

if TYPE_CHECKING:
    from ml_ci.behaviours.columns import Columns

_SHOWN = 12


class Row(Mapping[str, Cell]):
    """A row of a model's holdout, or one made of it: a mapping of column to value, None where one is missing.

    `{**row, "age": 40}` is another. Its repr names only values that are not the typical ones, of these such as at
    least 5 rows of the holdout have, and counts the others: a log has nobody's row in it.
    """

    def __init__(self, model: str, holdout: Columns, number: int, changes: Mapping[str, Cell] | None = None) -> None:
        self.model, self.number = model, number
        self._holdout, self._changes = holdout, dict(changes or {})

    def __getitem__(self, column: str) -> Cell:
        return self._changes[column] if column in self._changes else self._holdout.columns[column].cell(self.number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._holdout.columns)

    def __len__(self) -> int:
        return len(self._holdout.columns)

    def __hash__(self) -> int:
        return hash(tuple((name, type(cell), cell) for name, cell in self.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    @property
    def changes(self) -> Mapping[str, Cell]:
        """What differs from the row of the holdout that it was made of."""
        return dict(self._changes)

    def __repr__(self) -> str:
        shown: list[str] = []
        hidden = 0
        for name, cell in self.items():
            column = self._holdout.columns[name]
            if key(cell) == key(column.typical):
                continue
            if may_show(column, cell) and len(shown) < _SHOWN:
                shown.append(f"{name}={show(cell)}")
            else:
                hidden += 1
        said = [*shown, f"{hidden} not shown"] if hidden else shown
        return f"<row of {self.model}: {', '.join(said) or 'typical'}>"

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        """Let hypothesis write it as its repr."""
        printer.text(repr(self))  # type: ignore[attr-defined]


class NoAnswerError(UserError, AssertionError):
    """Fail a test that goes on with a row to which the model gave no answer."""


@dataclass(frozen=True)
class Answer:
    """What a model says of one row: `score` of the positive class, and `decision`, whether it is positive.

    Both raise NoAnswerError where it gave none, `score` also where it gives decisions only. `error` is the first line
    of what the model raised.
    """

    answered: bool
    error: str = ""
    _score: float | None = field(default=None, repr=False)
    _decision: int = field(default=NO_DECISION, repr=False)

    @property
    def score(self) -> float:
        """The score of the positive class."""
        __tracebackhide__ = True
        self._require()
        if self._score is None:
            raise NoAnswerError("the model gives decisions and no score", hint="Ask for `.decision`.")
        return self._score

    @property
    def decision(self) -> bool:
        """Whether the model decides for the positive class."""
        __tracebackhide__ = True
        self._require()
        return self._decision == POSITIVE

    def _require(self) -> None:
        __tracebackhide__ = True
        if not self.answered:
            raised = f": {self.error}" if self.error else ""
            raise NoAnswerError(
                f"the model gave no answer to this row{raised}", hint="`.answered` says whether it did."
            )

    def __repr__(self) -> str:
        if not self.answered:
            return f"<no answer: {self.error or 'no score'}>"
        said = "positive" if self._decision == POSITIVE else "negative"
        return f"<{said}>" if self._score is None else f"<{said}, score {self._score:.6g}>"

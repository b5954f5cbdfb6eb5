"""What is asked of a model, edited rows of the holdout, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ml_ci.frozen import dataclass

# A value of a row; None is missing.
Cell: TypeAlias = str | int | float | bool | None

# What a decision is: of the positive class, of another, and none.
POSITIVE, NEGATIVE, NO_DECISION = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Ask:
    """Name edited rows of the holdout to score.

    `rows`, int64 of shape (n,), are numbers of holdout rows from 0 in the order in which they are scored; one may
    occur many times. `edits` has by column n values that stand instead of the rows' own; a column that is not named
    stays. `alone` is each row in a call by itself instead of all in one.
    """

    rows: NDArray[np.int64]
    edits: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    alone: bool = False

    def __repr__(self) -> str:
        """Name it without its values: a traceback is no place for them."""
        return f"<ask for {len(self.rows):,} rows, {', '.join(self.edits) or 'nothing'} edited>"


@dataclass(frozen=True, eq=False)
class Answers:
    """Hold what a model answered, in the order of the ask.

    `scores`, float64 of shape (n,), are of the positive class: NaN where the model gives decisions only, or gave no
    answer. `decisions`, int8 of shape (n,), are 1 positive, 0 negative, -1 no answer (an exception, or NaN). `errors`
    has by position in the ask the first line of the error of that row.
    """

    scores: NDArray[np.float64]
    decisions: NDArray[np.int8]
    errors: Mapping[int, str] = field(default_factory=dict)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows have an answer, bool of shape (n,)."""
        return np.not_equal(self.decisions, NO_DECISION)


class Asker(Protocol):
    """Ask one side's model."""

    def __call__(self, ask: Ask) -> Answers:
        """Score the rows of an ask."""
        ...

"""Holdouts of a few columns, and models that are plain functions of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ml_ci.behaviours.asks import Answers, Ask, Cell
from ml_ci.behaviours.columns import Column, Columns
from ml_ci.spec.behaviours import Behaviour

Row = dict[str, Cell]


def columns_of(texts: Mapping[str, Sequence[object]]) -> Columns:
    """Make a holdout of columns of texts, as one that stands in a CSV file."""
    made = {}
    for name, given in texts.items():
        values, codes = np.unique(np.array([str(one) for one in given], np.str_), return_inverse=True)
        made[name] = Column.of(name, codes.reshape(-1).astype(np.int32), [str(value) for value in values])
    return Columns(made, len(next(iter(texts.values()))))


class Model:
    """Ask a function that gives a score for each of some rows; what it raises of one row is that row's error.

    `asked` are the rows of each ask.
    """

    def __init__(self, holdout: Columns, score: Callable[[list[Row]], Sequence[Any]], *, labels: bool = False) -> None:
        self.holdout, self.score, self.labels = holdout, score, labels
        self.asked: list[list[Row]] = []

    @classmethod
    def of(cls, holdout: Columns, score: Callable[[Row], Any], *, labels: bool = False) -> Model:
        """Make one of a function of one row."""
        return cls(holdout, lambda rows: [_try(score, row) for row in rows], labels=labels)

    def __call__(self, ask: Ask) -> Answers:
        rows = [self.holdout.row(number) for number in ask.rows.tolist()]
        for column, cells in ask.edits.items():
            assert len(cells) == len(rows)
            for row, cell in zip(rows, cells, strict=True):
                row[column] = cell
        self.asked.append(rows)
        scores = [score for row in rows for score in self.score([row])] if ask.alone else self.score(rows)
        errors = {place: str(score) for place, score in enumerate(scores) if isinstance(score, Exception)}
        numbers = np.array([np.nan if isinstance(one, Exception) else one for one in scores], np.float64)
        decisions = np.where(np.isnan(numbers), -1, numbers >= 0.5).astype(np.int8)
        return Answers(np.full(len(numbers), np.nan) if self.labels else numbers, decisions, errors)


def _try(score: Callable[[Row], Any], row: Row) -> Any:
    try:
        return score(row)
    except Exception as error:
        return error


def behaviour(kind: Any, *columns: str, **more: Any) -> Behaviour:
    """Make a behaviour with the defaults of an entry."""
    if kind == "disturb":
        more.setdefault("by", ("case", "typo", "space"))
    if kind in ("raise", "lower"):
        more.setdefault("score", "never falls" if kind == "raise" else "never rises")
    return Behaviour("it", kind, columns, **more)

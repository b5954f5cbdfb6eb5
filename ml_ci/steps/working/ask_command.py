"""Ask by a command, such as a service's client, for the scores of edited rows: a file in, scores out, a call an ask."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from ml_ci.behaviours.asks import Answers, Ask
from ml_ci.child.edited import find_column
from ml_ci.child.edited_files import TextRows, is_parquet
from ml_ci.child.failures import JobFailed
from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.answered import Yardstick, read_answered
from ml_ci.frozen import dataclass
from ml_ci.tables.edited import write_edited
from ml_ci.tables.table import Table
from ml_ci.training.answering import SECONDS, tell_late
from ml_ci.training.job import predict
from ml_ci.training.values import Input, PredictRequest


class RowsFile:
    """Rows as a file that a command reads: written in the format of the holdout's, with some values edited."""

    def __init__(self, rows: Input, folder: Path) -> None:
        self._source = Path(rows.path)
        self._folder = folder
        self._parquet = is_parquet(rows.path)
        self._numbers = count(1)
        self._names = Table.open(self._source).names if self._parquet else ()
        written = None if rows.written is None else vars(rows.written)
        entry = {"path": rows.path, "columns": rows.columns, "written": written}
        self._text = None if self._parquet else TextRows(entry, str(folder))

    def write(self, ask: Ask) -> tuple[Path, list[int]]:
        """Write the rows of an ask; give the file, and the places of rows that it cannot hold as they are asked."""
        rows, places = ask.rows.tolist(), range(len(ask.rows))
        try:
            if self._text is not None:
                return Path(self._text.take(rows, self._text.read(ask.edits), places)), []
            for name in ask.edits:
                find_column(name, dict.fromkeys(self._names))
        except JobFailed as error:  # as where a job's own reader edits rows
            raise StageFailed(Failure("evaluation", error.code, error.message, error.hint)) from None
        path = self._folder / f"rows-{next(self._numbers)}{self._source.suffix}"
        return path, write_edited(self._source, rows, ask.edits, path)


@dataclass(frozen=True)
class CommandAsker:
    """Ask by a command, which is started once an ask; one that takes longer than `seconds` is `ask-limit`."""

    request: PredictRequest
    rows: RowsFile
    by: Yardstick
    seconds: float = SECONDS

    def __call__(self, ask: Ask) -> Answers:
        """Score the rows of an ask."""
        until = time.monotonic() + self.seconds
        if not ask.alone:
            return self._ask(ask, until)
        found = [self._ask(_take(ask, place), until) for place in range(len(ask.rows))]
        return _join(found)

    def within(self, seconds: float) -> CommandAsker:
        """Give one whose asks may take as long as this."""
        return replace(self, seconds=seconds)

    def _ask(self, ask: Ask, until: float) -> Answers:
        if not len(ask.rows):
            return Answers(np.empty(0), np.empty(0, np.int8))
        path, unwritten = self.rows.write(ask)
        rows = replace(self.request.rows, path=str(path), whole=None)
        seconds = max(0.001, min(self.request.budget.seconds, until - time.monotonic()))
        budget = replace(self.request.budget, seconds=seconds)
        request = replace(self.request, rows=rows, count=len(ask.rows), budget=budget)
        try:
            scored = predict(request)
        except StageFailed as error:
            if error.failure.code != "time-limit":
                raise
            raise tell_late(self.seconds, len(ask.rows), error.failure.log_tail) from None
        table = Table.open(path, rows.columns, shown="the rows")
        found = read_answered(scored.predictions, table, self.by, f"the scores of {request.model}")
        path.unlink()
        found.scores[unwritten] = np.nan
        found.decisions[unwritten] = -1
        errors = {**found.errors, **dict.fromkeys(unwritten, "the Parquet file's columns hold no such value")}
        return Answers(found.scores, found.decisions, errors)


def _take(ask: Ask, place: int) -> Ask:
    return Ask(ask.rows[place : place + 1], {name: [values[place]] for name, values in ask.edits.items()})


def _join(found: Sequence[Answers]) -> Answers:
    if not found:
        return Answers(np.empty(0), np.empty(0, np.int8))
    errors: dict[int, Any] = {place: one.errors[0] for place, one in enumerate(found) if one.errors}
    return Answers(
        np.concatenate([one.scores for one in found]), np.concatenate([one.decisions for one in found]), errors
    )

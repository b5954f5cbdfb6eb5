"""The value of the fixture `ask`: what a model says of rows that a test makes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, overload

import numpy as np
import pytest

from ml_ci.behaviours.asks import Answers, Ask, Asker, Cell
from ml_ci.behaviours.columns import Columns
from ml_ci.errors import StageFailed, UserError, as_the_users
from pytest_ml_ci.marks import how_to_mark
from pytest_ml_ci.results import failure_of
from pytest_ml_ci.rows import Answer, Row
from pytest_ml_ci.run import RUN, Run

if TYPE_CHECKING:
    from ml_ci.steps.examination.asking import Asking

Given = Mapping[str, Cell]


class Sides:
    """Open what asks each model of a session: once a process, and only what is asked for."""

    def __init__(self, run: Run, until: ExitStack) -> None:
        self._run, self._until = run, until
        self._known: dict[str, Asking] = {}

    def of(self, model: str) -> Asking:
        """Give what asks a model; UserError and StageFailed where it cannot be had."""
        from ml_ci.questions import asking

        if model not in self._known:
            options = self._run.results.only(model)
            self._known[model] = self._until.enter_context(asking(options, model))
        return self._known[model]


class Asked:
    """Ask the candidate: `ask(row)`, `ask(row, age=41)`, `ask(rows)`; and `ask.baseline(…)` the baseline.

    A row is one of `rows(…)`, or a mapping of some columns: the others have their typical values. Many rows are one
    call to the model, and a batch of 1,000 costs about as much as two asks for one.
    """

    def __init__(self, run: Run, sides: Sides) -> None:
        self._run, self._sides = run, sides

    @overload
    def __call__(self, row: Given, /, **changes: Cell) -> Answer: ...
    @overload
    def __call__(self, row: Sequence[Given], /, **changes: Cell) -> Sequence[Answer]: ...
    def __call__(self, row: Given | Sequence[Given], /, **changes: Cell) -> Answer | Sequence[Answer]:
        """Ask the candidate about a row, or many; `changes` are values that stand instead of the rows' own."""
        __tracebackhide__ = True
        return self._ask(row, changes, "candidate")

    @overload
    def baseline(self, row: Given, /, **changes: Cell) -> Answer: ...
    @overload
    def baseline(self, row: Sequence[Given], /, **changes: Cell) -> Sequence[Answer]: ...
    def baseline(self, row: Given | Sequence[Given], /, **changes: Cell) -> Answer | Sequence[Answer]:
        """Ask the baseline the same; skips the test while the model is new."""
        __tracebackhide__ = True
        return self._ask(row, changes, "baseline")

    def warm_up(self, model: str) -> None:
        """Load the candidate, so that the first row that a test asks for does not wait for it."""
        __tracebackhide__ = True
        self._open(model, "candidate")

    def _ask(self, given: Given | Sequence[Given], changes: Given, side: str) -> Answer | Sequence[Answer]:
        __tracebackhide__ = True
        one = isinstance(given, Mapping)
        rows: list[Given] = [given] if isinstance(given, Mapping) else list(given)
        if not rows:
            return []
        model = self._model(rows)
        holdout, asker = self._open(model, side)
        label = self._run.spec.models[model].label
        with _telling(self._run, model):
            answers = _read(asker(write_ask(holdout, label, rows, changes)))
        return answers[0] if one else answers

    def _model(self, rows: Sequence[Given]) -> str:
        __tracebackhide__ = True
        named = {row.model for row in rows if isinstance(row, Row)}
        if len(named) > 1:
            pytest.fail(f"rows of several models in one ask: {', '.join(sorted(named))}", pytrace=False)
        model = next(iter(named), None) or self._run.current or _only(self._run)
        if model is None:
            pytest.fail(f"`ask` does not know of which model. {how_to_mark(self._run.spec)}", pytrace=False)
        return model

    def _open(self, model: str, side: str) -> tuple[Columns, Asker]:
        __tracebackhide__ = True
        with _telling(self._run, model):
            asking = self._sides.of(model)
            asker = asking.candidate if side == "candidate" else asking.baseline
        if asker is None:
            pytest.skip(f"{model}: {asking.no_baseline}; there is no baseline to ask")
        return asking.holdout, asker


def write_ask(holdout: Columns, label: str, rows: Sequence[Given], changes: Given) -> Ask:
    """Write an ask for some rows, each with the same changes; UserError for a column that there is not.

    A column in which no row differs from the row of the holdout that it was made of is not edited.
    """
    __tracebackhide__ = True
    numbers = [row.number if isinstance(row, Row) else 0 for row in rows]
    edits: list[Given] = []
    for row in rows:  # no comprehension: its frame would show in a traceback
        edits.append(_edits(holdout, label, row, changes))  # noqa: PERF401
    columns = [name for name in holdout.columns if any(name in one for one in edits)]
    return Ask(
        np.array(numbers, np.int64),
        {
            name: [
                one[name] if name in one else holdout.columns[name].cell(number)
                for one, number in zip(edits, numbers, strict=True)
            ]
            for name in columns
        },
    )


def _edits(holdout: Columns, label: str, row: Given, changes: Given) -> Given:
    __tracebackhide__ = True
    for name in (*changes, *(() if isinstance(row, Row) else row)):
        _refuse_unknown(holdout, label, name)
    if isinstance(row, Row):
        return {**row.changes, **changes}
    typical = {name: column.typical for name, column in holdout.columns.items()}
    return {**typical, **row, **changes}


def _refuse_unknown(holdout: Columns, label: str, name: str) -> None:
    __tracebackhide__ = True
    if name in holdout.columns:
        return
    if name == label:
        raise UserError(f"{name!r} is the label, which no model is given", hint="Leave it out.")
    near = get_close_matches(name, holdout.columns, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Its columns are: {', '.join(list(holdout.columns)[:20])}."
    raise UserError(f"the holdout has no column {name!r}", hint=hint)


def _read(answers: Answers) -> list[Answer]:
    found = []
    for place, answered in enumerate(answers.answered.tolist()):
        score = float(answers.scores[place])
        decision = int(answers.decisions[place])
        error = answers.errors.get(place, "")
        found.append(Answer(answered, error, None if math.isnan(score) else score, decision))
    return found


def _only(run: Run) -> str | None:
    return next(iter(run.spec.models)) if len(run.spec.models) == 1 else None


@contextmanager
def _telling(run: Run, model: str) -> Iterator[None]:
    """Fail a test with what keeps it from its answer, as the other fixtures do."""
    __tracebackhide__ = True
    failure = None
    try:
        with as_the_users():
            yield
    except StageFailed as error:
        failure = failure_of(error)
    if failure is not None:
        pytest.fail(run.failure_of_ask(model, failure), pytrace=False)


@contextmanager
def open_ask(config: pytest.Config) -> Iterator[Asked]:
    """Open the fixture for a session; the processes that it asks are gone at its end."""
    run = config.stash[RUN]
    with ExitStack() as until:
        run.sides = Sides(run, until)
        try:
            yield Asked(run, run.sides)
        finally:
            run.sides = None

"""Rows for tests with hypothesis, made from a model's holdout: `@given(row=rows("churn"))`.

The only module that imports hypothesis; nothing of ml-ci imports it. What reads the holdout is imported by the first
test that draws a row: collecting loads no numbers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from ml_ci.errors import UserError
from pytest_ml_ci.plugin import OFF
from pytest_ml_ci.run import Run, current_run

try:
    from hypothesis import settings
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("rows(…) needs hypothesis: pip install 'ml-ci[behaviours]'") from error

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from ml_ci.behaviours.asks import Cell
    from ml_ci.behaviours.columns import Column, Columns
    from pytest_ml_ci.rows import Row

# So many columns of a row are redrawn at most: it stays one that could be.
_REDRAWN = 2
_EXPLORED = 1_000
_OWN, _GIVEN = "ml-ci", ("default", "ci", None)


def rows(model: str) -> SearchStrategy[Row]:
    """Give a strategy of rows of a model's holdout, of which up to two columns are redrawn.

    Numbers are redrawn within the column's range, of other columns a value that it has; missing ones where some are.
    A failing row shrinks towards the typical one. Needs --ml-ci; the test is skipped without.
    """
    return st.deferred(lambda: _rows(_require_run(), model))


def _require_run() -> Run:
    run = current_run()
    if run is None:
        pytest.skip(OFF)
    return run


def _rows(run: Run, model: str) -> SearchStrategy[Row]:
    from pytest_ml_ci.rows import Row

    if model not in run.spec.models:
        known = ", ".join(run.spec.models)
        raise UserError(f"rows({model!r}): {run.spec.path} has no model `{model}`", hint=f"Its models are: {known}.")
    holdout = run.columns(model)
    order = sort_rows(holdout)
    values = {name: _values(column) for name, column in holdout.columns.items()}
    names = st.lists(st.sampled_from(list(values)), max_size=_REDRAWN, unique=True)

    @st.composite
    def draw_row(draw: DrawFn) -> Row:
        number = order[draw(st.integers(0, len(order) - 1))]
        row = Row(model, holdout, number, {name: draw(values[name]) for name in draw(names)})
        run.count(row)
        return row

    return draw_row()


def sort_rows(holdout: Columns) -> Sequence[int]:
    """Sort the rows of a holdout, those with the most typical values first: towards these a failing row shrinks."""
    import numpy as np

    from ml_ci.behaviours.columns import key

    typical = np.zeros(holdout.rows, np.int64)
    for column in holdout.columns.values():
        same = np.array([key(cell) == key(column.typical) for cell in column.cells], np.bool_)
        typical += same[column.codes]
    return [int(row) for row in np.argsort(-typical, kind="stable")]


def _values(column: Column) -> SearchStrategy[Cell]:
    """Give a strategy of a column's values, the typical one and those that are near to it first."""
    found: SearchStrategy[Any]
    typical = column.typical
    if column.numbers:
        near = column.numbers[0] if isinstance(typical, str) or typical is None else typical
        found = st.sampled_from(sorted(column.numbers, key=lambda one: abs(one - near))) | _within(column)
    else:
        found = st.sampled_from(sorted(column.present, key=lambda cell: cell != typical) or [None])
    return found | st.none() if None in column.held_by else found


def _within(column: Column) -> SearchStrategy[Any]:
    low, high = column.numbers[0], column.numbers[-1]
    if column.whole:
        return st.integers(int(low), int(high))
    return st.floats(float(low), float(high), allow_nan=False)


def _load_profile() -> None:
    """Let a test ask a model for as long as it takes, and try the same rows each time in CI.

    What a person chose, a profile of their own or @settings, stays. `--ml-ci-explore` draws other rows each time.
    """
    if getattr(settings, "_current_profile", None) not in _GIVEN:
        return
    run = current_run()
    if run is not None and run.explores:
        settings.register_profile(
            _OWN, deadline=None, derandomize=False, database=None, max_examples=_EXPLORED, print_blob=True
        )
    elif "CI" in os.environ:
        settings.register_profile(_OWN, deadline=None, derandomize=True, database=None, print_blob=True)
    else:
        settings.register_profile(_OWN, deadline=None)
    settings.load_profile(_OWN)


_load_profile()

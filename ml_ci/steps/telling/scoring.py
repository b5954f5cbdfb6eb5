"""Say how often a model was asked for each row, what was asked again, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from ml_ci.reports.numbers import money
from ml_ci.reports.values import Scoring
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.values import Project


def say_scoring(project: Project, model: ModelSpec, asked: int) -> Scoring:
    """Give how this run asked the model: each row so often as its counts are of, and the rows that it was given now."""
    price, journal = model.price, project.journal
    own = (None, "") if price is None else (price.per_row, price.currency)
    return Scoring(asked, journal.asked, journal.again, *own)


def note_scoring(found: Scoring, answers: int) -> Iterator[str]:
    """Say it in a report; nothing of a model that is asked once, for nothing."""
    if found.repeats > 1:
        rows = answers // found.repeats
        yield (
            f"Each of {rows:,} rows was scored {found.repeats} times a side, and all {answers:,} answers count: "
            f"rates are means over the repetitions."
        )
    if found.again:
        yield f"{found.again:,} of {found.rows:,} rows were asked again, as the service refused them at first."
    if found.price is not None and found.total is not None:
        each = f"at {money(found.price, found.currency)} a row"
        done = f"{found.rows:,} rows were scored for this run" if found.rows else "Nothing was scored for this run"
        yield f"{done} {each}: {money(found.total, found.currency)}."

"""Say before anything is asked how many rows a run would have scored, and what that costs where rows have a price."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ml_ci.changes.remote import is_remote
from ml_ci.errors import StageFailed, UserError
from ml_ci.plan.plan import COMPARISONS, PREDICTIONS, VERDICTS
from ml_ci.plan.values import Asking
from ml_ci.reports.numbers import money
from ml_ci.spec.values import PartEntry
from ml_ci.steps.planning.decide import plan_work, vary_seed
from ml_ci.steps.values import Project, Sides


def foresee_asking(project: Project, sides: Sides) -> Asking | None:
    """Give what a run would have scored; None where rows have no price, and where nobody knows how many there are.

    Rows on which a threshold is chosen, and those that behaviours edit, come on top.
    """
    model = sides.candidate.model
    if model.price is None:
        return None
    times = sum(1 for _ in dict.fromkeys(_list_missing(project, sides)))
    rows = _count_rows(project, sides) if times else 0
    return None if rows is None else Asking(rows, times, model.price.per_row, model.price.currency)


def say_asking(asking: Asking | None) -> Iterator[str]:
    """Say it in a sentence."""
    if asking is None:
        return
    each = f"at {money(asking.price, asking.currency)} a row"
    if not asking.times:
        yield f"Nothing would be scored, {each}: {money(0.0, asking.currency)}."
        return
    often = "once" if asking.times == 1 else f"{asking.times} times"
    yield f"{asking.rows:,} rows would be scored {often} {each}: {money(asking.total, asking.currency)}."


def _list_missing(project: Project, sides: Sides) -> Iterator[str]:
    """Give the keys of the predictions that a run would make, of every repetition and seed; a key may come twice."""
    for one in (sides, *vary_seed(project, sides)):
        plan = plan_work(project, one)
        if project.store.has(VERDICTS, plan.verdict) or project.store.has(COMPARISONS, plan.comparison):
            continue
        for side, keys in ((one.candidate, plan.candidate), (one.baseline, plan.baseline)):
            if side is not None and keys is not None and not side.model.job.predicts:
                yield from (key for key in keys.scored if not project.store.has(PREDICTIONS, key))


def _count_rows(project: Project, sides: Sides) -> int | None:
    """Count the rows of the holdout; None where it is not on this machine, is left by a job, or cannot be read."""
    from ml_ci.steps.working.workshop import open_workshop

    model = sides.candidate.model
    source = model.data[model.holdout.of] if isinstance(model.holdout, PartEntry) else model.holdout
    if source.job is not None or is_remote(source.path) or not (project.folder / source.path).is_file():
        return None
    with open_workshop(project, sides) as shop, contextlib.suppress(StageFailed, UserError):
        return shop.holdout.rows
    return None

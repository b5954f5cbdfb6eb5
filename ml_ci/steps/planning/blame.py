"""Tell a failure of the baseline, for which the change is not to blame, from one of the candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from ml_ci.errors import Failure, StageFailed
from ml_ci.steps.values import Side, Sides

Result = TypeVar("Result")

_OTHER = "with another commit: --baseline REF."


class BaselineFailed(StageFailed):
    """Say that the baseline cannot be had, and not through the change; the candidate was worked on before.

    `its_own` is the failure as the baseline's job had it, without whose it is.
    """

    def __init__(self, failure: Failure, its_own: Failure) -> None:
        super().__init__(failure)
        self.its_own = its_own


def on_sides(find: Callable[[], Sides], work: Callable[[Sides], Result]) -> Result:
    """Do work on the sides that are found; where the base proves not to train by its own fault, once more without it.

    BaselineFailed when the baseline cannot be had for another reason.
    """
    sides = find()
    try:
        return work(sides)
    except BaselineFailed:
        others = find()
        if others.broken == sides.broken:
            raise
        return work(others)


@contextmanager
def blaming_baseline(side: Side) -> Iterator[None]:
    """Say of what fails inside a `with` block that it is the baseline's: the change at hand is not to blame."""
    try:
        yield
    except StageFailed as error:
        failure = error.failure
        where = f" of commit {side.commit[:7]}" if side.commit else ""
        message = f"the baseline{where} cannot be had: {failure.message}"
        hint = f"{failure.hint} Or compare {_OTHER}" if failure.hint else f"Compare {_OTHER}"
        raise BaselineFailed(replace(failure, message=message, hint=hint), failure) from None

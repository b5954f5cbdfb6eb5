"""Say of a failure whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ml_ci.errors import StageFailed
from ml_ci.steps.values import Side


@contextmanager
def of_baseline(side: Side) -> Iterator[None]:
    """Say of what fails inside a `with` block that it is the baseline's: the change at hand is not to blame."""
    try:
        yield
    except StageFailed as error:
        failure = error.failure
        where = f" of commit {side.commit[:7]}" if side.commit else ""
        message = f"the baseline{where} cannot be had: {failure.message}"
        hint = f"{failure.hint} Or compare {_OTHER}" if failure.hint else f"Compare {_OTHER}"
        raise StageFailed(replace(failure, message=message, hint=hint)) from None


_OTHER = "with another commit: --baseline REF."

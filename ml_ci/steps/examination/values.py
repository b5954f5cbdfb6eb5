"""What an examination of a project is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ml_ci.steps.values import Project


@dataclass(frozen=True)
class Finding:
    """What a check found: `good`, a sentence, and what to do where it is not, or where it could be better."""

    check: str
    good: bool
    message: str
    hint: str = ""


Check = Callable[[Project], Iterator[Finding]]

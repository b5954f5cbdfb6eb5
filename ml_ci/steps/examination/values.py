"""What an examination of a project is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ml_ci.frozen import dataclass
from ml_ci.steps.values import Project


@dataclass(frozen=True)
class Finding:
    """What a check found: `good`, a sentence, and what to do where it is not, or where it could be better.

    `mistake` says that a run would end with the user's mistake for it, and not with a verdict.
    """

    check: str
    good: bool
    message: str
    hint: str = ""
    mistake: bool = False


Check = Callable[[Project], Iterator[Finding]]

"""What a watcher of the kernel's saw in the copy that a job ran in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Protocol

from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Seen:
    """Say by POSIX path below the copy's top how often each file was `opened`, and which folders were.

    `made` are files and folders that the job made, replaced or removed before it opened them. `whole` is False when
    something may have been missed.
    """

    opened: Mapping[str, int] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    whole: bool = True


class Watcher(Protocol):
    """Look on from its making until it is stopped."""

    def stop(self) -> Seen:
        """Give what was seen."""
        ...

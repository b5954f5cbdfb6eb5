"""What a search through the history finds."""

from __future__ import annotations

from ml_ci.changes.values import Change
from ml_ci.frozen import dataclass
from ml_ci.gates.values import GateResult
from ml_ci.repository.history import Commit


@dataclass(frozen=True)
class Judgement:
    """How a commit's model was judged against the good one's."""

    commit: str
    gates: tuple[GateResult, ...]


@dataclass(frozen=True)
class Skipped:
    """A commit that could not be judged, and why."""

    commit: Commit
    reason: str


@dataclass(frozen=True)
class Found:
    """The first commit at which a gate of `model` does not hold, and what it changed.

    `gates` are the results that do not hold there; there are none where the model can no longer be made, and `failure`
    says why. `unclear` are commits before it that could not be judged: it may
    have been one of them. `judged` counts the commits that were looked at, `trainings` what was trained for it,
    `failed_trainings` those of them that failed, `failed` the commits at which the model cannot be made.
    """

    model: str
    commit: Commit
    gates: tuple[GateResult, ...]
    changes: tuple[Change, ...]
    unclear: tuple[Commit, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    good: str = ""
    judged: int = 0
    trainings: int = 0
    failure: str = ""
    failed: int = 0
    failed_trainings: int = 0

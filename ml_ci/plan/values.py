"""What a plan says of one model, and of one job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from ml_ci.changes.values import Change
from ml_ci.frozen import dataclass
from ml_ci.spec.resources import Resources

Action: TypeAlias = Literal["train", "evaluate", "reuse"]
JobAction: TypeAlias = Literal["run", "reuse"]
PlannedAction: TypeAlias = Literal["run", "reuse", "after promotion"]


@dataclass(frozen=True)
class Asking:
    """What a run would have scored: `rows`, so many `times` in all, each for a `price` in `currency`."""

    rows: int
    times: int
    price: float
    currency: str = ""

    @property
    def total(self) -> float:
        return self.rows * self.times * self.price


@dataclass(frozen=True)
class ModelPlan:
    """Say what a run would do for one model, and why.

    `baseline` says what it would be compared with, "" without one; `trainings` counts the jobs that would run.
    `cautions` say what a reviewer has to know of how it would be judged. `reads` are the files that the candidate's
    jobs were seen to read and that no declared part holds, as seen from the project; None where none was seen yet.
    `resources` are what its training asks of a machine. `asking` is what scoring would cost, None where rows have no
    price, or nobody knows yet how many there are.
    """

    action: Action
    changes: tuple[Change, ...]
    baseline: str
    trainings: int
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    reads: tuple[str, ...] | None = None
    resources: Resources | None = None
    asking: Asking | None = None


@dataclass(frozen=True)
class JobPlan:
    """Say whether a run would do one job, and what of it changed since the commit `baseline`, "" without one.

    What nobody needs is not done, changed or not. `check` says that nothing builds on it: it is done for itself. One
    `after promotion` is done by no run.
    """

    action: PlannedAction
    changes: tuple[Change, ...]
    baseline: str = ""
    notes: tuple[str, ...] = ()
    check: bool = False
    resources: Resources | None = None


@dataclass(frozen=True)
class Plans:
    """What a run would do, by model and by job; `needs` names for each of them what of these it builds on."""

    models: Mapping[str, ModelPlan]
    jobs: Mapping[str, JobPlan]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

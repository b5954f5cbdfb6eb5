"""What a plan says of one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ml_ci.changes.values import Change

Action: TypeAlias = Literal["train", "evaluate", "reuse"]


@dataclass(frozen=True)
class ModelPlan:
    """Say what a run would do for one model, and why.

    `baseline` says what it would be compared with, "" without one; `trainings` counts the jobs that would run.
    `cautions` say what a reviewer has to know of how it would be judged. `reads` are the files that the candidate's
    jobs were seen to read and that no declared part holds, as seen from the project; None where none was seen yet.
    """

    action: Action
    changes: tuple[Change, ...]
    baseline: str
    trainings: int
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    reads: tuple[str, ...] | None = None

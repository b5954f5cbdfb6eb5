"""What models say of rows that a person asks about."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.behaviours.asks import Cell
from ml_ci.behaviours.flips import Change, Sway
from ml_ci.frozen import dataclass


@dataclass(frozen=True)
class Reply:
    """What one side says of a row: `positive` is None where it gives no answer, and `error` then says why.

    `score` is of the positive class, None where the model gives decisions only.
    """

    positive: bool | None
    score: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Told:
    """What both sides say of each row of an ask, and what changes the candidate's decision about the first.

    `positive` names the positive class. `row` is the number of a holdout row from 1 and `start` its values; None and
    nothing for the typical row. `values` are those that the person gave, a mapping for each row. `baseline` is None
    without one: `no_baseline` says why; else it is of `commit`. `sways` are told where no column changes the decision.
    Of an `endpoint` nothing is known but what it answers: every value is the person's.
    """

    model: str
    positive: str
    row: int | None
    start: Mapping[str, Cell]
    values: tuple[Mapping[str, Cell], ...]
    candidate: tuple[Reply, ...]
    baseline: tuple[Reply, ...] | None
    commit: str | None
    no_baseline: str
    changes: tuple[Change, ...]
    sways: tuple[Sway, ...]
    notes: tuple[str, ...]
    endpoint: bool = False

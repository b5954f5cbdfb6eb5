"""What a bias audit counts: how a model decided of each sex and each race, and how many scored above the median."""

from __future__ import annotations

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.spec.card import Selected


@dataclass(frozen=True)
class AuditCell:
    """The rows of one sex and one race, by their trimmed texts ("" is missing).

    `above` counts those whose score is strictly above the median; None of a model that gives labels.
    """

    sex: str
    race: str
    counts: Confusion
    above: int | None = None


@dataclass(frozen=True)
class Audit:
    """Every row of the holdout that counts, by sex and race, in order; `sex` and `race` name the columns.

    `median` is that of all their scores, of an even number the mean of the middle two; None of labels. `unknown` are
    the values that say nothing beside missing ones, `selected` says which decision is the favourable one.
    """

    sex: str
    race: str
    cells: tuple[AuditCell, ...]
    median: float | None = None
    unknown: tuple[str, ...] = ()
    selected: Selected = "positive"

"""What an explanation says."""

from __future__ import annotations

from fractions import Fraction

from ml_ci.changes.values import Change
from ml_ci.errors import Failure
from ml_ci.evaluation.values import Evaluation
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Verdict


@dataclass(frozen=True)
class Part:
    """What is exchanged as one: its `name`, and what of the model it `holds` (`code`, `data.train`, `seed`, ...)."""

    name: str
    holds: frozenset[str]


@dataclass(frozen=True)
class Mixture:
    """A model in which the parts `new` are the candidate's and all others the baseline's, scored on the holdout."""

    new: frozenset[str]
    evaluation: Evaluation


@dataclass(frozen=True)
class Share:
    """How much of a metric's change a part accounts for (`share`), and how much it changes `alone`."""

    part: str
    share: Fraction
    alone: Fraction


@dataclass(frozen=True)
class Interaction:
    """What several parts change together, beyond what each of their subsets does."""

    parts: tuple[str, ...]
    effect: Fraction


@dataclass(frozen=True)
class Attribution:
    """A metric of baseline and candidate, and the shares, which add up to the difference exactly.

    `slice` reads `region = north`, or None for all rows.
    """

    metric: str
    slice: str | None
    baseline: Fraction
    candidate: Fraction
    shares: tuple[Share, ...]
    interactions: tuple[Interaction, ...] = ()

    @property
    def change(self) -> Fraction:
        return self.candidate - self.baseline


@dataclass(frozen=True)
class Effort:
    """How many trainings an explanation takes, and about how many seconds; None where no record tells."""

    trainings: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Explanation:
    """Which part of a change did what to one model.

    `reason` says why nothing had to be told apart (no gate fails, one part changed); "" where something was.
    `failure` says why it could not be.
    """

    model: str
    verdict: Verdict
    changes: tuple[Change, ...] = ()
    parts: tuple[Part, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    mixtures: tuple[Mixture, ...] = ()
    effort: Effort = Effort()
    reason: str = ""
    failure: Failure | None = None
    notes: tuple[str, ...] = ()
    base_commit: str | None = None
    currency: str = ""

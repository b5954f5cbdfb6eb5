"""One gate of a stage with traffic, as the rows of two models answer it."""

from __future__ import annotations

from ml_ci.conditions.tree import Metric
from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.live.values import Evidence
from ml_ci.gates.metrics import share
from ml_ci.gates.wording import points, said, title
from ml_ci.metrics import ERRORS, TABLE
from ml_ci.spec.live_gates import LiveLimit
from ml_ci.spec.values import GateSpec


@dataclass(frozen=True)
class Sense:
    """What a gate counts of a metric: `errors`, or else hits, of which the candidate may have a share of `margin` more.

    A rate that has to be high is held against by what it leaves out.
    """

    metric: str
    errors: bool
    margin: float


def find_sense(limit: LiveLimit) -> Sense:
    """Say what a gate counts as wrong, and its margin in these terms."""
    counts_errors = set(TABLE[limit.metric].part) <= set(ERRORS)
    return Sense(limit.metric, counts_errors == limit.upper, limit.margin if limit.upper else -limit.margin)


@dataclass(frozen=True)
class Compared:
    """A gate and what the rows so far show: the labelled rows of both models by cell, and the evidence by window.

    `evidence` is for the gate and `against` its contrary, one number a closed window. `rows` of the class are what it
    rests on, and so many more, `needs`, are expected to prove it. `silent` says why labels say nothing, or is "".
    `estimated` are the rates of all rows, of candidate and champion, where labelled rows are no picture of them.
    """

    gate: GateSpec
    limit: LiveLimit
    candidate: Confusion
    champion: Confusion
    rows: int
    evidence: Evidence
    against: Evidence
    needs: int | None = None
    silent: str = ""
    estimated: tuple[float, float] | None = None

    @property
    def rates(self) -> tuple[float | None, float | None]:
        """The metric of candidate and champion; None without rows of the class."""
        if self.estimated is not None:
            return self.estimated
        found = (share(counts, self.limit.metric) for counts in (self.candidate, self.champion))
        now, was = (part / whole if whole else None for part, whole in found)
        return now, was

    @property
    def head(self) -> str:
        """The numbers: `FNR 8.1% → 9.3%, limit +1.0 points`."""
        atom, (now, was) = Metric(self.limit.metric), self.rates
        asked = f"limit {points(self.limit.margin, atom)}"
        if now is None or was is None:
            whose = "of both models" if now is was else "of the candidate" if now is None else "of the champion"
            return f"{title(atom)}: no labelled {TABLE[atom.name].of} {whose} yet, {asked}"
        before, after = said(atom, was, now)
        return f"{title(atom)} {before} → {after}{' (estimated)' if self.estimated else ''}, {asked}"

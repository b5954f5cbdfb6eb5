"""By which rows, labels and settings both sides were judged, where a change brings others than its base has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from ml_ci.evaluation.confusion import Confusion
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Differences, GateResult, Verdict
from ml_ci.gates.verdict import overall

OWN = "this change"


@dataclass(frozen=True)
class Yardstick:
    """How both sides were judged by one yardstick: `source` is `this change`, or the base's commit.

    `rows` were judged, `left_out` were not: a side was trained on them, or cannot score them. `changed` says what
    differs from the change's own, `reason` why nothing was judged by it. Counts and differences are of all its rows.
    """

    source: str
    verdict: Verdict
    gates: tuple[GateResult, ...] = ()
    rows: int = 0
    left_out: int = 0
    changed: tuple[str, ...] = ()
    reason: str = ""
    candidate: Confusion | None = None
    baseline: Confusion | None = None
    differences: Differences = field(default_factory=Differences)


def worst(own: Verdict, yardsticks: Iterable[Yardstick]) -> Verdict:
    """Give the worst of a change's own verdict and those of its yardsticks; one that judged nothing decides nothing."""
    return overall([own, *({one.verdict for one in yardsticks} - {"unjudged"})])

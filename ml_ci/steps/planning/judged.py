"""What a record keeps of a verdict, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ml_ci.changes.values import Change
from ml_ci.evaluation.values import Comparison
from ml_ci.frozen import dataclass
from ml_ci.gates.values import Differences, GateResult, Judgement, Verdict
from ml_ci.gates.verdict import of_gates
from ml_ci.gates.yardstick import Yardstick, worst
from ml_ci.records.codec import unpack_if_fit
from ml_ci.records.record import Record
from ml_ci.suspicion.overlap import Overlap
from ml_ci.training.ran import Ran


@dataclass(frozen=True)
class Judged:
    """A verdict with all that a report tells of it, as a record keeps it; `ran` is by side and job."""

    comparison: Comparison
    gates: tuple[GateResult, ...]
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    yardsticks: tuple[Yardstick, ...] = ()
    differences: Differences = field(default_factory=Differences)
    cautions: tuple[str, ...] = ()
    ran: Mapping[str, Mapping[str, Ran]] = field(default_factory=dict)
    judgements: tuple[Judgement, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of what the gates say by each yardstick that judged."""
        return worst(of_gates(self.gates), self.yardsticks)


def read_verdict(record: Record) -> Judged | None:
    """Read a verdict back; None when it is not one that this version understands."""
    return unpack_if_fit(Judged, record.content.get("judged"))

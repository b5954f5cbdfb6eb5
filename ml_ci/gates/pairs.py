"""How often only the one, or only the other, of two models adds a row to a rate."""

from __future__ import annotations

from dataclasses import dataclass

from ml_ci.evaluation.confusion import Paired
from ml_ci.metrics import NEGATIVES, POSITIVES, TABLE


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate against baseline: `b` rows that only the candidate adds to the rate's part, `c` only the baseline."""

    b: int
    c: int
    n: int


def pairs(name: str, paired: Paired) -> Pairs:
    """Cross the two models on the rows of a paired rate, class by class: its part holds the errors, or the others."""
    row, b, c, n = TABLE[name], 0, 0, 0
    for (error, hit), of in ((NEGATIVES, paired.negatives), (POSITIVES, paired.positives)):
        n += of.rows if error in row.whole else 0
        if error in row.part and hit not in row.part:
            b, c = b + of.candidate_only, c + of.baseline_only
        elif hit in row.part and error not in row.part:
            b, c = b + of.baseline_only, c + of.candidate_only
    return Pairs(b, c, n)

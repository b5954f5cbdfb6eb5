"""The four counts of one model on one set of rows, and every rate that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Count decisions against labels. A rate over no rows is None: undefined is never zero."""

    tp: int = 0
    fp: int = 0
    tn: int = 0
    fn: int = 0

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.tn + other.tn, self.fn + other.fn)

    @property
    def rows(self) -> int:
        return self.tp + self.fp + self.tn + self.fn

    @property
    def positives(self) -> int:
        """Rows whose label is positive."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Rows whose label is negative."""
        return self.tn + self.fp

    @property
    def fpr(self) -> float | None:
        """FP / (FP + TN), on the negatives."""
        return _share(self.fp, self.negatives)

    @property
    def fnr(self) -> float | None:
        """FN / (FN + TP), on the positives."""
        return _share(self.fn, self.positives)


class Rated(Protocol):
    """What has the two rates: counts of rows, or of rows by weight."""

    @property
    def fpr(self) -> float | None: ...
    @property
    def fnr(self) -> float | None: ...


def largest_move(now: Rated, was: Rated) -> float:
    """Give the larger move of FPR and FNR; 0 where neither is defined on both sides."""
    pairs = ((now.fpr, was.fpr), (now.fnr, was.fnr))
    return max((abs(new - old) for new, old in pairs if new is not None and old is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class PairedErrors:
    """Cross the errors of candidate and baseline on the rows of one class (the negatives, or the positives).

    `candidate_only` is b and `baseline_only` is c in the formulas of Tango 1998 and McNemar.
    """

    both: int = 0
    candidate_only: int = 0
    baseline_only: int = 0
    neither: int = 0

    @property
    def rows(self) -> int:
        return self.both + self.candidate_only + self.baseline_only + self.neither


@dataclass(frozen=True, slots=True)
class Paired:
    """Hold the paired errors of the two classes: false positives on the negatives, misses on the positives."""

    negatives: PairedErrors = PairedErrors()
    positives: PairedErrors = PairedErrors()

"""What a report draws of a comparison: counts by threshold, scores by class, calibration, and the rows that flipped."""

from __future__ import annotations

from ml_ci.changes.drift import ColumnDrift
from ml_ci.frozen import dataclass

# Equal bins of the scores, and of probabilities in [0, 1].
SCORE_BINS, CALIBRATION_BINS = 40, 15
# Thresholds of one picture at most: a file that has more is no report of ours.
MOST_CUTS = 1_200
MOST_FLIPS = 200
MOST_DRIFTS = 2_000
# Of a column, which a reader of the report takes.
LONGEST_NAME = 2_000


@dataclass(frozen=True)
class CutCounts:
    """One side's false positives and misses where every row with score >= the cut is called positive, by cut.

    They are counted, not estimated: rows as they are, whatever they weigh.
    """

    fp: tuple[int, ...]
    fn: tuple[int, ...]
    positives: int
    negatives: int


@dataclass(frozen=True)
class Cuts:
    """Counts at the cuts `at`, which rise. `operating` are the cuts that decide as candidate and baseline did.

    They are among `at`. None of a side that no single cut decides (the folds of a threshold that each fold chose), and
    of no baseline.
    """

    at: tuple[float, ...]
    candidate: CutCounts
    baseline: CutCounts | None = None
    operating: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True)
class ByClass:
    """Rows of one side by class, in each bin of its scores."""

    negatives: tuple[int, ...]
    positives: tuple[int, ...]


@dataclass(frozen=True)
class Histograms:
    """Scores in equal bins between the lowest and the highest of both sides: [edge, next), the last with its end.

    `edges` has one more than there are bins; where every score is the same, both ends of the one bin are that score.
    """

    edges: tuple[float, ...]
    candidate: ByClass
    baseline: ByClass | None = None


@dataclass(frozen=True)
class CalibrationBin:
    """Rows whose probability lies in a bin: how many, their mean probability, and how many are positive."""

    rows: int
    mean: float
    positives: int


@dataclass(frozen=True)
class Calibration:
    """The bins [k/15, (k+1)/15) that have rows, the last with its end, from the lowest up."""

    candidate: tuple[CalibrationBin, ...]
    baseline: tuple[CalibrationBin, ...] | None = None


@dataclass(frozen=True)
class Flip:
    """One row that one side gets right and the other wrong: its place in the holdout from 1 on, and never its values.

    `candidate` and `baseline` are the scores; 1 and 0 for positive and negative where a side gives labels.
    """

    row: int
    positive: bool
    wrong: bool
    candidate: float
    baseline: float


@dataclass(frozen=True)
class Flips:
    """How many rows flipped, and some of them: a fair part of each kind, those whose score moved most first.

    `new_fp` and `new_fn` are the rows that only the candidate gets wrong, `gone_fp` and `gone_fn` those that only the
    baseline does. `scored` says that `rows` tell scores.
    """

    new_fp: int
    new_fn: int
    gone_fp: int
    gone_fn: int
    rows: tuple[Flip, ...] = ()
    scored: bool = False


@dataclass(frozen=True)
class Pictures:
    """Everything that is drawn of one comparison. What a side without scores does not give is None.

    `flips` is None without a baseline.
    """

    cuts: Cuts | None = None
    histograms: Histograms | None = None
    calibration: Calibration | None = None
    flips: Flips | None = None
    drift: tuple[ColumnDrift, ...] = ()

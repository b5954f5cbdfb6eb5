"""How far the difference of two models in a metric of scores may be off: its standard error, paired row by row.

What a row adds to a metric, its influence, is known in closed form, and a difference varies as the summed differences
of both models' influences do. For the AUC these are the placements of DeLong, DeLong and Clarke-Pearson (Biometrics 44,
1988); for log loss and Brier score it is Student's paired t; for average precision the derivative by the weight of each
row (the infinitesimal jackknife: Jaeckel 1972, Efron 1982).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.metrics import ECE_BINS, Bools, Floats
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.values import Spread
from ml_ci.frozen import dataclass

_TINY = float(np.finfo(np.float64).eps)
# Of more rows a random part says the same to a third of a percent; of the rarer class it keeps so many.
_ENOUGH = 100_000
_ENOUGH_OF_CLASS = 5_000
_LEAST_CLUSTERS = 20


Codes: TypeAlias = NDArray[np.int64] | None


@dataclass(frozen=True)
class Size:
    """How much evidence a holdout is: its rows, or clusters, and those of the rarer class."""

    alike: int
    of_class: int


def spreads(y_true: Bools, candidate: Predictions, baseline: Predictions, codes: Codes = None) -> Mapping[str, Spread]:
    """Give the spread of each metric's difference, by name: of those that both sides define and rows can show.

    `codes` say of each row which cluster it is of: what the rows of a cluster add is added up first, as Obuchowski
    (Biometrics 53, 1997) does for the AUC. A class of one row shows no spread, fewer than 20 clusters of a class show
    too little, and a difference to which every row adds the same shows none.
    """
    size = measure(y_true, codes)
    part = choose(y_true, codes)
    if part is None:
        return spreads_of_part(y_true, candidate, baseline, size, codes)
    rest = None if codes is None else codes[part]
    share = float(np.count_nonzero(part)) / len(y_true)
    return spreads_of_part(y_true[part], candidate.take(part), baseline.take(part), size, rest, share)


def measure(y_true: Bools, codes: Codes = None) -> Size:
    """Count rows, or clusters, and those of the rarer class."""
    if codes is not None:
        return Size(len(np.unique(codes)), min(len(np.unique(codes[of_class])) for of_class in (y_true, ~y_true)))
    positives = int(np.count_nonzero(y_true))
    return Size(len(y_true), min(positives, len(y_true) - positives))


def choose(y_true: Bools, codes: Codes = None) -> Bools | None:
    """Choose the rows of a large holdout that stand for all, clusters as a whole; None where all do."""
    rows, positives = len(y_true), int(np.count_nonzero(y_true))
    share = max(_ENOUGH / max(rows, 1), _ENOUGH_OF_CLASS / max(min(positives, rows - positives), 1))
    if share > 0.5:
        return None
    rng = np.random.default_rng(0)
    part: Bools = rng.random(rows) < share if codes is None else (rng.random(int(codes.max()) + 1) < share)[codes]
    return part


def spreads_of_part(
    y_true: Bools, candidate: Predictions, baseline: Predictions, size: Size, codes: Codes = None, share: float = 1.0
) -> Mapping[str, Spread]:
    """Give the spreads of a holdout of this size by a `share` of its rows; see `spreads`."""
    one, other = candidate.score, baseline.score
    few = size.of_class < (2 if codes is None else _LEAST_CLUSTERS)
    if few or one is None or other is None or "label" in (candidate.kind, baseline.kind):
        return {}
    found = dict(_of_ranking(y_true, one, other, codes))
    if candidate.kind == baseline.kind == "probability":
        found |= dict(_of_calibration(y_true, one, other, codes))
    shrink, rows = math.sqrt(share), {"auc": size.of_class, "average_precision": size.of_class}
    return {
        name: Spread(of.error * shrink, rows.get(name, size.alike), of.below * shrink, of.above * shrink)
        for name, of in found.items()
        if of.error > 0
    }


def _of_ranking(y_true: Bools, candidate: Floats, baseline: Floats, codes: Codes) -> Iterator[tuple[str, Spread]]:
    sides = _Ties.of(y_true, candidate), _Ties.of(y_true, baseline)
    for name, influence in (("auc", _auc), ("average_precision", _average_precision)):
        apart = influence(sides[0]) - influence(sides[1])
        yield name, Spread(_error(apart, y_true, codes, by_class=name == "auc"), len(y_true))


def _of_calibration(y_true: Bools, candidate: Floats, baseline: Floats, codes: Codes) -> Iterator[tuple[str, Spread]]:
    rows = len(y_true)
    for name, loss in (("log_loss", _log_loss), ("brier", _brier)):
        yield name, Spread(_error((loss(y_true, candidate) - loss(y_true, baseline)) / rows, y_true, codes), rows)
    if codes is not None:
        return  # the noise in a bin is then more than that of its rows
    (one, above), (other, below) = (_calibration_error(y_true, score) for score in (candidate, baseline))
    yield "ece", Spread(_error(one - other, y_true, codes), rows, below=below, above=above)


def _error(apart: Floats, y_true: Bools, codes: Codes, *, by_class: bool = False) -> float:
    """Give the standard error of a sum over the rows: of clusters, of all rows alike, or of each class by itself."""
    if codes is not None:
        sums = np.bincount(codes, weights=apart - apart.mean())[np.unique(codes)]
        return math.sqrt(len(sums) / (len(sums) - 1) * float(np.sum(np.square(sums))))
    parts = (apart[y_true], apart[~y_true]) if by_class else (apart,)
    return math.sqrt(sum(len(part) * float(np.var(part, ddof=1)) for part in parts))


@dataclass(frozen=True, eq=False)
class _Ties:
    """The distinct scores from the highest down: how many rows of each class have it, and which rows."""

    positives: Floats
    negatives: Floats
    rows: NDArray[np.intp]
    of_row: NDArray[np.intp]
    is_positive: Bools

    @classmethod
    def of(cls, y_true: Bools, score: Floats) -> _Ties:
        rows = np.argsort(score, kind="stable")[::-1]
        falling, truth = score[rows], y_true[rows]
        first = np.append(True, falling[1:] != falling[:-1])
        of_row = np.cumsum(first) - 1
        number = int(of_row[-1]) + 1
        positives, every = (np.bincount(of_row, weight, number).astype(np.float64) for weight in (truth, None))
        return cls(positives, every - positives, rows, of_row, truth)

    def to_rows(self, of_positives: Floats, of_negatives: Floats) -> Floats:
        """Give each row what its score and its class say, in the order of the holdout."""
        given = np.empty(len(self.rows))
        given[self.rows] = np.where(self.is_positive, of_positives[self.of_row], of_negatives[self.of_row])
        return given


def _auc(ties: _Ties) -> Floats:
    """Give each row's placement among the rows of the other class, less the AUC, as a share of its own class."""
    positives, negatives = ties.positives.sum(), ties.negatives.sum()
    beaten = (negatives - np.cumsum(ties.negatives) + ties.negatives / 2) / negatives
    beaten_by = (np.cumsum(ties.positives) - ties.positives / 2) / positives
    whole = float(beaten @ ties.positives) / positives
    return ties.to_rows((beaten - whole) / positives, (beaten_by - whole) / negatives)


def _average_precision(ties: _Ties) -> Floats:
    """Give the derivative by each row's weight: of its own precision, and of that of all scores at or below its own."""
    positives = ties.positives.sum()
    hits, alarms = np.cumsum(ties.positives), np.cumsum(ties.negatives)
    called = hits + alarms
    precision = hits / called
    whole = float(precision @ ties.positives) / positives
    more, less = (np.cumsum((ties.positives * part / called**2)[::-1])[::-1] for part in (alarms, hits))
    return ties.to_rows((precision - whole + more) / positives, -less / positives)


def _log_loss(y_true: Bools, probability: Floats) -> Floats:
    kept = np.clip(probability, _TINY, 1 - _TINY)
    return -np.log(np.where(y_true, kept, 1 - kept))


def _brier(y_true: Bools, probability: Floats) -> Floats:
    return np.square(probability - y_true)


def _calibration_error(y_true: Bools, probability: Floats) -> tuple[Floats, float]:
    """Give each row's influence on the calibration error, and by how much that is overestimated at most.

    The error adds up absolute values, of noise too: the absolute value of a normal sum of spread s around m has a mean
    of at most |m| + s sqrt(2 / pi).
    """
    bins = np.minimum((probability * ECE_BINS).astype(np.intp), ECE_BINS - 1)
    apart = y_true - probability
    sums = np.bincount(bins, weights=apart, minlength=ECE_BINS)
    spread = np.sqrt(np.bincount(bins, weights=np.square(apart), minlength=ECE_BINS))
    influence = (np.sign(sums)[bins] * apart - np.abs(sums).sum() / len(y_true)) / len(y_true)
    return influence, float(spread.sum()) * math.sqrt(2 / math.pi) / len(y_true)

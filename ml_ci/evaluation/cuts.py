"""Choose the thresholds at which a report counts, and count there: every count is exact, nothing is interpolated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.metrics import Bools, Curve, Floats, curve
from ml_ci.evaluation.pictures import CutCounts
from ml_ci.frozen import dataclass

# So many quantiles of each class; a side that has no more distinct scores than both together is cut at each of them.
QUANTILES = 256
FEW = 2 * QUANTILES
# Of each side so many are kept until both are known: what both sides' rows together have is among them, nearly.
_FINE = 8
# A sort of so many rows takes gigabytes: of more, quantiles are those of some rows of each class, one in every few.
MOST_SORTED = 25_000_000
_ENOUGH = 4_000_000
_CHUNK = 1 << 20
_DIGITS = (6, 9, 12)


@dataclass(frozen=True, eq=False)
class Grid:
    """What one side adds to the cuts: its distinct scores where they are few, and a fine grid of each class."""

    positives: Floats
    negatives: Floats
    few: Floats | None


@dataclass(frozen=True)
class Decided:
    """Between which scores a side decides: the highest that it calls negative, the lowest that it calls positive.

    None where it calls no row so.
    """

    negative: float | None
    positive: float | None


def find_grid(of: Curve) -> Grid:
    """Give what a side adds to the cuts, of its curve by rows."""
    rising = of.threshold[::-1]
    if len(rising) <= FEW:
        return Grid(*_quantiles(of), rising)
    return Grid(*_quantiles(of), None)


def sketch_grid(y_true: Bools, score: Floats) -> Grid:
    """Give what a side adds to the cuts, of its rows; of very many, those of a part of them."""
    if len(score) > MOST_SORTED:
        step = -(-len(score) // _ENOUGH)
        part = np.sort(np.concatenate([np.flatnonzero(y_true)[::step], np.flatnonzero(~y_true)[::step]]))
        y_true, score = y_true[part], score[part]
    return find_grid(curve(y_true, score))


def choose_cuts(sides: Sequence[Grid], operating: Iterable[float | None]) -> tuple[float, ...]:
    """Give the cuts of all sides together, rising: quantiles in as few digits as tell them apart, others exactly."""
    quantiles = [
        _merge([side.positives for side in sides]),
        _merge([side.negatives for side in sides]),
    ]
    few = [side.few for side in sides if side.few is not None]
    exact = np.unique(np.concatenate(few)) if few else np.zeros(0)
    kept = [exact, np.array([cut for cut in operating if cut is not None], np.float64)]
    if len(few) < len(sides):
        kept.append(_shorten(np.unique(np.concatenate(quantiles))))
    return tuple(np.unique(np.concatenate(kept)).tolist())


def count_on(of: Curve, at: Sequence[float]) -> CutCounts:
    """Count a side's mistakes at each cut, of its curve by rows."""
    above = len(of.threshold) - np.searchsorted(of.threshold[::-1], np.asarray(at, np.float64), "left")
    tp, fp = np.append(0, of.tp)[above], np.append(0, of.fp)[above]
    positives, negatives = int(of.positives), int(of.negatives)
    return CutCounts(tuple(map(int, fp)), tuple(map(int, positives - tp)), positives, negatives)


def count_rows(y_true: Bools, score: Floats, at: Sequence[float]) -> CutCounts:
    """Count a side's mistakes at each cut, of its rows in any order, without sorting them."""
    edges = np.asarray(at, np.float64)
    table = np.zeros(2 * (len(edges) + 1), np.int64)
    for start in range(0, len(score), _CHUNK):
        rows = slice(start, start + _CHUNK)
        places = np.searchsorted(edges, score[rows], "right") * 2 + y_true[rows]
        table += np.bincount(places, minlength=len(table))
    called = table.reshape(-1, 2)[::-1].cumsum(axis=0)[::-1][1:]  # those at or above each cut
    negatives, positives = int(table[0::2].sum()), int(table[1::2].sum())
    fp, fn = called[:, 0], positives - called[:, 1]
    return CutCounts(tuple(map(int, fp)), tuple(map(int, fn)), positives, negatives)


def find_decided(score: Floats, decision: Bools) -> Decided:
    """Say between which scores a side decides."""
    # a fifth of the time that the `where` of `max` takes
    highest = np.where(decision, -np.inf, score).max(initial=-np.inf)
    lowest = np.where(decision, score, np.inf).min(initial=np.inf)
    return Decided(*(float(end) if np.isfinite(end) else None for end in (highest, lowest)))


def find_operating(decided: Decided, stated: float | None) -> float | None:
    """Give the cut that decides every row as the side did: the stated one, or the shortest number that does.

    None where no single cut does.
    """
    below, above = decided.negative, decided.positive
    low = -np.inf if below is None else below
    if above is None:
        high = np.inf
    elif low >= above:
        return None
    else:
        high = above
    if stated is not None and np.isfinite(stated) and low < stated <= high:
        return float(stated)
    return _shortest(low, high)


def _shortest(low: float, high: float) -> float | None:
    """Give a number in (low, high] that has few digits."""
    if not np.isfinite(high):
        high = float(np.nextafter(low, np.inf))
        return high if np.isfinite(high) else None
    for digits in range(1, 17):
        short = float(f"{high:.{digits}g}")
        if low < short <= high:
            return short
    return high


def _quantiles(of: Curve) -> tuple[Floats, Floats]:
    """Give a fine grid of the scores of the positives, and one of the negatives', both rising."""
    return _of_class(of, of.tp, of.positives), _of_class(of, of.fp, of.negatives)


def _of_class(of: Curve, upto: NDArray[np.int64] | Floats, rows: float) -> Floats:
    if not rows:
        return np.zeros(0)
    ranks = np.round(np.linspace(1, rows, _FINE * QUANTILES)).astype(np.int64)
    return of.threshold[np.searchsorted(upto, ranks, "left")][::-1]


def _merge(grids: Sequence[Floats]) -> Floats:
    """Give the quantiles of both sides' rows of a class together, of which each side gives a fine grid."""
    both = np.sort(np.concatenate(grids))
    if not len(both):
        return both
    return both[np.round(np.linspace(0, len(both) - 1, QUANTILES)).astype(np.intp)]


def _shorten(cuts: Floats) -> Floats:
    """Write cuts with as few digits as tell them apart."""
    for digits in _DIGITS:
        short = np.unique(np.array([float(f"{cut:.{digits}g}") for cut in cuts.tolist()]))
        if len(short) == len(cuts):
            return short
    return cuts

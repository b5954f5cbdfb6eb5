"""Resample clusters instead of rows: all rows of a customer are drawn together, or none.

Clusters with negatives alone, with positives alone and with both are three strata, each drawn to its number. Where
each row is its own cluster the first two are the classes of `resampling`, and the third is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics.resampling import BAG, CHUNK, GROUPS, Stratum
from ml_ci.gates.statistics.values import Floats

Places = npt.NDArray[np.intp]

# With fewer clusters of a class its spread is not known well enough to be judged.
LEAST_CLUSTERS = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold the rows that are resampled, by class: their positions, their cluster's place, and their weights.

    Clusters are numbered stratum by stratum: `starts` (4,) are the bounds, `full` (3,) counts the clusters that each
    stratum stands for.
    """

    classes: tuple[Stratum, Stratum]
    places: tuple[Places, Places]
    of_row: tuple[Floats, Floats]
    starts: tuple[int, int, int, int]
    full: tuple[int, int, int]

    def weights(self, replicates: int, rng: np.random.Generator) -> Iterator[tuple[Floats, Floats]]:
        """Yield chunks of weights (replicates of the chunk, positions), one array per class."""
        chunk = max(1, CHUNK // max(1, *(len(places) for places in self.places)))
        for start in range(0, replicates, chunk):
            size = min(chunk, replicates - start)
            yield self._spread(np.concatenate([self._draw(at, size, rng) for at in range(3)], axis=1))

    def measured(self) -> tuple[Floats, Floats]:
        """Give the weights of the measured rows themselves, as a chunk of one replicate."""
        return self._spread(self._even()[np.newaxis, :])

    def left_out(self, rng: np.random.Generator) -> Iterator[tuple[int, Floats, Floats]]:
        """Yield (stratum, weights, weights), each replicate without one group of its clusters; their number stays."""
        even = self._even()
        chunk = max(1, CHUNK // max(1, self.starts[-1]))
        for at, (first, last) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            size = last - first
            groups = min(size, max(GROUPS * size // max(self.starts[-1], 1), GROUPS // 4))
            member = rng.permutation(size) % max(groups, 1)
            for start in range(0, groups if groups > 1 else 0, chunk):
                group = np.arange(start, min(start + chunk, groups))
                kept = (member != group[:, np.newaxis]).astype(np.float64)
                kept *= self.full[at] / kept.sum(axis=1, keepdims=True)
                counted = np.repeat(even[np.newaxis, :], len(group), axis=0)
                counted[:, first:last] = kept
                yield at, *self._spread(counted)

    def _spread(self, counted: Floats) -> tuple[Floats, Floats]:
        negatives, positives = (
            counted[:, places] * of_row for places, of_row in zip(self.places, self.of_row, strict=True)
        )
        return negatives, positives

    def _even(self) -> Floats:
        sizes = np.diff(self.starts)
        return np.repeat(np.array(self.full) / np.maximum(sizes, 1), sizes)

    def _draw(self, at: int, replicates: int, rng: np.random.Generator) -> Floats:
        size, full = self.starts[at + 1] - self.starts[at], self.full[at]
        if size == 0:
            return np.zeros((replicates, 0))
        if size < full:
            drawn: Floats = rng.poisson(full / size, (replicates, size)).astype(np.float64)
            drawn *= full / drawn.sum(axis=1, keepdims=True)
            return drawn
        picked = rng.integers(0, size, (replicates, size), dtype=np.int64)
        picked += np.arange(0, replicates * size, size)[:, np.newaxis]
        return np.bincount(picked.ravel(), minlength=replicates * size).reshape(replicates, size).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Groups:
    """Hold the cluster of each row as a whole number from 0 on, and its weight, both (rows,)."""

    codes: npt.NDArray[np.int64]
    weights: Floats

    @property
    def alone(self) -> bool:
        """Whether each row is its own cluster, and all weigh the same."""
        kept = self.weights > 0
        heavy = self.weights[kept]
        return bool(kept.all()) and len(np.unique(self.codes)) == len(self.codes) and bool(np.ptp(heavy) <= 0)


@dataclass(frozen=True, slots=True)
class Among:
    """Some rows: their `clusters`, how many alike ones these are worth (T / m), `rows`, and the largest's `share`."""

    clusters: int
    worth: float
    rows: int
    share: float


def independent_rows(groups: Groups, among: npt.NDArray[np.bool_]) -> Among:
    """Say what the rows `among`, those of a weight above 0, are worth where all rows of a cluster are alike."""
    kept = among & (groups.weights > 0)
    _, codes = np.unique(groups.codes[kept], return_inverse=True)
    of_cluster = np.bincount(codes, weights=groups.weights[kept])
    total, squares = float(of_cluster.sum()), float((of_cluster**2).sum())
    if not total > 0:
        return Among(0, 0.0, 0, 0.0)
    return Among(len(of_cluster), total**2 / squares, int(kept.sum()), float(of_cluster.max()) / total)


def take(y_true: npt.NDArray[np.bool_], scores: Floats, groups: Groups, rng: np.random.Generator) -> Sample:
    """Put the rows of a weight above 0 into strata of clusters; each class in the order of `scores`.

    Of more than two bags of rows as many clusters are drawn as hold about so many, for which the others stand.
    """
    kept = np.flatnonzero(groups.weights > 0)
    _, codes = np.unique(groups.codes[kept], return_inverse=True)
    labels = y_true[kept]
    number = int(codes.max()) + 1 if len(codes) else 0
    has = [np.bincount(codes[labels == wanted], minlength=number) > 0 for wanted in (False, True)]
    strata = [np.flatnonzero(one) for one in (has[0] & ~has[1], has[1] & ~has[0], has[0] & has[1])]
    full = (len(strata[0]), len(strata[1]), len(strata[2]))
    share = min(1.0, 2 * BAG / max(len(kept), 1))
    drawn = [_draw_some(stratum, share, rng) for stratum in strata]
    place = np.full(number, -1, dtype=np.intp)
    place[np.concatenate(drawn)] = np.arange(sum(map(len, drawn)))
    starts = (0, *np.cumsum([len(one) for one in drawn]).tolist())
    positions = [_in_order(kept[(labels == wanted) & (place[codes] >= 0)], scores) for wanted in (False, True)]
    of_holdout = np.full(len(y_true), -1, dtype=np.intp)
    of_holdout[kept] = place[codes]
    negatives, positives = positions
    return Sample(
        (Stratum(negatives, len(negatives)), Stratum(positives, len(positives))),
        (of_holdout[negatives], of_holdout[positives]),
        (groups.weights[negatives], groups.weights[positives]),
        starts,
        full,
    )


def _draw_some(stratum: Places, share: float, rng: np.random.Generator) -> Places:
    if share >= 1.0 or not len(stratum):
        return stratum
    size = min(len(stratum), max(round(share * len(stratum)), GROUPS))
    return np.sort(rng.choice(stratum, size, replace=False, shuffle=False))


def _in_order(positions: Places, scores: Floats) -> Places:
    return positions[np.argsort(scores[positions], kind="stable")]

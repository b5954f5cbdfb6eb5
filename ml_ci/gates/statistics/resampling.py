"""Resample rows within their class, as weights: how often each row occurs in each replicate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_ci.gates.statistics.values import Floats

# Rows of a class that are weighed one by one. A larger class stands in one bag of so many of its rows, which is
# resampled up to the full size (the bag of little bootstraps, Kleiner et al. 2014), so that time and memory stay.
BAG = 100_000

# Weights that are made at a time, over all replicates of a chunk: small enough for a processor's cache.
CHUNK = 1 << 18

# Groups of rows that are left out in turn to measure the skewness.
GROUPS = 200


@dataclass(frozen=True, slots=True)
class Stratum:
    """Hold the rows of one class: their positions in the holdout, and how many rows they stand for."""

    positions: npt.NDArray[np.intp]
    rows: int


def strata(y_true: npt.ArrayLike, rng: np.random.Generator) -> tuple[Stratum, Stratum]:
    """Give negatives and positives, each at most `BAG` positions, drawn without replacement."""
    positive = np.asarray(y_true, dtype=bool)
    return _bag(np.flatnonzero(~positive), rng), _bag(np.flatnonzero(positive), rng)


def weights(
    classes: tuple[Stratum, Stratum], replicates: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    """Yield chunks of weights (replicates of the chunk, positions), one array per class; each row's sum is `rows`."""
    chunk = max(1, CHUNK // max(1, sum(len(stratum.positions) for stratum in classes)))
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        negatives, positives = (_draw(stratum, size, rng) for stratum in classes)
        yield negatives, positives


def measured(classes: tuple[Stratum, Stratum]) -> tuple[Floats, Floats]:
    """Give the weights of the measured rows themselves, as a chunk of one replicate."""
    negatives, positives = (_even(stratum, 1) for stratum in classes)
    return negatives, positives


def left_out(classes: tuple[Stratum, Stratum], rng: np.random.Generator) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield (class, weights, weights), each replicate without one group of rows of that class; its total stays."""
    total = sum(len(stratum.positions) for stratum in classes)
    for index, stratum in enumerate(classes):
        size = len(stratum.positions)
        groups = min(size, max(GROUPS * size // max(total, 1), GROUPS // 4))
        member = rng.permutation(size) % max(groups, 1)
        chunk = max(1, CHUNK // max(total, 1))
        for start in range(0, groups if groups > 1 else 0, chunk):
            group = np.arange(start, min(start + chunk, groups))
            kept = (member != group[:, np.newaxis]).astype(np.float64)
            kept *= stratum.rows / kept.sum(axis=1, keepdims=True)
            other = _even(classes[1 - index], len(group))
            yield (index, kept, other) if index == 0 else (index, other, kept)


def _bag(positions: npt.NDArray[np.intp], rng: np.random.Generator) -> Stratum:
    if len(positions) <= BAG:
        return Stratum(positions, len(positions))
    return Stratum(np.sort(rng.choice(positions, BAG, replace=False, shuffle=False)), len(positions))


def _even(stratum: Stratum, replicates: int) -> Floats:
    size = len(stratum.positions)
    return np.full((replicates, size), stratum.rows / max(size, 1))


def _draw(stratum: Stratum, replicates: int, rng: np.random.Generator) -> Floats:
    size = len(stratum.positions)
    if size == 0:
        return np.zeros((replicates, 0))
    if size < stratum.rows:
        drawn: Floats = rng.poisson(stratum.rows / size, (replicates, size)).astype(np.float64)
        drawn *= stratum.rows / drawn.sum(axis=1, keepdims=True)
        return drawn
    picked = rng.integers(0, size, (replicates, size), dtype=np.int64)
    picked += np.arange(0, replicates * size, size)[:, np.newaxis]
    counted = np.bincount(picked.ravel(), minlength=replicates * size)
    return counted.reshape(replicates, size).astype(np.float64)

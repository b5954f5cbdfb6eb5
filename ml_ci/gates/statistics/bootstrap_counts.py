"""Resample counts instead of rows: functions of the four counts of every slice (gap, ratio, worst, f1, mcc, cost).

Within each slice and class the rows are alike but for which of the two models errs, so that drawing the shares of
those few cells does for the slice what drawing its rows does, at a cost that does not depend on the rows. The shares
are drawn from a Dirichlet distribution (the Bayesian bootstrap, Rubin 1981) with half a row added to each cell
(Jeffreys): unlike a plain bootstrap it does not take "no error seen" for "no error possible". Levels are approximate:
where Clopper-Pearson or Tango apply, they are to be used instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ml_ci.evaluation.confusion import Paired, PairedErrors
from ml_ci.gates.statistics.replicates import Replicates
from ml_ci.gates.statistics.values import Floats, Numbers

METHOD = "bootstrap of counts"
REPLICATES = 10_000
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Counts:
    """Hold the four counts of one model, each (replicates, slices); expected counts, not whole numbers."""

    tp: Floats
    fp: Floats
    tn: Floats
    fn: Floats


# Takes the candidate's and the baseline's counts, gives (replicates,), NaN where undefined.
Statistic: TypeAlias = Callable[[Counts, Counts], Floats]


def of_counts(
    slices: Sequence[Paired],
    statistic: Statistic,
    *,
    paired: bool = True,
    replicates: int = REPLICATES,
    seed: int = 0,
    ratio: float = 1.0,
) -> Replicates:
    """Resample a function of the counts of every slice, for both models on the same rows.

    The rows of each slice and class stay as many as they are. Without a baseline, `paired=False`: the candidate's
    errors stand in `candidate_only`, and `statistic` looks at the candidate alone. `worst`, `gap` and `ratio` have
    kinks: the evidence takes the outer of corrected, plain and mirrored bounds. `ratio` rows count as one independent
    row (see `design_effect`).
    """
    classes = [_cells(of_class) for cells in slices for of_class in (cells.negatives, cells.positives)]
    return of_cells(classes, statistic, paired=paired, replicates=replicates, seed=seed, ratio=ratio)


def of_cells(
    classes: Sequence[Floats],
    statistic: Statistic,
    *,
    paired: bool = True,
    replicates: int = REPLICATES,
    seed: int = 0,
    ratio: float = 1.0,
) -> Replicates:
    """Resample as `of_counts` does: `classes` are each slice's negatives and positives, in turn.

    Each has the (weighted) rows on which both, the candidate only, the baseline only and neither errs, (4,).
    """
    rng = np.random.default_rng(seed)
    prior = np.full(4, PRIOR) if paired else np.array([0.0, PRIOR, 0.0, PRIOR])
    rows = tuple(float(of_class.sum()) for of_class in classes)
    measured = [of_class[np.newaxis, :] for of_class in classes]
    drawn = [_draw(of_class, prior, replicates, rng, ratio) for of_class in classes]
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate, values = (statistic(*_counts(cells, rows)) for cells in (measured, drawn))
    effective = tuple(one / ratio for one in rows)
    return Replicates(float(estimate[0]), values, rows=effective, cautious=True, method=METHOD)


def gradient(classes: tuple[Floats, Floats], statistic: Statistic) -> Floats:
    """Give how a function of one slice's counts changes with each of its cells, (2, 4), as `of_cells` has them.

    Half a row is added to each cell, as to what is drawn: without it a cell without rows may have no slope.
    """
    at = np.stack(classes) + PRIOR
    step = 1e-4 * at
    moved = np.broadcast_to(at, (2, 8, 2, 4)).copy()
    for place in range(8):
        row, column = divmod(place, 4)
        moved[0, place, row, column] += step[row, column]
        moved[1, place, row, column] -= step[row, column]
    table = moved.reshape(16, 2, 4)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(*_counts([table[:, 0], table[:, 1]], table.sum(axis=2)))
    slopes: Floats = (values[:8] - values[8:]).reshape(2, 4) / (2 * step)
    return slopes


def gap(rates: Floats) -> Floats:
    """Give the largest less the smallest rate over the slices, (replicates, slices) to (replicates,)."""
    apart: Floats = np.ptp(rates, axis=1)
    return apart


def ratio(rates: Floats) -> Floats:
    """Give the largest over the smallest rate over the slices; NaN where the smallest is 0."""
    least, most = rates.min(axis=1), rates.max(axis=1)
    answer: Floats = np.divide(most, least, out=np.full(len(rates), np.nan), where=least > 0)
    return answer


def _counts(cells: Sequence[Floats], rows: Numbers) -> tuple[Counts, Counts]:
    """Turn the cells (replicates, 4) of each slice's negatives and positives into the counts of both models."""
    table = np.stack(cells, axis=1)
    return _of_side(table, rows, 1), _of_side(table, rows, 2)


def _of_side(table: Floats, rows: Numbers, only: int) -> Counts:
    """Give the counts of one model, whose own errors are the cells `both` and `only`."""
    errors = table[:, :, 0] + table[:, :, only]
    fp, fn = errors[:, 0::2], errors[:, 1::2]
    whole = np.asarray(rows, dtype=np.float64)
    return Counts(whole[..., 1::2] - fn, fp, whole[..., 0::2] - fp, fn)


def _cells(found: PairedErrors) -> Floats:
    return np.array([found.both, found.candidate_only, found.baseline_only, found.neither], dtype=np.float64)


def _draw(cells: Floats, prior: Floats, replicates: int, rng: np.random.Generator, ratio: float) -> Floats:
    """Draw the cells of one class of one slice, (replicates, 4), which sum to its rows."""
    shape = cells / ratio + prior
    drawn = np.zeros((replicates, 4))
    drawn[:, shape > 0] = rng.dirichlet(shape[shape > 0], replicates) * cells.sum()
    return drawn

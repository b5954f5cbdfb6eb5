"""Compute what a report draws of two sides' scores, of one side after the other: both need not be held at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml_ci.evaluation.cuts import (
    Decided,
    Grid,
    choose_cuts,
    count_on,
    count_rows,
    find_decided,
    find_grid,
    find_operating,
    sketch_grid,
)
from ml_ci.evaluation.metrics import Bools, Curve, Floats
from ml_ci.evaluation.pictures import (
    CALIBRATION_BINS,
    SCORE_BINS,
    ByClass,
    Calibration,
    CalibrationBin,
    CutCounts,
    Cuts,
    Flips,
    Histograms,
    Pictures,
)
from ml_ci.evaluation.scores import Predictions, own_scale
from ml_ci.frozen import dataclass

# The thresholds in [0, 1] that candidate and baseline state; None of one that chooses its own.
Stated = tuple[float | None, float | None]


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is known of one side's scores before the cuts are: all that the other side has to know of them."""

    kind: str
    grid: Grid
    decided: Decided
    span: tuple[float, float]
    calibration: tuple[CalibrationBin, ...] | None


@dataclass(frozen=True)
class Points:
    """Where both sides are counted: at the cuts, and at the lower ends of the histogram's bins."""

    cuts: tuple[float, ...]
    edges: tuple[float, ...]
    operating: tuple[float | None, float | None]

    @property
    def all(self) -> tuple[float, ...]:
        """Give every point at which rows are counted, rising."""
        return tuple(sorted({*self.cuts, *self.edges[:-1]}))


def sketch(y_true: Bools, predictions: Predictions, of: Curve | None = None) -> Sketch | None:
    """Sketch one side's scores; None of labels, and without rows. `of` is its curve by rows, where it is known."""
    score, span = predictions.score, predictions.span()
    if score is None or span is None:
        return None
    grid = sketch_grid(y_true, score) if of is None else find_grid(of)
    bins = _calibrate(y_true, score) if predictions.kind == "probability" else None
    return Sketch(predictions.kind, grid, find_decided(score, predictions.decision), span, bins)


def choose_points(sides: Sequence[Sketch | None], stated: Stated) -> Points | None:
    """Choose where both sides are counted; None where the candidate has no scores.

    A baseline without scores, or with others, is not drawn beside it.
    """
    known = drawable(sides)
    if not known:
        return None
    operating = [_operate(side, threshold) for side, threshold in zip(known, stated, strict=False)]
    low, high = min(side.span[0] for side in known), max(side.span[1] for side in known)
    edges = np.unique(np.linspace(low, high, SCORE_BINS + 1)).tolist() if low < high else [low, high]
    cuts = choose_cuts([side.grid for side in known], operating)
    return Points(cuts, tuple(edges), (operating[0], operating[1] if operating[1:] else None))


def drawable(sides: Sequence[Sketch | None]) -> list[Sketch]:
    """Give the sides that are drawn: the candidate where it has scores, and a baseline with the like."""
    known: list[Sketch] = []
    for side in sides:
        if side is None or (known and side.kind != known[0].kind):
            break
        known.append(side)
    return known


def count_side(points: Points, y_true: Bools, score: Floats, of: Curve | None = None) -> CutCounts:
    """Count one side at every point."""
    return count_rows(y_true, score, points.all) if of is None else count_on(of, points.all)


def draw(
    sides: Sequence[Sketch | None], points: Points | None, counts: Sequence[CutCounts], flips: Flips | None
) -> Pictures:
    """Put the pictures together; `counts` are of the sides that are drawn, at every point."""
    if points is None:
        return Pictures(flips=flips)
    place = {point: number for number, point in enumerate(points.all)}
    at = [[place[cut] for cut in points.cuts], [place[edge] for edge in points.edges[:-1]]]
    cuts = [CutCounts(_take(one.fp, at[0]), _take(one.fn, at[0]), one.positives, one.negatives) for one in counts]
    bins = [_bin(one, at[1]) for one in counts]
    known = [side.calibration for side in drawable(sides)]
    calibration = None if known[0] is None else Calibration(known[0], known[1] if known[1:] else None)
    return Pictures(
        Cuts(points.cuts, cuts[0], cuts[1] if cuts[1:] else None, points.operating),
        Histograms(points.edges, bins[0], bins[1] if bins[1:] else None),
        calibration,
        flips,
    )


def draw_sides(
    y_true: Bools,
    sides: Sequence[Predictions],
    curves: Sequence[Curve | None],
    stated: Stated,
    flips: Flips | None = None,
) -> Pictures:
    """Draw sides that are in memory; `curves` are by rows, None where they are not known."""
    sketches = [sketch(y_true, side, of) for side, of in zip(sides, curves, strict=False)]
    points, counts = choose_points(sketches, stated), []
    for side, of, _ in zip(sides, curves, drawable(sketches), strict=False):
        if points is not None and side.score is not None:
            counts.append(count_side(points, y_true, side.score, of))
    return draw(sketches, points, counts, flips)


def _operate(side: Sketch, stated: float | None) -> float | None:
    return find_operating(side.decided, None if stated is None else own_scale(side.kind, stated))


def _take(counts: Sequence[int], places: Sequence[int]) -> tuple[int, ...]:
    return tuple(counts[place] for place in places)


def _bin(counts: CutCounts, edges: Sequence[int]) -> ByClass:
    """Give the rows in each bin: those from its lower end on, less those from the next one's on."""
    negatives = [counts.fp[place] for place in edges]
    positives = [counts.positives - counts.fn[place] for place in edges]
    return ByClass(_differ(negatives), _differ(positives))


def _differ(counts: Sequence[int]) -> tuple[int, ...]:
    return tuple(here - after for here, after in zip(counts, [*counts[1:], 0], strict=True))


def _calibrate(y_true: Bools, probability: Floats) -> tuple[CalibrationBin, ...]:
    bins = np.minimum((probability * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
    rows = np.bincount(bins, minlength=CALIBRATION_BINS)
    hits = np.bincount(bins[y_true], minlength=CALIBRATION_BINS)
    said = np.bincount(bins, weights=probability, minlength=CALIBRATION_BINS)
    return tuple(
        CalibrationBin(int(number), min(1.0, max(0.0, float(total / number))), int(positives))
        for number, total, positives in zip(rows, said, hits, strict=True)
        if number
    )

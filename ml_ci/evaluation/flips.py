"""Find the rows that one side gets right and the other wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.confusion import Paired
from ml_ci.evaluation.metrics import Bools
from ml_ci.evaluation.pictures import MOST_FLIPS, Flip, Flips
from ml_ci.evaluation.scores import Predictions

# Whether the row is positive, and whether the candidate is the wrong one.
Kind = tuple[bool, bool]
KINDS: tuple[Kind, ...] = ((False, True), (True, True), (False, False), (True, False))


def find_flips(
    y_true: Bools,
    candidate: Predictions,
    baseline: Predictions,
    paired: Paired,
    kept: NDArray[np.bool_] | None = None,
) -> Flips:
    """Give how many rows flipped, and the ones of each kind whose score moved most; of equal ones the first.

    The predictions are of the rows that are counted, `kept` says which of the table's those are.
    """
    differ = np.flatnonzero(candidate.decision != baseline.decision)
    return flips_among(differ, y_true, candidate.take(differ), baseline.take(differ), paired, kept)


def flips_among(
    differ: NDArray[np.intp],
    y_true: Bools,
    candidate: Predictions,
    baseline: Predictions,
    paired: Paired,
    kept: NDArray[np.bool_] | None = None,
) -> Flips:
    """Give the flips, as `find_flips`, of the predictions of those rows alone on which both sides differ."""
    truth, ours = y_true[differ], candidate.decision
    one, other = _shown(candidate), _shown(baseline)
    moved = np.abs(one - other)
    lines = differ if kept is None else np.flatnonzero(kept)[differ]
    found: dict[Kind, Sequence[Flip]] = {}
    for positive, wrong in KINDS:
        rows = _most(np.flatnonzero((truth == positive) & ((ours != positive) == wrong)), moved)
        found[positive, wrong] = [
            Flip(int(lines[row]) + 1, positive, wrong, float(one[row]), float(other[row])) for row in rows
        ]
    return _choose(paired, found, scored=candidate.score is not None and baseline.score is not None)


def _choose(paired: Paired, found: Mapping[Kind, Sequence[Flip]], *, scored: bool) -> Flips:
    """Give the counts with a fair part of the rows of each kind, of which each gives its first `MOST_FLIPS`."""
    negatives, positives = paired.negatives, paired.positives
    counts = (negatives.candidate_only, positives.candidate_only, negatives.baseline_only, positives.baseline_only)
    parts = dict(_share_out(found))
    rows = tuple(flip for kind in KINDS for flip in found[kind][: parts[kind]])
    return Flips(*counts, rows, scored)


def _share_out(found: Mapping[Kind, Sequence[Flip]]) -> Iterator[tuple[Kind, int]]:
    """Give each kind as many places as it fills, where not all fit as many as the others."""
    left = MOST_FLIPS
    for number, kind in enumerate(sorted(KINDS, key=lambda kind: len(found[kind]))):
        part = min(len(found[kind]), left // (len(KINDS) - number))
        left -= part
        yield kind, part


def _most(rows: NDArray[np.intp], moved: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give the first of the rows by how far they moved, then by their place."""
    if len(rows) > MOST_FLIPS:
        far = moved[rows]
        least = np.partition(far, len(far) - MOST_FLIPS)[len(far) - MOST_FLIPS]
        above = rows[far > least]
        rows = np.sort(np.concatenate([above, rows[far == least][: MOST_FLIPS - len(above)]]))
    return rows[np.lexsort((rows, -moved[rows]))]


def _shown(side: Predictions) -> NDArray[np.float64]:
    return side.decision.astype(np.float64) if side.score is None else side.score

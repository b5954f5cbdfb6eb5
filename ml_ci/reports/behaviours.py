"""What behaviours came to, as the counts that a report's words are made of."""

from __future__ import annotations

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.values import BehaviourReport, Side


def as_side(found: BehaviourReport | None) -> Side | None:
    """Give the candidate's rows of a behaviour as those of an FPR: each a negative, a broken one a false positive."""
    own = None if found is None else found.candidate
    if own is None:
        return None
    slices = {
        column: {value: _count(applies, broken) for value, (applies, broken) in values.items()}
        for column, values in own.slices.items()
    }
    weights = None if own.weights is None else Weighted(fp=own.weights[1], tn=own.weights[0] - own.weights[1])
    return Side("", _count(own.applies, own.broken), {}, slices, weights=weights)


def _count(applies: int, broken: int) -> Confusion:
    return Confusion(fp=broken, tn=applies - broken)

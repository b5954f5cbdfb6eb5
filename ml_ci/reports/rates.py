"""The rates of one side's counts; where rows have weights, each row counted as often as it weighs."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.metrics import arrays, metrics_of
from ml_ci.reports.numbers import defined
from ml_ci.reports.values import Side


def rates(counts: Confusion, weights: Weighted | None = None) -> dict[str, float | None]:
    """Give every rate of the counts by name; None where it is undefined."""
    if weights is None:
        return metrics_of(counts)
    return {name: defined(float(arrays(weights, name))) for name in metrics_of(counts)}


def of_side(side: Side) -> dict[str, float | None]:
    """Give the rates of a side's counts on all rows."""
    return rates(side.confusion, side.weights)


def of_slices(side: Side, column: str) -> Mapping[str, Confusion | Weighted]:
    """Give what the rates of a column's slices are of: rows, or the rows of the population that they stand for."""
    return side.slices.get(column, {}) if side.weights is None else side.slice_weights.get(column, {})

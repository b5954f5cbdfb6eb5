"""Know the clusters of a holdout again when rows were added to it: which there were, and how much of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.clusters import Sketch
from ml_ci.evaluation.evaluate import holdout_of
from ml_ci.evaluation.stream import is_large
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.pairing import keys
from ml_ci.tables.table import Table

SKETCH = 4096


def read_sketch(table: Table, model: ModelSpec) -> Sketch | None:
    """Sketch which clusters the holdout has; None where its rows are independent.

    Rows of a known cluster are clusters of their own, of which none can grow: they are not in it. Of a holdout that is
    larger than memory nothing is known. UserError for what the user has to correct in the holdout.
    """
    clustering = model.clustering
    if clustering is None or not clustering.columns:
        return None
    if is_large(table):
        return Sketch()
    holdout = holdout_of(table, model)
    grouping = holdout.grouping
    if grouping is None or grouping.codes is None:
        return None
    hashes = keys(table, clustering.columns)
    hashes = hashes if holdout.kept is None else hashes[holdout.kept]
    weights = np.ones(len(hashes)) if grouping.weights is None else grouping.weights
    classes = (~holdout.y_true, holdout.y_true, np.full(len(hashes), True))
    low, high, whole = (_find_largest(grouping.codes[one], weights[one]) for one in classes)
    known = grouping.is_known
    mine = np.full(len(hashes), True) if known is None else ~known[grouping.codes]
    found, codes = np.unique(hashes[mine], return_inverse=True)
    totals = np.bincount(codes.reshape(-1), weights[mine])[:SKETCH]
    named = {f"{int(one):016x}": float(total) for one, total in zip(found[:SKETCH], totals, strict=True)}
    return Sketch(named, (low, high, whole), len(found))


def _find_largest(codes: NDArray[np.int64], weights: NDArray[np.float64]) -> float:
    return float(np.bincount(codes, weights).max()) if len(codes) else 0.0

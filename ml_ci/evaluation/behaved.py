"""Count on which rows a behaviour is broken, of candidate and baseline at once, on all rows and on every slice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.evaluation.count import count
from ml_ci.evaluation.evaluate import Holdout, Measured, comparison, is_class
from ml_ci.evaluation.grouping import read_grouping
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.moments import count_clusters
from ml_ci.evaluation.slices import read_slices, specs_of
from ml_ci.evaluation.values import Comparison
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.table import Table

Bools = NDArray[np.bool_]

_OF_ROWS = Measured("behaviour", {})


def read_rows(table: Table, model: ModelSpec) -> Holdout:
    """Read the slices of a table, its clusters and its weights; no label: a behaviour knows none."""
    specs = [spec for spec in specs_of(model) if not is_class(spec, table, model.label)]
    slices = tuple(read_slices(table, spec) for spec in specs)
    return Holdout(no_labels(table.rows), slices, grouping=read_grouping(table, model)).counted()


def no_labels(rows: int) -> Labels:
    """Give labels of rows that have none: all negative."""
    return Labels(np.zeros(rows, np.bool_), np.zeros(0, np.int32))


def count_broken(holdout: Holdout, applies: Bools, candidate: Bools, baseline: Bools | None = None) -> Comparison:
    """Compare two models on the rows to which a behaviour applies, by the holdout's slices, clusters and weights.

    All arrays are of every row of the table, (rows,): `applies` says which rows count, the others on which of them each
    model breaks it. A row counts as a negative, a broken one as a false positive: all that is known of an FPR holds.
    """
    kept = applies if holdout.kept is None else applies[holdout.kept]
    sides = [
        None if side is None else (side if holdout.kept is None else side[holdout.kept])[kept]
        for side in (candidate, baseline)
    ]
    broken, other = sides[0], sides[1]
    assert broken is not None  # noqa: S101 - the candidate's
    arrays = (np.zeros(int(kept.sum()), np.bool_), broken, other)
    slices = tuple(replace(one, codes=one.codes[kept]) for one in holdout.slices)
    counts = count(*arrays, slices)
    clusters = None
    if holdout.grouping is not None:
        clusters = count_clusters(holdout.grouping.take_few(kept), counts, *arrays, slices)
    return comparison(counts, _OF_ROWS, None if baseline is None else _OF_ROWS, clusters)

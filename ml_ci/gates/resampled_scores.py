"""Which rows of the scored ones are drawn together, and with what weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml_ci.evaluation.clusters import ALL, NEGATIVES, POSITIVES, Moments
from ml_ci.gates.defined import UnprovableError
from ml_ci.gates.statistics import cluster_plan, cluster_resampling, design_effect, replicates
from ml_ci.gates.statistics.cluster_resampling import LEAST_CLUSTERS, Groups
from ml_ci.gates.statistics.replicates import Replicates
from ml_ci.gates.together import unit_of
from ml_ci.gates.view import View

_CLASSES = (("negatives", False), ("positives", True))


@dataclass(frozen=True, slots=True)
class Basis:
    """The clusters and weights of the rows; `independent` is (clusters' worth, rows) of each class and of all rows.

    `too_few` says which class has too few clusters, or "". `share` is the largest that one cluster has of either.
    """

    groups: Groups
    independent: tuple[tuple[float, int], ...]
    share: float
    too_few: str = ""


def basis_of(view: View, y_true: Any) -> Basis | None:
    """Read which rows are drawn together; None where each is drawn by itself, all alike.

    UnprovableError where that was not kept, or not of these rows.
    """
    clusters, found = view.clusters, view.case.row_clusters
    if clusters is None:
        return None
    labels = np.asarray(y_true, dtype=bool)
    together = bool(clusters.columns) or clusters.repeats > 1
    codes = found.clusters if found is not None and together else None
    weights = found.weights if found is not None and clusters.weight is not None else None
    if (together and codes is None) or (clusters.weight is not None and weights is None):
        raise UnprovableError("which scored rows belong together, or their weight, was not kept; evaluate again")
    groups = Groups(
        np.arange(len(labels)) if codes is None else np.asarray(codes, dtype=np.int64),
        np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64),
    )
    if not len(groups.codes) == len(groups.weights) == len(labels):
        raise UnprovableError("the clusters are not those of the scored rows; evaluate again")
    basis = _hold(view, groups, labels)
    return None if groups.alone else basis


def widen(found: Replicates, basis: Basis | None, alpha: float) -> Replicates:
    """Widen the resamples for the class, or all rows, whose clusters are worth the least."""
    if basis is None:
        return found
    return _widen(found, basis.independent, alpha)


def find_few(view: View, moments: Moments) -> str:
    """Say which class has too few clusters to resample, or ""."""
    for place, (name, _) in enumerate(_CLASSES):
        if moments.clusters[place] < LEAST_CLUSTERS:
            return _few(view, moments.clusters[place], name)
    return ""


def widen_by(found: Replicates, moments: Moments, alpha: float) -> Replicates:
    """Widen resamples as `widen` does, by what was counted of the clusters."""
    worth = []
    for cells in (NEGATIVES, POSITIVES, ALL):
        effect = design_effect.measure(moments, (0.0,) * 8, cells)
        worth.append((cluster_plan.without_errors(effect), int(effect.rows)))
    return _widen(found, worth, alpha)


def _few(view: View, number: int, name: str) -> str:
    columns = view.clusters.columns if view.clusters is not None else ()
    unit = unit_of(columns) if columns else "rows"
    return f"{number:,} {unit} with {name} are too few to resample; at least {LEAST_CLUSTERS}"


def _widen(found: Replicates, independent: Sequence[tuple[float, int]], alpha: float) -> Replicates:
    wide = [replicates.widened(found, worth, rows, alpha) for worth, rows in independent]
    return max(wide, key=lambda one: math.inf if math.isnan(one.estimate) else float(np.nanstd(one.values)))


def _hold(view: View, groups: Groups, labels: npt.NDArray[np.bool_]) -> Basis:
    counted = [(name, labels == wanted) for name, wanted in _CLASSES] + [("rows", np.full(len(labels), True))]
    independent, share, too_few = [], 0.0, ""
    for name, among in counted:
        found = cluster_resampling.independent_rows(groups, among)
        independent.append((found.worth, found.rows))
        share = max(share, found.share)
        if found.clusters < LEAST_CLUSTERS and name != "rows":
            too_few = too_few or _few(view, found.clusters, name)
    moments = view.moments()
    if moments is None or found.clusters != moments.clusters[2] or found.rows != sum(moments.rows):
        raise UnprovableError("the clusters of the scored rows are not those that were counted; evaluate again")
    return Basis(groups, tuple(independent), share, too_few)

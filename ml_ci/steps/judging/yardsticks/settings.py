"""What of a yardstick ml-ci.yaml says: label, positive, slices, metrics. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ml_ci.gates.held import say_clusters
from ml_ci.spec.evidence import ClusterSpec
from ml_ci.spec.values import ModelSpec, SliceSpec


def measure_by(candidate: ModelSpec, base: ModelSpec) -> ModelSpec:
    """Give the candidate's model with its gates, to be measured by the base's label, positive, slices and metrics.

    Which rows belong together, and what each weighs, is the base's too. Threshold, `predict` and `id` are a side's own.
    A slice that only the change has is no other yardstick.
    """
    return replace(
        candidate,
        label=base.label,
        positive=base.positive,
        slices=_slices(candidate, base),
        metrics={**candidate.metrics, **base.metrics},
        cluster=candidate.cluster if candidate.clustering == base.clustering else base.clustering or ClusterSpec(),
        weight=base.weight,
    )


def name_changes(candidate: ModelSpec, base: ModelSpec) -> Iterator[str]:
    """Name what the change measures otherwise than its base; the code of metrics is not looked at."""
    if candidate.label.strip() != base.label.strip():
        yield f"`label`: {base.label} → {candidate.label}"
    if candidate.positive != base.positive:
        yield "`positive`"
    now = {one.columns: one for one in candidate.slices}
    moved = [one.name for one in base.slices if one.columns in now and now[one.columns] != one]
    if moved:
        yield f"`slices`: {', '.join(moved)}"
    evidence = [(model.clustering or ClusterSpec(), model.weight) for model in (candidate, base)]
    if evidence[0][0] != evidence[1][0]:
        yield f"`cluster`: {say_clusters(evidence[1][0])} → {say_clusters(evidence[0][0])}"
    if evidence[0][1] != evidence[1][1]:
        yield f"`weight`: {base.weight or 'none'} → {candidate.weight or 'none'}"
    gone = [name for name, entry in base.metrics.items() if candidate.metrics.get(name) != entry]
    if gone:
        yield f"`metrics`: {', '.join(gone)}"


def _slices(candidate: ModelSpec, base: ModelSpec) -> tuple[SliceSpec, ...]:
    known = {one.columns for one in base.slices}
    return (*base.slices, *(one for one in candidate.slices if one.columns not in known))

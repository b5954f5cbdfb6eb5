"""Give the numbers and words that the registry keeps of a promotion: params, metrics, datasets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ml_ci.registry.values import Dataset
from ml_ci.reports.rates import of_side, of_slices
from ml_ci.reports.values import ModelReport
from ml_ci.reports.values import Side as Counted
from ml_ci.steps.promotion.evidence import Evidence

_METRIC = re.compile(r"[^\w\-. /]")


def list_params(found: Evidence) -> Iterator[tuple[str, str]]:
    """Give the seed, the model's own parameters as `params.NAME`, and each gate with its verdict as `gate.NUMBER`."""
    side = found.sides.candidate
    yield "seed", str(side.model.seed)
    for key, value in _flat(side.fingerprint.details.get("params", {}), ""):
        yield f"params.{_METRIC.sub('_', key)}"[:250], str(value)
    for number, gate in enumerate(found.judged.gates, 1):
        where = f" ({gate.slice})" if gate.slice else ""
        yield f"gate.{number}", f"{gate.condition}{where}: {gate.verdict}"


def list_metrics(model: ModelReport) -> Iterator[tuple[str, float]]:
    """Give every metric, count and rate of a slice by a name that MLflow takes; the baseline's as `baseline.NAME`.

    Where rows have weights, rates count each as often as it weighs, as in the report; counts are of rows.
    """
    yield from _metrics(model.candidate, "")
    yield from _metrics(model.baseline, "baseline.")


def list_datasets(found: Evidence) -> Iterator[Dataset]:
    """Give each data entry with the digest of its content."""
    details = found.sides.candidate.fingerprint.details
    for part, known in found.sides.candidate.fingerprint.parts.items():
        if part.startswith("data."):
            said = details.get(part, {})
            name = part.removeprefix("data.")
            context = "evaluation" if name == "holdout" else "training"
            yield Dataset(
                name, str(said.get("content") or known), str(said.get("path") or said.get("of") or name), context
            )


def _flat(value: Mapping[str, Any], before: str) -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{before}{key}.")
        else:
            yield f"{before}{key}", item


def _metrics(side: Counted | None, before: str) -> Iterator[tuple[str, float]]:
    if side is None:
        return
    counts = side.confusion
    numbers = {**side.metrics, **of_side(side), "tp": counts.tp, "fp": counts.fp, "tn": counts.tn, "fn": counts.fn}
    for column in side.slices:
        for value, group in of_slices(side, column).items():
            numbers |= {f"fpr/{column}/{value}": group.fpr, f"fnr/{column}/{value}": group.fnr}
    for name, number in numbers.items():
        if number is not None:
            yield _METRIC.sub("_", before + name)[:240], float(number)

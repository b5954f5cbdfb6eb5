"""Compare two models on a holdout that is too large to hold every column at once: counted in chunks from disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ml_ci.evaluation.evaluate import Measured, comparison, is_class
from ml_ci.evaluation.labels import read_labels
from ml_ci.evaluation.metrics import costs, of_scores
from ml_ci.evaluation.scores import load
from ml_ci.evaluation.slices import specs_of
from ml_ci.evaluation.stream import is_large, stream
from ml_ci.evaluation.values import Comparison
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.table import Table

# From here on the scores are sorted only for what a gate asks: a sort of so many takes gigabytes.
MOST_SCORED = 25_000_000

# One side: its stored predictions, and the metrics that are known of it already.
StoredSide = tuple[Path, Mapping[str, float | None]]


def in_chunks(holdout: Table, model: ModelSpec) -> bool:
    """Say whether a model is counted in chunks: a large holdout, and no slices by class, which need every row's."""
    return is_large(holdout) and not any(is_class(spec, holdout, model.label) for spec in specs_of(model))


def compare(holdout: Table, model: ModelSpec, sides: Sequence[StoredSide], wanted: Collection[str]) -> Comparison:
    """Compare the candidate with the baseline, the second side where there is one, as `evaluate.compare` does.

    Scores are read one side at a time. Beyond `MOST_SCORED` rows only those of the metrics that a gate names.
    """
    files = [file for file, _ in sides]
    counts = stream(holdout, model.label, model.positive, specs_of(model), files[0], files[1] if files[1:] else None)
    asked = {name for gate in model.gates for name in gate.condition.metrics}
    measured = [name for name in wanted if holdout.rows <= MOST_SCORED or name in asked]
    found = [_measure(holdout, model, file, measured) for file in files]
    each: list[Measured] = []
    for (_, extra), one, confusion in zip(sides, found, (counts.all.candidate, counts.all.baseline), strict=False):
        each.append(replace(one, metrics={**one.metrics, **costs(confusion, model.cost), **extra}))
    return comparison(counts, each[0], each[1] if each[1:] else None)


def _measure(holdout: Table, model: ModelSpec, file: Path, wanted: Collection[str]) -> Measured:
    predictions = load(file)
    if not wanted:
        return Measured(predictions.kind, {}, predictions.span())
    y_true = read_labels(holdout, model.label, model.positive).y_true
    metrics = of_scores(y_true, predictions.score, predictions.kind, wanted)
    return Measured(predictions.kind, metrics, predictions.span())

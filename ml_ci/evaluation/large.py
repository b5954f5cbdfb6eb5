"""Compare two models on a holdout that is too large to hold every column at once: counted in chunks from disk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.evaluation.draw import Stated
from ml_ci.evaluation.draw_large import Drawing, Rows, read_rows
from ml_ci.evaluation.evaluate import Measured, comparison, is_class
from ml_ci.evaluation.metrics import Bools, Curve, costs, curve, of_scores
from ml_ci.evaluation.scores import Predictions, load
from ml_ci.evaluation.slices import specs_of
from ml_ci.evaluation.spread import Size, choose, measure, spreads_of_part
from ml_ci.evaluation.stream import is_large, stream
from ml_ci.evaluation.stream_clusters import stream_clusters
from ml_ci.evaluation.values import Comparison, Spread
from ml_ci.frozen import dataclass
from ml_ci.spec.values import ModelSpec
from ml_ci.tables.table import Table

# From here on the scores are sorted only for what a gate asks: a sort of so many takes gigabytes.
MOST_SCORED = 25_000_000
# Where a rare class asks for every row, so many are held of both sides.
_MOST_KEPT = 10_000_000

# One side: its stored predictions, and the metrics that are known of it already.
StoredSide = tuple[Path, Mapping[str, float | None]]


def in_chunks(holdout: Table, model: ModelSpec) -> bool:
    """Say whether a model is counted in chunks: a large holdout, and no slices by class, which need every row's."""
    return is_large(holdout) and not any(is_class(spec, holdout, model.label) for spec in specs_of(model))


def compare(
    holdout: Table,
    model: ModelSpec,
    sides: Sequence[StoredSide],
    wanted: Collection[str],
    stated: Stated | None = None,
) -> Comparison:
    """Compare the candidate with the baseline, the second side where there is one, as `evaluate.compare` does.

    Scores are read one side at a time. Beyond `MOST_SCORED` rows only those of the metrics that a gate names.
    """
    files = [file for file, _ in sides]
    first, second = files[0], files[1] if files[1:] else None
    specs = specs_of(model)
    counts = stream(holdout, model.label, model.positive, specs, first, second, weight=model.weight)
    clusters = stream_clusters(holdout, model, specs, counts, first, second)
    confusions: tuple[Confusion | Weighted, ...] = (counts.all.candidate, counts.all.baseline)
    if clusters is not None and clusters.weight is not None:
        confusions = (clusters.all.candidate, clusters.all.baseline)
    asked = {name for gate in model.gates for name in gate.condition.metrics}
    measured = [name for name in wanted if holdout.rows <= MOST_SCORED or name in asked]
    rows = read_rows(holdout, model) if measured or stated is not None else None
    drawing = None if rows is None or stated is None else Drawing(rows, files, stated, counts.all.paired)
    found = [_measure(file, rows, measured, drawing) for file in files]
    each: list[Measured] = []
    for (_, extra), (one, _), confusion in zip(sides, found, confusions, strict=False):
        own = {**one.metrics, **costs(confusion, model.cost)}
        each.append(replace(one, metrics={**own, **extra}, weighed=tuple(own)))
    compared = comparison(counts, each[0], each[1] if each[1:] else None, clusters)
    if drawing is not None:
        compared = replace(compared, pictures=drawing.draw())
    if clusters is not None or len(found) < 2:
        return compared  # which rows are of one cluster is not held
    return replace(compared, spreads=_spreads(found[0][1], found[1][1]))


@dataclass(frozen=True, eq=False)
class _Part:
    """The rows that are kept of one side, while the other is read: `share` of `size`."""

    y_true: Bools
    predictions: Predictions
    size: Size
    share: float


def _spreads(one: _Part | None, other: _Part | None) -> Mapping[str, Spread]:
    if one is None or other is None:
        return {}
    return spreads_of_part(one.y_true, one.predictions, other.predictions, one.size, share=one.share)


def _keep(y_true: Bools, predictions: Predictions) -> _Part | None:
    """Keep what tells how far a difference may be off: the same rows of both sides; None where they are too many."""
    part, size = choose(y_true), measure(y_true)
    if part is not None:
        return _Part(y_true[part], predictions.take(part), size, float(part.mean()))
    return _Part(y_true, predictions, size, 1.0) if len(y_true) <= _MOST_KEPT else None


def _measure(
    file: Path, rows: Rows | None, wanted: Collection[str], drawing: Drawing | None
) -> tuple[Measured, _Part | None]:
    predictions = load(file)
    if rows is None:
        return Measured(predictions.kind, {}, predictions.span()), None
    predictions = rows.take(predictions)
    drawn = _curve(rows, predictions) if len(rows.y_true) <= MOST_SCORED else None
    if drawing is not None:
        drawing.see(predictions, drawn)
    if not wanted:
        return Measured(predictions.kind, {}, predictions.span()), None
    metrics = of_scores(rows.y_true, predictions.score, predictions.kind, wanted, rows.weights, drawn)
    return Measured(predictions.kind, metrics, predictions.span()), _keep(rows.y_true, predictions)


def _curve(rows: Rows, predictions: Predictions) -> Curve | None:
    if predictions.score is None or rows.weights is not None or not predictions.rows:
        return None
    return curve(rows.y_true, predictions.score)

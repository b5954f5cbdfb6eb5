"""Score one model, or two beside each other, on one holdout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.evaluation.count import Cells, Counts, count
from ml_ci.evaluation.labels import Labels, read_labels
from ml_ci.evaluation.metrics import OF_SCORES, costs, of_scores
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.slices import Slices, read_slices, specs_of
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.spec.values import Cost, ModelSpec, Positive, SliceSpec
from ml_ci.tables.table import Table

CLASS = "class"


@dataclass(frozen=True, eq=False)
class Holdout:
    """Hold what evaluation needs of the holdout; `by_class` asks for one class against the rest, for each class."""

    labels: Labels
    slices: tuple[Slices, ...] = ()
    by_class: bool = False

    @property
    def y_true(self) -> NDArray[np.bool_]:
        return self.labels.y_true


def read_holdout(table: Table, label: str, positive: Positive, slices: Sequence[SliceSpec] = ()) -> Holdout:
    """Read labels and slices from the holdout; UserError for what the user has to correct in it.

    The slice column `class` means the classes of the label, one against the rest, unless the holdout has another
    column of that name.
    """
    by_class = any(is_class(spec, table, label) for spec in slices)
    named = [spec for spec in slices if not is_class(spec, table, label)]
    labels = read_labels(table, label, positive)
    return Holdout(labels, tuple(read_slices(table, spec) for spec in named), by_class)


def holdout_of(table: Table, model: ModelSpec) -> Holdout:
    """Read the holdout as a model's entry in ml-ci.yaml asks: its slices, and those that its gates name."""
    return read_holdout(table, model.label, model.positive, specs_of(model))


def compare(
    holdout: Holdout,
    candidate: Predictions,
    baseline: Predictions | None = None,
    *,
    price: Cost | None = None,
    extra: Mapping[str, float | None] | None = None,
    baseline_extra: Mapping[str, float | None] | None = None,
    wanted: Collection[str] = OF_SCORES,
) -> Comparison:
    """Count the decisions of candidate and baseline together, by label and slice, and measure the scores of each.

    `wanted` names the metrics of scores (`recall_at(fpr=0.01)` among them), `extra` and `baseline_extra` add others
    that are known already.
    """
    counts = count(holdout.y_true, candidate.decision, baseline.decision if baseline else None, holdout.slices)
    if holdout.by_class:
        counts = Counts(counts.all, {**counts.slices, CLASS: _by_class(holdout.labels, candidate, baseline)})
    first = _measure(holdout, candidate, counts.all.candidate, price, extra, wanted)
    second = _measure(holdout, baseline, counts.all.baseline, price, baseline_extra, wanted) if baseline else None
    return comparison(counts, first, second)


@dataclass(frozen=True)
class Measured:
    """Hold what one side's scores say: their kind, what was measured of them, the lowest and the highest."""

    kind: str
    metrics: Mapping[str, float | None]
    span: tuple[float, float] | None = None


def comparison(counts: Counts, candidate: Measured, baseline: Measured | None = None) -> Comparison:
    """Turn joint counts, however counted, into a comparison."""
    first = _evaluation(counts, "candidate", candidate)
    if baseline is None:
        return Comparison(first)
    second = _evaluation(counts, "baseline", baseline)
    paired: dict[str, Mapping[str, Paired]] = {
        name: {value: cells.paired for value, cells in values.items()} for name, values in counts.slices.items()
    }
    return Comparison(first, second, counts.all.paired, paired)


def _evaluation(counts: Counts, side: str, of: Measured) -> Evaluation:
    whole = counts.all.candidate if side == "candidate" else counts.all.baseline
    return Evaluation(whole, _confusions(counts, side), of.metrics, of.kind, of.span)


def _confusions(counts: Counts, side: str) -> dict[str, Mapping[str, Confusion]]:
    return {
        name: {value: cells.candidate if side == "candidate" else cells.baseline for value, cells in values.items()}
        for name, values in counts.slices.items()
    }


def _measure(
    holdout: Holdout,
    predictions: Predictions,
    confusion: Confusion,
    price: Cost | None,
    extra: Mapping[str, float | None] | None,
    wanted: Collection[str],
) -> Measured:
    metrics = of_scores(holdout.y_true, predictions.score, predictions.kind, wanted)
    return Measured(predictions.kind, metrics | costs(confusion, price) | dict(extra or {}), predictions.span())


def _by_class(labels: Labels, candidate: Predictions, baseline: Predictions | None) -> dict[str, Cells]:
    """Count each class of the holdout against the rest, as if it were the positive one."""
    cells = {}
    for place, name in enumerate(labels.names):
        y_true = labels.codes == place
        second = _predict(baseline, labels, name, "baseline") if baseline else None
        cells[name] = count(y_true, _predict(candidate, labels, name, "candidate"), second).all
    if not cells:
        raise _no_classes("`positive:` is a comparison of numbers, which have no classes")
    return cells


def _predict(predictions: Predictions, labels: Labels, name: str, side: str) -> NDArray[np.bool_]:
    """Say which rows were predicted to be of a class; with two classes the decision tells."""
    if predictions.codes is not None:
        place = predictions.classes.index(name) if name in predictions.classes else -1
        return np.asarray(predictions.codes == place, np.bool_)
    if len(labels.names) != 2:
        raise _no_classes(f"the {side} gives no class of its {len(labels.names)} for a row")
    is_positive = bool(labels.y_true[labels.codes == labels.names.index(name)].any())
    return predictions.decision if is_positive else ~predictions.decision


def _no_classes(why: str) -> StageFailed:
    hint = "Predict class labels in a column named `prediction`, or remove the gates with `by=class`."
    return StageFailed(Failure("evaluation", "no-classes", f"`by=class` is undefined: {why}", hint))


def is_class(spec: SliceSpec, table: Table, label: str) -> bool:
    """Say whether a slice means the classes of the label, one against the rest."""
    return spec.columns == (CLASS,) and (not table.has(CLASS) or label.strip() == CLASS)

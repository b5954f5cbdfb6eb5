"""Score one model, or two beside each other, on one holdout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.clusters import Clusters, Weighted
from ml_ci.evaluation.confusion import Confusion, Paired
from ml_ci.evaluation.count import Counts, count, make_outcome
from ml_ci.evaluation.draw import Stated, draw_sides
from ml_ci.evaluation.flips import find_flips
from ml_ci.evaluation.grouping import Grouping, read_grouping
from ml_ci.evaluation.labels import Labels, read_labels
from ml_ci.evaluation.metrics import OF_SCORES, Curve, costs, curve, of_scores
from ml_ci.evaluation.moments import count_clusters, find_moments
from ml_ci.evaluation.pictures import Pictures
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.slices import Slices, read_slices, specs_of
from ml_ci.evaluation.spread import spreads
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Cost, ModelSpec, Positive, SliceSpec
from ml_ci.tables.table import Table

CLASS = "class"


@dataclass(frozen=True, eq=False)
class Holdout:
    """Hold what evaluation needs of the holdout; `by_class` asks for one class against the rest, for each class.

    `kept` says which rows of the table these are, None for all of them: a row whose weight is 0 is not counted.
    `grouping` is None where rows are independent and of one weight.
    """

    labels: Labels
    slices: tuple[Slices, ...] = ()
    by_class: bool = False
    grouping: Grouping | None = None
    kept: NDArray[np.bool_] | None = None

    @property
    def y_true(self) -> NDArray[np.bool_]:
        return self.labels.y_true

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """What each row weighs; None where every row counts as one."""
        return None if self.grouping is None else self.grouping.weights

    def take(self, predictions: Predictions) -> Predictions:
        """Give the predictions of the rows that are counted, of predictions of every row of the table."""
        return predictions if self.kept is None else predictions.take(self.kept)

    def counted(self) -> Holdout:
        """Give the holdout without the rows of weight 0; slices keep their values, also those without a row."""
        if self.weights is None or self.grouping is None or bool(self.weights.all()):
            return self
        kept = self.weights > 0
        codes = self.labels.codes[kept] if len(self.labels.codes) else self.labels.codes
        return replace(
            self,
            labels=Labels(self.y_true[kept], codes, self.labels.names),
            slices=tuple(replace(one, codes=one.codes[kept]) for one in self.slices),
            grouping=self.grouping.take(kept),
            kept=kept,
        )


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
    """Read the holdout as a model's entry in ml-ci.yaml asks: its slices, those that its gates name, its clusters."""
    found = read_holdout(table, model.label, model.positive, specs_of(model))
    return replace(found, grouping=read_grouping(table, model)).counted()


def compare(
    holdout: Holdout,
    candidate: Predictions,
    baseline: Predictions | None = None,
    *,
    price: Cost | None = None,
    extra: Mapping[str, float | None] | None = None,
    baseline_extra: Mapping[str, float | None] | None = None,
    wanted: Collection[str] = OF_SCORES,
    stated: Stated | None = None,
) -> Comparison:
    """Count the decisions of candidate and baseline together, by label and slice, and measure the scores of each.

    `wanted` names the metrics of scores (`recall_at(fpr=0.01)` among them), `extra` and `baseline_extra` add others
    that are known already. The predictions are of every row of the table. With the thresholds that both sides state,
    there are pictures too.
    """
    candidate = holdout.take(candidate)
    baseline = None if baseline is None else holdout.take(baseline)
    arrays = (holdout.y_true, candidate.decision, baseline.decision if baseline else None)
    counts = count(*arrays, holdout.slices)
    clusters = None
    if holdout.grouping is not None:
        clusters = count_clusters(holdout.grouping, counts, *arrays, holdout.slices)
    if holdout.by_class:
        counts, clusters = _add_classes(holdout, candidate, baseline, counts, clusters)
    whole = None if clusters is None or clusters.weight is None else clusters.all
    drawn = _curve(holdout, candidate), None if baseline is None else _curve(holdout, baseline)
    confusion: Confusion | Weighted = whole.candidate if whole else counts.all.candidate
    first, second = _measure(holdout, candidate, confusion, price, extra, wanted, drawn[0]), None
    if baseline is not None:
        confusion = whole.baseline if whole else counts.all.baseline
        second = _measure(holdout, baseline, confusion, price, baseline_extra, wanted, drawn[1])
    found = comparison(counts, first, second, clusters)
    if stated is not None:
        found = replace(found, pictures=_draw(holdout, candidate, baseline, drawn, counts.all.paired, stated))
    if baseline is None or holdout.weights is not None:
        return found  # how far weighted scores may be off is not known
    codes = None if holdout.grouping is None else holdout.grouping.codes
    return replace(found, spreads=spreads(holdout.y_true, candidate, baseline, codes))


@dataclass(frozen=True)
class Measured:
    """Hold what one side's scores say: their kind, what was measured of them, the lowest and the highest.

    `weighed` names the metrics that know what each row weighs, where rows have weights.
    """

    kind: str
    metrics: Mapping[str, float | None]
    span: tuple[float, float] | None = None
    weighed: tuple[str, ...] = ()


def comparison(
    counts: Counts, candidate: Measured, baseline: Measured | None = None, clusters: Clusters | None = None
) -> Comparison:
    """Turn joint counts, however counted, into a comparison."""
    first = _evaluation(counts, "candidate", candidate)
    if clusters is not None and clusters.weight is not None:
        clusters = replace(clusters, weighed=tuple(candidate.weighed))
    if baseline is None:
        return Comparison(first, clusters=clusters)
    second = _evaluation(counts, "baseline", baseline)
    paired: dict[str, Mapping[str, Paired]] = {
        name: {value: cells.paired for value, cells in values.items()} for name, values in counts.slices.items()
    }
    return Comparison(first, second, counts.all.paired, paired, clusters=clusters)


def _evaluation(counts: Counts, side: str, of: Measured) -> Evaluation:
    whole = counts.all.candidate if side == "candidate" else counts.all.baseline
    return Evaluation(whole, _confusions(counts, side), of.metrics, of.kind, of.span)


def _confusions(counts: Counts, side: str) -> dict[str, Mapping[str, Confusion]]:
    return {
        name: {value: cells.candidate if side == "candidate" else cells.baseline for value, cells in values.items()}
        for name, values in counts.slices.items()
    }


def _curve(holdout: Holdout, predictions: Predictions) -> Curve | None:
    """Give the curve of a side's rows, the one sort that all is measured on; None where rows weigh, and of labels."""
    if predictions.score is None or holdout.weights is not None or not predictions.rows:
        return None
    return curve(holdout.y_true, predictions.score)


def _draw(
    holdout: Holdout,
    candidate: Predictions,
    baseline: Predictions | None,
    drawn: tuple[Curve | None, Curve | None],
    paired: Paired,
    stated: Stated,
) -> Pictures:
    if baseline is None:
        return draw_sides(holdout.y_true, [candidate], drawn, stated)
    flips = find_flips(holdout.y_true, candidate, baseline, paired, holdout.kept)
    return draw_sides(holdout.y_true, [candidate, baseline], drawn, stated, flips)


def _measure(
    holdout: Holdout,
    predictions: Predictions,
    confusion: Confusion | Weighted,
    price: Cost | None,
    extra: Mapping[str, float | None] | None,
    wanted: Collection[str],
    drawn: Curve | None,
) -> Measured:
    metrics = of_scores(holdout.y_true, predictions.score, predictions.kind, wanted, holdout.weights, drawn)
    metrics |= costs(confusion, price)
    return Measured(predictions.kind, metrics | dict(extra or {}), predictions.span(), tuple(metrics))


def _add_classes(
    holdout: Holdout, candidate: Predictions, baseline: Predictions | None, counts: Counts, clusters: Clusters | None
) -> tuple[Counts, Clusters | None]:
    """Count each class of the holdout against the rest, as if it were the positive one."""
    cells, moments, labels = {}, {}, holdout.labels
    for place, name in enumerate(labels.names):
        second = _predict(baseline, labels, name, "baseline") if baseline else None
        arrays = (labels.codes == place, _predict(candidate, labels, name, "candidate"), second)
        cells[name] = count(*arrays).all
        if holdout.grouping is not None:
            moments[name] = find_moments(holdout.grouping, make_outcome(*arrays))
    if not cells:
        raise _no_classes("`positive:` is a comparison of numbers, which have no classes")
    if clusters is not None:
        clusters = replace(clusters, slices={**clusters.slices, CLASS: moments})
    return Counts(counts.all, {**counts.slices, CLASS: cells}), clusters


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

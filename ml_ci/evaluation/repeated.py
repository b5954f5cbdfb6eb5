"""Compare two models that were each asked several times for every row: all of their answers count.

The answers for one row are no independent evidence: they are a cluster, as the rows of one customer are. So is
everything that is known of clusters known of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml_ci.errors import Failure, StageFailed
from ml_ci.evaluation.draw import Stated
from ml_ci.evaluation.evaluate import Holdout, compare
from ml_ci.evaluation.grouping import Grouping
from ml_ci.evaluation.labels import Labels
from ml_ci.evaluation.metrics import OF_SCORES
from ml_ci.evaluation.scores import Predictions
from ml_ci.evaluation.values import Comparison
from ml_ci.frozen import dataclass
from ml_ci.spec.values import Cost

Extra = Mapping[str, float | None]


@dataclass(frozen=True, eq=False)
class Repetitions:
    """Hold one side's predictions of the same rows, one per repetition, and what else was measured of each."""

    predictions: tuple[Predictions, ...]
    extra: tuple[Extra, ...]


def compare_repeated(
    holdout: Holdout,
    candidate: Repetitions,
    baseline: Repetitions | None = None,
    *,
    price: Cost | None = None,
    wanted: Collection[str] = OF_SCORES,
    distinct: bool = False,
    stated: Stated | None = None,
) -> Comparison:
    """Count the answers of all repetitions together, and those of each by themselves, in `repeats`.

    Counts are of rows times repetitions, so that a rate is the mean over the repetitions; metrics of scores are of all
    answers, and so are pictures; no row is named as one that flipped, since it may flip by itself. Both sides have as
    many repetitions. StageFailed where one side's repetitions are of two kinds.
    """
    number = len(candidate.predictions)
    each = tuple(
        compare(
            holdout,
            candidate.predictions[place],
            None if baseline is None else baseline.predictions[place],
            price=price,
            extra=candidate.extra[place],
            baseline_extra=None if baseline is None else baseline.extra[place],
            wanted=wanted,
        )
        for place in range(number)
    )
    whole = compare(
        stack(holdout, number, distinct=distinct),
        join(candidate.predictions),
        None if baseline is None else join(baseline.predictions),
        price=price,
        extra=average(candidate.extra),
        baseline_extra=None if baseline is None else average(baseline.extra),
        wanted=wanted,
        stated=stated,
    )
    pictures = None if whole.pictures is None else replace(whole.pictures, flips=None)
    return replace(whole, repeats=each, asked=number, pictures=pictures)


def stack(holdout: Holdout, number: int, *, distinct: bool = False) -> Holdout:
    """Give the holdout `number` times below itself, the rows that are one in one cluster.

    Where rows belong together already, so do their answers. A known cluster's rows, and those of a slice by the
    clusters, stand each for itself: there the answers for one row are one cluster. Weights are not known here.
    """
    if holdout.weights is not None:
        raise ValueError("repetitions of weighted rows are not counted")  # refused in ml-ci.yaml, and before scoring
    labels = holdout.labels
    codes = np.tile(labels.codes, number) if len(labels.codes) else labels.codes
    return replace(
        holdout,
        labels=Labels(np.tile(labels.y_true, number), codes, labels.names),
        slices=tuple(replace(one, codes=np.tile(one.codes, number)) for one in holdout.slices),
        grouping=_group(holdout, number, distinct=distinct),
    )


def _group(holdout: Holdout, number: int, *, distinct: bool) -> Grouping:
    rows = np.arange(len(holdout.y_true), dtype=np.int64)
    which, of = np.tile(rows, number), holdout.grouping
    if of is None or of.codes is None:
        return Grouping(codes=which, number=len(rows), distinct=distinct, rows=which, repeats=number)
    return replace(of, codes=np.tile(of.codes, number), rows=which, repeats=number)


def join(found: Sequence[Predictions]) -> Predictions:
    """Give the predictions of several repetitions below each other, in their order; StageFailed for two kinds.

    Class labels that only some repetitions give are classes of all.
    """
    kinds = dict.fromkeys(one.kind for one in found)
    if len(kinds) > 1:
        said = f"one repetition gives {' and another '.join(kinds)}, which are not counted together"
        hint = "Have predict give the same kind each time: scores of one scale, or class labels."
        raise StageFailed(Failure("evaluation", "kinds-differ", said, hint))
    decision = np.concatenate([one.decision for one in found])
    scores = [one.score for one in found if one.score is not None]
    score = np.concatenate(scores) if scores else None
    codes, classes = _join_classes(found)
    return Predictions(decision, found[0].kind, score, codes, classes)


def _join_classes(found: Sequence[Predictions]) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if any(one.codes is None for one in found):
        return None, ()
    classes = tuple(sorted({name for one in found for name in one.classes}))
    place = {name: number for number, name in enumerate(classes)}
    parts = [
        np.array([place[name] for name in one.classes], np.int32)[one.codes] for one in found if one.codes is not None
    ]
    return np.concatenate(parts), classes


def average(found: Sequence[Extra]) -> Extra:
    """Give the mean of each metric over the repetitions; None where one of them is undefined."""
    means: dict[str, float | None] = {}
    for name in found[0]:
        values = [one.get(name) for one in found]
        known = [value for value in values if value is not None]
        means[name] = sum(known) / len(known) if len(known) == len(values) else None
    return means

"""Put the numbers of a report together: of each side, what is drawn, and what a bias audit counts."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

from ml_ci.evaluation.audit import Audit
from ml_ci.evaluation.pictures import LONGEST_NAME, MOST_DRIFTS, Pictures
from ml_ci.evaluation.values import Evaluation
from ml_ci.plan.values import Action
from ml_ci.reports.values import Side
from ml_ci.spec.values import ModelSpec
from ml_ci.steps.planning.judged import Judged

_OF_CANDIDATE, _OF_BASELINE = attrgetter("candidate"), attrgetter("baseline")


def report_side(
    evaluation: Evaluation, record: str, source: str | None, action: Action | None, judged: Judged | None = None
) -> Side:
    """Report one side, with what its jobs ran on; where rows have weights, with the counts by weight."""
    ran = {} if judged is None else judged.ran.get("candidate" if source is None else "baseline", {})
    found = Side(record, evaluation.confusion, evaluation.metrics, evaluation.slices, source, action, ran=ran)
    clusters = None if judged is None else judged.comparison.clusters
    if clusters is None or clusters.weight is None:
        return found
    weigh = _OF_BASELINE if source is not None else _OF_CANDIDATE
    slices = {
        column: {value: weigh(moments) for value, moments in values.items()}
        for column, values in clusters.slices.items()
    }
    return replace(found, weights=weigh(clusters.all), slice_weights=slices)


def report_audit(counted: Audit | None, model: ModelSpec) -> Audit | None:
    """Give what was counted, with what ml-ci.yaml says of it: which values say nothing is no matter of counting."""
    asked = model.card.audit
    if counted is None or asked is None:
        return None
    return replace(counted, unknown=asked.unknown, selected=asked.selected)


def report_pictures(judged: Judged) -> Pictures | None:
    """Give what is drawn, with how far the columns moved; None of a record of a version that kept neither."""
    drifts = (one for change in judged.changes for one in change.drift if len(one.column) <= LONGEST_NAME)
    drift = tuple(drifts)[:MOST_DRIFTS]
    pictures = judged.comparison.pictures
    if pictures is None and not drift:
        return None
    return replace(pictures or Pictures(), drift=drift)

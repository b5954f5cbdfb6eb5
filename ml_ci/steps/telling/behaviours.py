"""Report what each behaviour came to."""

from __future__ import annotations

from collections.abc import Mapping

from ml_ci.evaluation.clusters import Moments, Weighted
from ml_ci.evaluation.values import Behaved, Comparison, Evaluation
from ml_ci.reports.values import BehaviourReport, Broken
from ml_ci.spec.values import ModelSpec


def report_behaviours(model: ModelSpec, found: Mapping[str, Behaved]) -> Mapping[str, BehaviourReport]:
    """Report the behaviours of a model, in the file's order."""
    return {name: _report(found.get(name) or Behaved(one.kind), one.text) for name, one in model.behaviours.items()}


def _report(found: Behaved, says: str) -> BehaviourReport:
    counted = found.comparison
    sides: list[Broken | None] = [None, None]
    if counted is not None:
        sides[0] = _of_side(counted.candidate, counted, found.no_answer[0], baseline=False)
    if counted is not None and counted.baseline is not None:
        sides[1] = _of_side(counted.baseline, counted, found.no_answer[1], baseline=True)
    return BehaviourReport(found.kind, says, found.rows, sides[0], sides[1], found.why, found.certain, found.shown)


def _of_side(own: Evaluation, counted: Comparison, no_answer: int, *, baseline: bool) -> Broken:
    slices = {
        column: {value: (counts.rows, counts.fp) for value, counts in values.items()}
        for column, values in own.slices.items()
    }
    return Broken(own.confusion.rows, own.confusion.fp, no_answer, slices, _weigh(counted, baseline))


def _weigh(counted: Comparison, baseline: bool) -> tuple[float, float] | None:
    clusters = counted.clusters
    if clusters is None or clusters.weight is None:
        return None
    weighed = _side_of(clusters.all, baseline)
    return weighed.rows, weighed.fp


def _side_of(moments: Moments, baseline: bool) -> Weighted:
    return moments.baseline if baseline else moments.candidate

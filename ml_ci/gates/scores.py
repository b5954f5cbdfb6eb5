"""Prove a question about a metric of the scores, by resampling the predictions of both models together."""

from __future__ import annotations

from dataclasses import replace

from ml_ci.conditions.linear import Linear
from ml_ci.conditions.tree import Metric
from ml_ci.gates.evidence import Predictions
from ml_ci.gates.question import Question
from ml_ci.gates.statistics import bootstrap, replicates, weighted
from ml_ci.gates.statistics.values import Evidence
from ml_ci.gates.view import UndefinedError, View


def judge_scores(question: Question, view: View, alpha: float, seed: int) -> Evidence:
    """Judge `auc >= 0.8`, or `auc >= k * baseline.auc + m`, at one-sided `alpha`; the same seed, the same evidence.

    Bounds are of the candidate's value, or of its difference to the baseline. Undefined predictions are an error.
    """
    rows = view.case.predictions
    factor = question.limit.weights[0][1] if question.relative else None
    if rows is None or (factor is not None and rows.baseline is None):
        raise UndefinedError("the predictions of both models are needed, and not there; run the evaluation again")
    found = _resampled(question, rows, None if factor is None else float(factor), seed)
    judge = replicates.at_most if question.upper else replicates.at_least
    evidence = judge(found, float(question.limit.constant), alpha)
    if factor is None or factor == 1 or evidence.low is None or evidence.high is None:
        return evidence
    atom = question.limit.weights[0][0]
    baseline = float(view.total(Linear(question.limit.constant * 0, ((atom, factor - 1),)))[0])
    return replace(evidence, low=evidence.low + baseline, high=evidence.high + baseline)


def _resampled(question: Question, rows: Predictions, factor: float | None, seed: int) -> replicates.Replicates:
    baseline = None if factor is None else rows.baseline
    metric = _metric(question)
    return bootstrap.of_scores(rows.y_true, rows.candidate, metric, baseline, factor=factor or 1.0, seed=seed)


def _metric(question: Question) -> str | weighted.ScoreMetric:
    atom = question.single
    if isinstance(atom, Metric) and atom.at is not None:
        return weighted.recall_at(atom.at)
    return str(atom)

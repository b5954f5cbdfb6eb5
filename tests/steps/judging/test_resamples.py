"""A gate with a confidence on a metric of the user's own."""

from __future__ import annotations

from typing import Any

import pytest

METRICS = """\
import time

def hits(y_true, score):
    return sum(bool(y) == (s >= 0.5) for y, s in zip(y_true, score)) / len(y_true)

def slow(y_true, score):
    time.sleep(0.02)
    return hits(y_true, score)
"""


@pytest.fixture
def with_metrics(project: Any) -> Any:
    project.repository.write({"own.py": METRICS})
    project.edit("ml-ci.yaml", "    gates:\n", "    confidence: 0.95\n    metrics: {hits: own:hits}\n    gates:\n")
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", "hits >= 0.5")
    project.commit({}, "own metrics")
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    return project


def test_it_is_proven_by_resamples(with_metrics: Any) -> None:
    report = with_metrics.run().models["cut"]
    (gate,) = report.gates
    assert (gate.verdict, gate.value) == ("pass", 0.85)
    assert gate.interval is not None and 0.7 < gate.interval[0] < 0.85 < gate.interval[1] < 0.98
    assert "proven with 95% confidence" in gate.reason


def test_it_is_proven_against_the_baseline_on_the_same_resamples(with_metrics: Any) -> None:
    with_metrics.edit("ml-ci.yaml", "hits >= 0.5", "hits >= baseline.hits - 0.01")
    (gate,) = with_metrics.run().models["cut"].gates
    assert gate.verdict in ("fail", "inconclusive")
    assert gate.interval is not None and gate.interval[1] <= 1e-9


def test_fewer_resamples_of_a_slow_metric_are_said(with_metrics: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with_metrics.edit("ml-ci.yaml", "own:hits", "own:slow")
    monkeypatch.setattr("ml_ci.steps.judging.resamples.SECONDS", 0.5)
    report = with_metrics.run().models["cut"]
    (note,) = [note for note in report.notes if "resamples" in note]
    assert "in place of 500, because they take more than" in note

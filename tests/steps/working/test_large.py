"""A holdout that is larger than a bound is counted in chunks, with the same result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ml_ci.evaluation import large, stream

# In place of decisions: scores, and another order of the rows with another BIAS.
SCORES = (
    """lines = ["prediction", *(str(int(int(row["x"]) >= at)) for row in rows)]""",
    """lines = ["score", *(str(1 / (1 + 2.718 ** ((at - x) / 5 + x % 3 * (BIAS - 4)))) for x in
        (int(row["x"]) for row in rows))]""",
)


def test_counting_in_chunks_changes_nothing(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.edit("ml-ci.yaml", "    gates:\n", "    slices: [{x: [10, 30]}]\n    cost: {fp: 1, fn: 5}\n    gates:\n")
    project.edit("train.py", *SCORES)
    project.commit({}, "slices and scores")
    project.edit("train.py", "BIAS = 4", "BIAS = 6")
    inside = project.run().models["cut"]
    counted: list[object] = []
    real = large.compare

    def compare(*given: Any) -> Any:
        counted.append(given)
        return real(*given)

    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    monkeypatch.setattr(large, "compare", compare)
    project.edit("ml-ci.yaml", "+ 0.1", "+ 0.1  # again\n      - each(fnr, by=y) <= 1")
    again = project.run().models["cut"]
    assert len(counted) == 1
    bare = [replace(one.candidate, slices={}, action=None) for one in (again, inside)]
    assert bare[0] == bare[1]
    assert again.candidate.slices["x"] == inside.candidate.slices["x"]
    assert again.baseline.confusion == inside.baseline.confusion
    assert again.gates[0].value == inside.gates[0].value
    assert {"auc", "brier", "fnr"} <= {*inside.differences.metrics}
    assert again.differences.metrics == inside.differences.metrics
    assert inside.pictures is not None and inside.pictures.cuts is not None
    assert again.pictures == inside.pictures
    assert project.run().models["cut"].pictures == inside.pictures  # of a run that a record answers


def test_beyond_what_can_be_sorted_only_metrics_that_a_gate_names_are_measured(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    monkeypatch.setattr(large, "MOST_SCORED", 20)
    report = project.run().models["cut"]
    assert report.verdict == "unjudged"
    assert "auc" not in report.candidate.metrics
    assert report.candidate.metrics["seconds"] > 0


def test_beyond_what_can_be_sorted_the_metric_of_a_gate_is_measured(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "LARGE_ROWS", 10)
    monkeypatch.setattr(large, "MOST_SCORED", 20)
    project.edit("ml-ci.yaml", "    gates:\n", "    gates:\n      - auc >= 0\n")
    report = project.run().models["cut"]
    assert "auc" in report.candidate.metrics  # of a job that gives labels: undefined, not unmeasured
    assert "log_loss" not in report.candidate.metrics
    assert "gives a label, no probability" in report.gates[0].reason

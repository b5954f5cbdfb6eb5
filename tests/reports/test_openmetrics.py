from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ml_ci.reports.openmetrics import render
from ml_ci.reports.values import Report

Reports = dict[str, Callable[[], Report]]


def values(report: Report) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(render(report)):
        for sample in family.samples:
            found[(sample.name, *sample.labels.values())] = sample.value
    return found


def test_every_report_is_read_by_prometheus(any_report: Report) -> None:
    names = {name for name, *_ in values(any_report)}
    assert render(any_report).endswith("# EOF\n")
    assert all(name.startswith("ml_ci_") for name in names)
    assert not {name for name in names if "second" in name or "megabytes" in name or name.endswith("_time")}


def test_rates_counts_and_slices(reports: Reports) -> None:
    report = reports["passed"]()
    [(name, model)] = report.models.items()
    assert model.candidate is not None
    counts = model.candidate.confusion
    found = values(report)
    assert found[("ml_ci_fpr", name)] == pytest.approx(counts.fpr, abs=1e-6)
    assert found[("ml_ci_fp", name)] == counts.fp and found[("ml_ci_verdict_pass", name)] == 1
    north = model.candidate.slices["region"]["north"]
    assert found[("ml_ci_slice_fnr", name, "region", "north")] == pytest.approx(north.fnr, abs=1e-6)
    assert f'ml_ci_fnr{{model="{name}"}} {counts.fnr:.6f}\n' in render(report)


def test_what_a_run_took_is_no_difference(reports: Reports) -> None:
    """GitLab compares strings: a file that differs from run to run is a change in each merge request."""
    report = reports["failed_by_data"]()
    [(name, model)] = report.models.items()
    again = replace(model, seconds={"plan": 9.0}, action="reuse", notes=("cached",))
    assert render(replace(report, commit="c" * 40, models={name: again})) == render(report)

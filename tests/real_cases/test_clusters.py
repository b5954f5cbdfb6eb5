"""Customers of several rows, in whole runs: what a proof by rows lets through is held back, and the way out is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ml_ci.cli.main import call
from ml_ci.reports import markdown, terminal
from ml_ci.reports.as_json import dumps, loads
from ml_ci.reports.plain import plain
from ml_ci.reports.values import ModelReport, Report
from ml_ci.review.recounted import recounted
from ml_ci.spec.load import load
from tests.steps.conftest import in_repository

pytestmark = pytest.mark.slow  # whole runs: `.ci/run` runs them apart

GATE = "fnr <= 0.05"


def holdout(customers: int = 80, size: int = 10, missed: int = 1) -> str:
    """Write customers of like rows, every second of them positives; of `missed` of those each row is missed."""
    lines = []
    for one in range(customers):
        x = 5 if one % 2 else (22 if one < 2 * missed else 30)
        lines += [f"{x},{int(x >= 20)},c{one},{1 + one % 3}\n" for _ in range(size)]
    return "x,y,customer_id,weight\n" + "".join(lines)


@pytest.fixture
def project(repository: Any) -> Any:
    return in_repository(repository)


@pytest.fixture
def customers(project: Any) -> Any:
    project.commit({"data/holdout.csv": holdout()}, "customers")
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", GATE)
    project.edit("ml-ci.yaml", "    gates:\n", "    confidence: 0.95\n    gates:\n")
    project.commit({}, "ask for proof")
    return project


def say(project: Any, line: str) -> Report:
    project.edit("ml-ci.yaml", "    gates:\n", f"    {line}\n    gates:\n")
    return project.run()  # type: ignore[no-any-return]


def only(report: Report) -> ModelReport:
    return report.models["cut"]


def test_by_rows_it_passes_and_by_customers_it_is_inconclusive_with_the_customers_that_it_needs(customers: Any) -> None:
    model = only(customers.run())
    assert model.verdict == "pass"
    [caution] = [one for one in model.cautions if "`cluster: customer_id`" in one]
    assert "the verdict would be inconclusive instead of pass" in caution
    report = say(customers, "cluster: customer_id")
    [gate] = only(report).gates
    assert (only(report).verdict, gate.verdict) == ("inconclusive", "inconclusive")
    assert (gate.clusters, gate.unit, gate.design_effect, gate.effective_rows) == (40, "customers", 10.0, 40.0)
    assert gate.needs_clusters is not None and gate.needs == pytest.approx(10 * gate.needs_clusters, abs=10)
    assert "400 positives of 40 customers, design effect 10: they count as 40" in gate.reason
    needs = f"more customers ({gate.needs:,} positives)"
    for text in (terminal.render(report), markdown.render(report), plain(report)):
        assert "customers" in text and "design effect 10" in " ".join(text.split())
    assert needs.split(" (")[0] in gate.reason


def test_a_holdout_cut_by_customers_is_judged_by_them_and_none_is_told(project: Any) -> None:
    project.commit({"data/train.csv": holdout(160, 10, 2)}, "customers")
    project.edit("ml-ci.yaml", "holdout: data/holdout.csv", "holdout: {of: train, share: 0.5, by: customer_id}")
    project.edit("ml-ci.yaml", "fnr <= baseline.fnr + 0.1", "fpr <= 0.05")
    project.edit("ml-ci.yaml", "    gates:\n", "    confidence: 0.95\n    gates:\n")
    cut = only(project.run())
    assert cut.verdict == "inconclusive" and cut.gates[0].unit == "customers"
    assert any("the holdout is cut `by:` it" in note for note in cut.notes)
    alone = only(say(project, "cluster: none"))
    assert alone.verdict == "pass"
    assert "`cluster: none` declares that every row of the holdout is evidence of its own." in alone.notes


def test_a_change_that_drops_its_clusters_is_judged_by_the_bases_too(customers: Any) -> None:
    say(customers, "cluster: customer_id")
    customers.commit({}, "clusters")
    customers.edit("ml-ci.yaml", "cluster: customer_id", "cluster: none")
    model = only(customers.run())
    assert model.verdict == "inconclusive"
    assert [one.verdict for one in model.yardsticks] == ["pass", "inconclusive"]
    assert model.yardsticks[1].changed == ("`cluster`: customer_id → none",)
    held = only(customers.run(gates_from="main"))
    assert held.verdict == "inconclusive"
    assert "`cluster` was loosened in this change (customer_id → none): judged by the old." in held.cautions


@pytest.mark.parametrize("line", ["cluster: customer_id", "weight: weight", "cluster: customer_id\n    weight: weight"])
def test_the_report_goes_through_json_and_is_held_by_its_own_counts(customers: Any, line: str) -> None:
    customers.edit("ml-ci.yaml", GATE, "fnr <= 0.4")
    report = say(customers, line)
    assert only(report).verdict == "pass"
    read = loads(dumps(report))
    assert only(read).gates == only(report).gates and only(read).candidate == only(report).candidate
    spec = load((customers.path / "ml-ci.yaml").read_text(), "ml-ci.yaml")
    assert recounted(only(read), spec.models["cut"]).verdict == "pass"
    [gate] = json.loads(dumps(report))["models"]["cut"]["gates"]
    assert {"clusters", "design_effect", "effective_rows", "needs_clusters"} <= set(gate)
    assert gate["effective_rows"] <= (400 if line == "weight: weight" else 40 + 1)


def test_power_counts_customers(customers: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    customers.edit("ml-ci.yaml", "    gates:\n", "    cluster: customer_id\n    gates:\n")
    monkeypatch.chdir(customers.path)
    assert call(["power", "cut"]) == 0
    told = capsys.readouterr().out
    assert "with 400 positives of 40 customers and 95% confidence" in told
    assert (
        "the least that could prove a limit of 5.0%: 59 customers (590 positives), all right: these can never" in told
    )
    assert "rows of one customer are alike by 0.2, which no comparison tells yet" in told
    customers.run()
    assert call(["power", "cut", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["models"]["cut"]
    [gate] = plan["gates"]
    assert (gate["clusters"], gate["unit"], gate["least_clusters"], gate["assumed"]) == (40, "customers", 59, False)
    assert plan["rows"]["clusters"] is None

"""Nothing counts as judged that was not: a gate without a baseline is unjudged, and what no gate judged is no pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import unescape

import pytest

from ml_ci.cli.exits import code_of
from ml_ci.cli.main import call
from ml_ci.conditions import parse
from ml_ci.gates.proposal import propose
from ml_ci.gates.values import Verdict
from ml_ci.github.commands import remarks
from ml_ci.pipeline import run
from ml_ci.reports import junit, markdown, sarif
from ml_ci.reports.as_json import from_json, to_json
from ml_ci.reports.plain import plain
from ml_ci.reports.values import Report
from ml_ci.review.shards import joined
from ml_ci.review.statuses import statuses
from ml_ci.steps.values import Options

MODEL = """\
  {name}:
    run: cp {file} {{out}}/s.csv
    outputs: {{predictions: "{{out}}/s.csv"}}
    data: {{holdout: holdout.csv}}
    label: label
    positive: 1
    code: [{file}]
    slices: [part]
    gates: [{gates}]
"""
# 100 positives and 100 negatives; `ok.csv` is wrong on 10 of each, `never.csv` says no, `always.csv` yes.
ROWS = [(at % 2, "ab"[at % 4 // 2]) for at in range(200)]
PREDICTIONS = {
    "ok.csv": [1 - y if at < 20 else y for at, (y, _) in enumerate(ROWS)],
    "never.csv": [0] * 200,
    "always.csv": [1] * 200,
}
# What the gates are, which predictions -> exit code, verdict of the run, and of each gate's results.
CASES = [
    ("no gate", "ok.csv", "", 5, "unjudged", []),
    ("two relative gates", "ok.csv", "fpr <= baseline.fpr, fnr <= baseline.fnr + 0.02", 5, "unjudged", "uu"),
    ("it never says yes", "never.csv", "fpr <= baseline.fpr + 0.02, fnr <= baseline.fnr + 0.02", 5, "unjudged", "uu"),
    ("and one fixed limit, which it holds", "never.csv", "fpr <= 0.05, fnr <= baseline.fnr + 0.02", 0, "pass", "pu"),
    ("and one fixed limit, which it breaks", "never.csv", "fnr <= 0.05, fpr <= baseline.fpr", 1, "fail", "fu"),
    ("by slice", "ok.csv", '"each(fnr, by=part) <= baseline.fnr + 0.05"', 5, "unjudged", "uu"),
    ("the worst slice", "ok.csv", '"worst(fnr, by=part) <= baseline.worst(fnr, by=part) + 0.05"', 5, "unjudged", "u"),
    ("a difference in a sum", "ok.csv", "fpr + fnr <= baseline.fpr + baseline.fnr", 5, "unjudged", "u"),
    ("half of it holds", "ok.csv", "fpr <= 0.2 and fnr <= baseline.fnr", 5, "unjudged", "u"),
    ("half of it is broken", "ok.csv", "fpr <= 0.05 and fnr <= baseline.fnr", 1, "fail", "f"),
    ("half of it is undefined", "never.csv", "precision >= 0.5 and fnr <= baseline.fnr", 1, "error", "e"),
    ("half of it is undecided", "ok.csv", "fpr <= 0.11 @ 0.95 and fnr <= baseline.fnr", 4, "inconclusive", "i"),
    ("slices hold, half is open", "ok.csv", '"each(fpr, by=part) <= 1 and fnr <= baseline.fnr"', 5, "unjudged", "ppu"),
    ("proof is asked for", "ok.csv", "fnr <= baseline.fnr + 0.02 @ 0.95", 5, "unjudged", "u"),
    ("an AUC of labels", "ok.csv", "auc >= baseline.auc - 0.02", 5, "unjudged", "u"),
    ("a metric that is not defined", "never.csv", "precision >= baseline.precision - 0.02", 5, "unjudged", "u"),
    ("a chain", "ok.csv", "0.01 <= fpr <= baseline.fpr", 5, "unjudged", "u"),
]  # fmt: skip
LETTERS: dict[str, Verdict] = {
    "p": "pass", "f": "fail", "i": "inconclusive", "e": "error", "u": "unjudged",
}  # fmt: skip


@pytest.fixture
def judged(repository: Any) -> Callable[..., Report]:
    """Give a function that judges models, each by its gates, with nothing to compare with."""

    def call(baseline: str | None = "none", **models: tuple[str, str]) -> Report:
        files = {name: "prediction\n" + "".join(f"{y}\n" for y in rows) for name, rows in PREDICTIONS.items()}
        files["holdout.csv"] = "label,part\n" + "".join(f"{y},{part}\n" for y, part in ROWS)
        blocks = [MODEL.format(name=name, file=file, gates=gates) for name, (file, gates) in models.items()]
        files["ml-ci.yaml"] = "version: 1\nmodels:\n" + "".join(blocks).replace("    gates: []\n", "")
        repository.write(files)
        return run(Options(start=Path(repository.path), environment=dict(os.environ), baseline=baseline))

    return call


@pytest.mark.parametrize(
    ("file", "gates", "code", "verdict", "letters"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_what_nothing_judged_is_no_pass(
    judged: Callable[..., Report], file: str, gates: str, code: int, verdict: str, letters: Sequence[str]
) -> None:
    report = judged(m=(file, gates))
    model = report.models["m"]
    assert (code_of(report), report.verdict, model.verdict) == (code, verdict, verdict)
    assert [gate.verdict for gate in model.gates] == [LETTERS[letter] for letter in letters]
    assert from_json(to_json(report)).verdict == verdict
    if verdict == "unjudged":
        assert model.failure is not None and "for example `" in model.failure.hint


@pytest.mark.parametrize("baseline", ["none", None], ids=["none asked for", "no commit yet"])
def test_every_rendering_draws_a_line(judged: Callable[..., Report], baseline: str | None) -> None:
    report = judged(baseline, m=("never.csv", "fpr <= 0.05, fnr <= baseline.fnr + 0.02"))
    for text in (plain(report), markdown.render(report)):
        assert "✓" in text
        lines = [line for line in text.splitlines() if "FNR against the baseline" in line]
        assert lines and all("–" in line and "✓" not in line for line in lines)
    assert plain(report).count("othing to compare with") == 1, "it is said once"
    cases = list(ElementTree.fromstring(junit.render(report)).iter("testcase"))
    assert [[child.tag for child in case] for case in cases] == [[], ["skipped"]]
    assert "Nothing to compare with" in str(cases[1][0].get("message"))
    assert '"results": []' in sarif.render(report) and remarks(report) == ()
    assert [status.state for status in statuses(report)] == ["success", "success"]


def test_a_model_without_a_judged_gate_fails_everywhere_and_names_the_gate_to_add(
    judged: Callable[..., Report],
) -> None:
    report = judged(m=("ok.csv", "fpr <= baseline.fpr, fnr <= baseline.fnr"))
    wanted = "`fpr <= 0.1`"
    for text in (plain(report), markdown.render(report), sarif.render(report), unescape(junit.render(report))):
        assert wanted in text
    assert [(status.state, wanted in status.description) for status in statuses(report)] == [("failure", True)] * 2
    assert [one.level for one in remarks(report)] == ["warning"]
    root = ElementTree.fromstring(junit.render(report))
    assert (root.get("tests"), root.get("skipped"), root.get("failures"), root.get("errors")) == ("3", "2", "1", "0")
    assert "✓" not in plain(report) and "passes" not in plain(report)


def test_over_models_and_reports_the_worst_counts(judged: Callable[..., Report]) -> None:
    """error, fail, inconclusive, unjudged, pass."""
    passing, open_ = ("ok.csv", "fpr <= 0.2"), ("ok.csv", "fpr <= baseline.fpr")
    undecided, failing = ("ok.csv", "fpr <= 0.11 @ 0.95"), ("ok.csv", "fpr <= 0.05")
    mixed = judged(a=passing, b=open_)
    assert (mixed.verdict, code_of(mixed), mixed.failure) == ("unjudged", 5, None)
    reports = [judged(m=one) for one in (passing, open_, undecided, failing)]
    assert [report.verdict for report in reports] == ["pass", "unjudged", "inconclusive", "fail"]
    for at, worse in enumerate(reports):
        for better in reports[:at]:
            assert joined([better, worse]).verdict == joined([worse, better]).verdict == worse.verdict
    assert code_of(joined(reports[:2])) == 5


def test_a_baseline_that_has_no_value_is_another_thing(repository: Any, judged: Callable[..., Report]) -> None:
    """`baseline.x` undefined is an error: there is a baseline, and it says nothing of this."""
    gates = "precision >= baseline.precision - 0.02"
    judged("none", m=("never.csv", gates))
    repository.commit(message="first")
    report = judged("HEAD", m=("ok.csv", gates))
    assert report.models["m"].gates[0].verdict == "error" and code_of(report) == 1


def test_the_model_that_is_new_beside_one_that_is_not(repository: Any, judged: Callable[..., Report]) -> None:
    relative = "fnr <= baseline.fnr + 0.02"
    judged("none", old=("ok.csv", relative))
    repository.commit(message="first")
    report = judged("HEAD", old=("ok.csv", relative), new=("ok.csv", relative))
    assert {name: model.verdict for name, model in report.models.items()} == {"old": "pass", "new": "unjudged"}
    assert "new model, commit" in report.models["new"].gates[0].reason
    assert code_of(report) == 5


def test_the_command_ends_with_5(
    repository: Any, judged: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(m=("ok.csv", "fpr <= baseline.fpr"))
    monkeypatch.chdir(repository.path)
    assert call(("run", "--baseline", "none")) == 5
    assert call(("report", "--exit-code")) == 5


@pytest.mark.parametrize(
    ("gates", "measured", "proposed"),
    [
        (["fnr <= baseline.fnr"], {"fnr": 0.124, "fpr": 0.031}, ["fnr <= 0.15", "fpr <= 0.04"]),
        (["fnr <= baseline.fnr"], {"fnr": 0.15, "fpr": 0.0}, ["fnr <= 0.15", "fpr <= 0.01"]),
        (["fnr <= baseline.fnr"], {"fnr": 1.0, "fpr": 0.0}, ["fnr <= 0.5", "fpr <= 0.01"]),
        (["auc >= baseline.auc - 0.01"], {"auc": 0.873, "fnr": 0.2, "fpr": 0.2}, ["auc >= 0.85", "fnr <= 0.2"]),
        (["precision >= baseline.precision"], {"precision": None, "fnr": 0.3, "fpr": None}, ["fnr <= 0.3"]),
        (["cost <= baseline.cost"], {"cost": 8.0, "fnr": 0.07, "fpr": 0.101}, ["fnr <= 0.07", "fpr <= 0.15"]),
        (["selection_rate <= baseline.selection_rate"], {"selection_rate": 0.2, "fnr": 0.1, "fpr": 0.1},
         ["fnr <= 0.1", "fpr <= 0.1"]),
        ([], {"fnr": 0.447, "fpr": 0.02}, ["fnr <= 0.45", "fpr <= 0.02"]),
        ([], {"fnr": None, "fpr": None}, []),
    ],
)  # fmt: skip
def test_a_gate_is_proposed_from_the_measured_numbers(
    gates: list[str], measured: dict[str, float | None], proposed: list[str]
) -> None:
    """It holds for this model, and it says no to a clearly worse one: never a limit that allows everything."""
    found = propose([parse(gate) for gate in gates], measured)
    assert [one.condition for one in found] == proposed
    for one in found:
        (comparison,) = parse(one.condition).comparisons
        limit, operator = float(str(comparison.terms[1])), comparison.operators[0]
        assert 0 < limit < 1
        assert one.value in (0.0, 1.0) or (one.value <= limit if operator == "<=" else one.value >= limit)

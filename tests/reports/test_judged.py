"""Holdouts that are hard to speak of, from the judge to every report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ml_ci.conditions import parse
from ml_ci.evaluation.confusion import Confusion, Paired, PairedErrors
from ml_ci.evaluation.metrics import of_scores
from ml_ci.evaluation.values import Comparison, Evaluation
from ml_ci.gates.evidence import Case, Policy
from ml_ci.gates.judge import judge
from ml_ci.gates.verdict import overall
from ml_ci.reports import markdown, terminal
from ml_ci.reports.plain import plain
from ml_ci.reports.values import ModelReport, Report, Side
from ml_ci.spec.values import GateSpec

Cells = tuple[int, int, int, int]
RENDERINGS: list[Callable[[Report], str]] = [
    plain,
    markdown.render,
    lambda report: terminal.render(report, 80),
    lambda report: terminal.render(report, 40),
]


def _report(negatives: Cells, positives: Cells, gates: list[str], **metrics: float | None) -> Report:
    """Judge a candidate and a baseline with confidence, from (both err, candidate only, baseline only, neither)."""
    paired = Paired(PairedErrors(*negatives), PairedErrors(*positives))
    sides = [_side(paired, baseline, metrics) for baseline in (False, True)]
    case = Case(Comparison(sides[0], sides[1], paired))
    results = judge([GateSpec(text, parse(text)) for text in gates], case, Policy(0.95))
    candidate, baseline = (Side("r1", one.confusion, one.metrics, {}, None) for one in sides)
    model = ModelReport(
        overall(one.verdict for one in results), "train", candidate=candidate, baseline=baseline, gates=results
    )
    return Report(model.verdict, "9" * 40, "3" * 40, {"churn": model})


def _side(paired: Paired, baseline: bool, metrics: dict[str, float | None]) -> Evaluation:
    fp, fn = (
        cells.both + (cells.baseline_only if baseline else cells.candidate_only)
        for cells in (paired.negatives, paired.positives)
    )
    return Evaluation(
        Confusion(tp=paired.positives.rows - fn, fp=fp, tn=paired.negatives.rows - fp, fn=fn), metrics=metrics
    )


def _flat(text: str) -> str:
    return " ".join(text.replace("`", "").split())


GATES = ["fpr <= 0.05", "fnr <= baseline.fnr + 0.01"]


def test_forty_rows() -> None:
    report = _report((0, 1, 1, 26), (2, 1, 0, 9), GATES)
    assert report.verdict == "inconclusive"
    for render in RENDERINGS:
        shown = _flat(render(report))
        assert "churn cannot be judged yet" in shown
        assert "12 positives" in shown or "of 12" in shown
    assert "ml-ci power churn says what this holdout can prove" in _flat(plain(report))


@pytest.mark.parametrize(
    ("negatives", "positives", "missing"),
    [((0, 1, 1, 26), (0, 0, 0, 0), "positives"), ((0, 0, 0, 0), (2, 1, 0, 9), "negatives")],
)
def test_a_single_class(negatives: Cells, positives: Cells, missing: str) -> None:
    report = _report(negatives, positives, GATES)
    assert report.verdict == "error"
    for render in RENDERINGS:
        assert f"is undefined: there are no {missing}" in _flat(render(report))
        assert "nan" not in render(report).lower().replace("finance", "")


def test_all_scores_equal() -> None:
    """The model says the same of every row: all positive, an AUC of one half, and MCC undefined."""
    y_true = np.arange(1000) % 4 == 0
    metrics = of_scores(y_true, np.full(1000, 0.7), "probability")
    assert metrics["auc"] == 0.5
    report = _report((0, 750, 0, 0), (0, 0, 25, 225), ["fpr <= 0.05", "auc >= 0.8 @ 0", "mcc >= 0.1 @ 0"], **metrics)
    verdicts = [gate.verdict for gate in report.models["churn"].gates]
    assert verdicts == ["fail", "fail", "error"]
    for render in RENDERINGS:
        shown = _flat(render(report))
        assert "100.0%" in shown
        assert "0.500" in shown
    assert "MCC of the candidate is undefined" in report.models["churn"].gates[2].reason


def test_ten_million_rows() -> None:
    report = _report((90_000, 30_200, 30_000, 8_849_800), (60_000, 2_000, 2_100, 935_900), [*GATES, "fpr <= 0.0135"])
    assert report.verdict == "pass"
    for render in RENDERINGS:
        shown = _flat(render(report))
        assert "churn passes" in shown
        assert "1.3%" in shown or "1.34%" in shown
    assert "10,000,000 rows" in _flat(plain(report)) or "9,000,000" in _flat(plain(report))


def test_ten_million_rows_see_a_tenth_of_a_point() -> None:
    report = _report(
        (90_000, 40_000, 30_000, 8_840_000), (60_000, 2_000, 2_100, 935_900), ["fpr <= baseline.fpr + 0.001"]
    )
    assert report.verdict == "fail"
    (gate,) = report.models["churn"].gates
    assert "limit +0.1 points: above the limit, proven with 95% confidence on 9,000,000 negatives" in gate.reason

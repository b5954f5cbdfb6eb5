"""What the registry keeps of a promotion's numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.evaluation.clusters import Weighted
from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.values import ModelReport, Side
from ml_ci.steps.promotion.offer_values import list_metrics

COUNTS = Confusion(tp=8, fp=1, tn=9, fn=2)
SIDE = Side("r", COUNTS, {"auc": 0.9, "own": None}, {"region": {"EU ✓": COUNTS}})
WEIGHTED = replace(SIDE, weights=Weighted(8, 30, 10, 2), slice_weights={"region": {"EU ✓": Weighted(8, 30, 10, 2)}})


@pytest.mark.parametrize(("side", "fpr"), [(SIDE, 0.1), (WEIGHTED, 0.75)])
def test_numbers_are_those_of_the_report(side: Side, fpr: float) -> None:
    found = dict(list_metrics(ModelReport("pass", "train", candidate=side, baseline=side)))
    for before in ("", "baseline."):
        assert (found[f"{before}tp"], found[f"{before}auc"]) == (8, 0.9)
        assert (found[f"{before}fpr"], found[f"{before}fnr"]) == (pytest.approx(fpr), pytest.approx(0.2))
        assert found[f"{before}fpr/region/EU _"] == pytest.approx(fpr)
        assert f"{before}own" not in found

"""Mistakes in counts, and which of several failing gates is the worst."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.gates.values import GateResult
from ml_ci.reports import mistakes
from ml_ci.reports.sentences import why
from ml_ci.reports.values import ModelReport, Side

_OLD = Confusion(tp=431, fp=75, tn=874, fn=120)
_NEW = Confusion(tp=284, fp=142, tn=807, fn=267)
_FPR = GateResult("fpr <= baseline.fpr + 0.02", "fail", None, 142 / 949, 75 / 949 + 0.02, 75 / 949)
_FNR = GateResult("fnr <= baseline.fnr + 0.02", "fail", None, 267 / 551, 120 / 551 + 0.02, 120 / 551)


def model(*gates: GateResult, old: Confusion | None = _OLD, slices: dict[str, Confusion] | None = None) -> ModelReport:
    new = Side("new", _NEW, {}, {"plan": slices or {}})
    return ModelReport("fail", "train", candidate=new, baseline=old and Side("old", old, {}, {}), gates=gates)


@pytest.mark.parametrize(
    ("metric", "new", "old", "said"),
    [
        ("fnr", _NEW, _OLD, "misses 120 → 267 (+147 of 551)"),
        ("fpr", _NEW, _OLD, "false alarms 75 → 142 (+67 of 949)"),
        ("fnr", _OLD, _NEW, "misses 267 → 120 (−147 of 551)"),
        ("fnr", _NEW, _NEW, "misses 267 of 551 as before"),
        ("fnr", _NEW, None, "misses 267 of 551"),
        ("fnr", _NEW, Confusion(tp=1, fn=2), "misses 2 of 3 → 267 of 551"),
        ("fnr", _NEW, Confusion(fp=1, tn=2), "misses 267 of 551"),
        ("fnr", Confusion(fp=1, tn=2), _OLD, ""),
        ("auc", _NEW, _OLD, ""),
    ],
    ids=["more", "false alarms", "fewer", "as many", "alone", "other rows", "none before", "none now", "no mistakes"],
)
def test_counted(metric: str, new: Confusion, old: Confusion | None, said: str) -> None:
    assert mistakes.counted(metric, new, old) == said


@pytest.mark.parametrize(
    ("old", "said"),
    [
        (_OLD, "false alarms 75 → 142 of 949 (15.0%), misses 120 → 267 of 551 (48.5%)"),
        (_NEW, "false alarms 142 of 949 (15.0%) as before, misses 267 of 551 (48.5%) as before"),
        (None, "false alarms 142 of 949 (15.0%), misses 267 of 551 (48.5%)"),
    ],
    ids=["moved", "as before", "alone"],
)
def test_of_a_model_with_rates(old: Confusion | None, said: str) -> None:
    assert mistakes.of_model(model(old=old), rates=True) == said


def _each(part: Confusion) -> GateResult:
    return GateResult("each(fnr, by=plan) <= 0.1", "fail", "plan = a", part.fnr, 0.1)


_FEW, _MANY = Confusion(tp=1, fn=9), Confusion(tp=51, fn=449)
_AUC = GateResult("auc >= 0.9", "fail", None, 0.5, 0.9)
_F1 = GateResult("f1 >= 0.7", "fail", None, 0.6, 0.7)


@pytest.mark.parametrize(
    ("gates", "slices", "worst"),
    [
        ((_FPR, _FNR), {}, _FNR),
        ((_FNR, _FPR), {}, _FNR),
        ((_AUC, _FPR), {}, _FPR),
        ((_F1, _AUC), {}, _AUC),
        ((_each(_FEW), _FNR), {"a": _FEW}, _FNR),
        ((_FNR, _each(_MANY)), {"a": _MANY}, _each(_MANY)),
        ((replace(_FNR, value=None), _FPR), {}, _FPR),
        ((_FPR, replace(_FPR)), {}, _FPR),
    ],
    ids=[
        "the second",
        "the first",
        "mistakes before others",
        "others by their limits",
        "a slice of ten rows",
        "a slice of five hundred",
        "without a value",
        "equal ones",
    ],
)
def test_the_worst_gate_leads(gates: tuple[GateResult, ...], slices: dict[str, Confusion], worst: GateResult) -> None:
    assert mistakes.worst(model(*gates, slices=slices), list(gates)) == worst


def test_the_worst_is_told_with_the_mistakes_of_both_kinds() -> None:
    said = "".join(why(model(_FPR, _FNR)))
    assert said == (
        "Misses 120 → 267 (+147 of 551), false alarms 75 → 142 (+67 of 949): FNR 21.8% → 48.5%, limit +2.0 points."
    )
    other = "".join(why(model(_AUC)))
    assert other == "AUC 0.500, limit 0.900. False alarms 75 → 142 (+67 of 949), misses 120 → 267 (+147 of 551)."

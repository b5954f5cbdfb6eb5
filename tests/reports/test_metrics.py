"""Metrics are named, said in their unit, and know which way is better."""

from __future__ import annotations

import pytest

from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.metrics import arrow, better, counts_of, difference, said, title


@pytest.mark.parametrize(
    ("metric", "before", "after", "shown"),
    [
        ("fpr", 0.1, 0.2, "▲ worse"),
        ("fnr", 0.2, 0.1, "▼ better"),
        ("recall", 0.1, 0.2, "▲ better"),
        ("recall_at(fpr=0.01)", 0.2, 0.1, "▼ worse"),
        ("log_loss", 0.3, 0.2, "▼ better"),
        ("cost", 1.0, 2.0, "▲ worse"),
        ("seconds", 2.0, 1.0, "▼ better"),
        ("auc", 0.9, 0.8, "▼ worse"),
        ("prevalence", 0.3, 0.4, "▲"),
        ("profit_of_ours", 2.0, 1.0, "▼"),
        ("fpr", 0.1, 0.1, "="),
        ("fpr", None, 0.1, ""),
        ("fpr", 0.1, float("nan"), ""),
    ],
)
def test_arrows_know_the_direction(metric: str, before: float | None, after: float | None, shown: str) -> None:
    assert arrow(metric, before, after, told=True) == shown


@pytest.mark.parametrize(
    ("metric", "told", "shown"),
    [
        ("fpr", True, "▲ worse"),
        ("fpr", False, "≈"),
        ("fpr", None, "▲"),  # no test is known, or none was made: the way is no verdict
        ("profit_of_ours", False, "≈"),
        ("profit_of_ours", True, "▲"),
        ("seconds", None, "▲ worse"),  # what a job took is no sample of rows
    ],
)
def test_what_may_be_noise_is_neither_worse_nor_better(metric: str, told: bool | None, shown: str) -> None:
    assert arrow(metric, 0.1, 0.2, told) == shown
    assert (arrow(metric, 0.1, 0.1, told), arrow(metric, None, 0.1, told)) == ("=", "")


def test_each_metric_is_said_in_its_unit() -> None:
    assert said("fpr", [0.031, None]) == ["3.1%", "undefined"]
    assert said("auc", [0.9312]) == ["0.931"]
    assert said("rows", [1003.0]) == ["1,003"]
    assert said("seconds", [75.0]) == ["1 min 15 s"]
    assert said("megabytes", [12.34]) == ["12.3 MB"]
    assert said("cost", [2.567], "USD") == ["2.57 USD"]
    assert said("auc", [0.9481, 0.94812]) == ["0.94810", "0.94812"]
    assert difference("fnr", 0.075) == "+7.5 points"
    assert difference("auc", -0.022) == "−0.022"
    assert difference("rows", 1203) == "+1,203"
    assert difference("auc", None) == "undefined"
    assert difference("megabytes", 7.459) == "+7.5 MB"
    assert difference("milliseconds_per_row", -5.95) == "−6.0 ms"
    assert difference("seconds", 14.472) == "+14 s" and difference("seconds", -0.02) == "−20 ms"
    assert difference("cost", 2.567, "USD") == "+2.57 USD"


def test_titles() -> None:
    assert [title(name) for name in ("fpr", "log_loss", "f1", "my_metric")] == ["FPR", "log loss", "F1", "my_metric"]
    assert better("my_metric") == "neither"


def test_counts_behind_a_rate() -> None:
    confusion = Confusion(tp=322, fp=31, tn=972, fn=80)
    assert counts_of("fpr", confusion) == (31, 1003)
    assert counts_of("fnr", confusion) == (80, 402)
    assert counts_of("precision", confusion) == (322, 353)
    assert counts_of("auc", confusion) is None

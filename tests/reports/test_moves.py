"""Both values and their difference agree, whatever was rounded."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ml_ci.evaluation.confusion import Confusion
from ml_ci.reports.moves import moved
from ml_ci.reports.prices import price
from ml_ci.reports.values import ModelReport, Side
from ml_ci.spec.values import Cost


@pytest.mark.parametrize(
    ("metric", "before", "after", "said", "change", "arrow"),
    [
        ("fnr", 50 / 402, 80 / 402, ("12.4%", "19.9%"), "+7.5 points", "▲ worse"),
        ("fpr", 0.0034, 0.0046, ("0.34%", "0.46%"), "+0.12 points", "▲ worse"),
        ("fpr", 0.0309, 0.03091, ("3.090%", "3.091%"), "+0.001 points", "▲ worse"),
        ("precision", 0.7204, 0.4979, ("72.0%", "49.8%"), "−22.2 points", "▼ worse"),
        ("auc", 0.935781, 0.935775, ("0.936", "0.936"), "", "="),
        ("auc", 0.93551, 0.93549, ("0.935", "0.935"), "", "="),
        ("log_loss", 0.1191, 0.1187, ("0.119", "0.119"), "", "="),
        ("auc", 0.9142, 0.9116, ("0.9142", "0.9116"), "−0.0026", "▼ worse"),
        ("auc", 0.95, 0.93, ("0.950", "0.930"), "−0.020", "▼ worse"),
        ("f1", 0.75344, 0.75301, ("75.3%", "75.3%"), "", "="),
        ("auc", None, 0.9, ("undefined", "0.900"), "", ""),
        ("fpr", 0.1, 0.1, ("10.0%", "10.0%"), "", "="),
        ("cost", 1.5, 2.25, ("1.50", "2.25"), "+0.75", "▲ worse"),
    ],
    ids=[
        "points",
        "rounded apart",
        "one row of many",
        "one digit off",
        "noise",
        "noise across a rounding",
        "better by noise",
        "four digits",
        "three digits",
        "no rate of counts",
        "undefined",
        "equal",
        "money",
    ],
)
def test_moved(
    metric: str, before: float | None, after: float | None, said: tuple[str, str], change: str, arrow: str
) -> None:
    move = moved(metric, before, after, told=True)
    assert (move.said, move.change, move.arrow) == (said, change, arrow)


def _number(text: str) -> Decimal:
    return Decimal(text.replace("−", "-").removesuffix("%").removesuffix(" points"))


# Any rate of counted rows before and after: far apart, next to one another, and at both ends.
_MILLIONTHS = st.integers(0, 10**6).map(lambda number: number / 10**6)
_RATES = st.integers(1, 10**7).flatmap(
    lambda rows: st.tuples(
        st.just(rows),
        st.integers(0, rows),
        st.integers(0, rows) | st.sampled_from([0, 1, rows - 1, rows]),
    )
)


@given(_RATES, st.integers(-2, 2), st.sampled_from(["fpr", "fnr", "recall", "accuracy", "precision"]))
@example((997, 3, 5), 0, "fpr")  # FPR 0.3% → 0.5% +0.1 points
@example((4001, 3164, 4000), 0, "recall")
@example((10**6, 1, 215_411), 0, "fpr")
def test_the_difference_is_that_of_the_numbers_that_are_shown(
    rates: tuple[int, int, int], near: int, metric: str
) -> None:
    rows, before, after = rates
    after = min(max(before + near, 0), rows) if near else after
    move = moved(metric, before / rows, after / rows, told=True)
    if before == after:
        assert (move.change, move.arrow) == ("", "=")
        return
    was, now = map(_number, move.said)
    assert now - was == _number(move.change) != 0
    assert abs(_number(move.change) - Decimal(100 * (after - before)) / rows) < Decimal("0.1")


@given(_MILLIONTHS, _MILLIONTHS, st.sampled_from(["auc", "log_loss", "brier", "f1"]))
def test_so_it_is_for_every_other_metric(before: float, after: float, metric: str) -> None:
    move = moved(metric, before, after)
    was, now = map(_number, move.said)
    assert now - was == (_number(move.change) if move.change else 0)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 500), st.integers(1, 500))
def test_so_it_is_for_the_price_of_a_change(before: int, after: int, fp: int, fn: int) -> None:
    sides = [Side("a", Confusion(tp=9, fp=number, tn=2000 - number, fn=1), {}, {}) for number in (after, before)]
    said = price(ModelReport("pass", "train", (), sides[0], sides[1], cost=Cost(fp, fn, "USD")))
    found = re.search(r"(?:costs|saves) ([0-9.]+) USD a row \(([0-9.]+) → ([0-9.]+)\)", said)
    if before == after:
        assert "costs nothing" in said
        return
    if "next to nothing" in said:
        assert abs(after - before) * fp / 2010 < 0.005
        return
    assert found, said
    change, was, now = map(Decimal, found.groups())
    assert abs(now - was) == change

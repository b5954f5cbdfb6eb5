"""Both values and their difference agree, whatever was rounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.moves import moved


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
    move = moved(metric, before, after)
    assert (move.said, move.change, move.arrow) == (said, change, arrow)


def _number(text: str) -> float:
    return float(text.replace("−", "-").removesuffix("%").removesuffix(" points"))


@given(st.integers(0, 997), st.integers(0, 997))
def test_the_difference_is_that_of_the_numbers_that_are_shown(before: int, after: int) -> None:
    move = moved("fnr", before / 997, after / 997)
    if before == after:
        assert (move.change, move.arrow) == ("", "=")
        return
    was, now = map(_number, move.said)
    assert round(now - was, 6) == round(_number(move.change), 6) != 0

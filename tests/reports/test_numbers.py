"""Numbers are said so that nobody is misled."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.reports.numbers import (
    count,
    decimal,
    defined,
    duration,
    percent,
    percents,
    points,
    share,
    signed,
)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.124, "12.4%"),
        (0.0, "0.0%"),
        (-0.0, "0.0%"),
        (1.0, "100.0%"),
        (0.0003, "0.03%"),
        (0.00001234, "0.001%"),
        (0.9997, "99.97%"),
        (0.99999, "99.999%"),
        (1e-9, "<0.000001%"),
        (1 - 1e-12, ">99.999999%"),
        (-0.05, "−5.0%"),
        (None, "undefined"),
        (math.nan, "undefined"),
        (math.inf, "undefined"),
    ],
)
def test_percent(rate: float | None, said: str) -> None:
    assert percent(rate) == said


def test_rates_that_are_compared_are_told_apart() -> None:
    assert percents([0.19951, 0.2]) == ["19.95%", "20.00%"]
    assert percents([0.124, 0.2, None]) == ["12.4%", "20.0%", "undefined"]


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        (0.01, "+1.0 points"),
        (0.21 - 0.2, "+1.0 points"),
        (-0.075, "−7.5 points"),
        (0.0, "0.0 points"),
        (0.0001, "+0.01 points"),
        (None, "undefined"),
    ],
)
def test_points(delta: float | None, said: str) -> None:
    assert points(delta) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 ms"),
        (0.02, "20 ms"),
        (1.24, "1.2 s"),
        (9.97, "10 s"),
        (12.3, "12 s"),
        (59.7, "1 min"),
        (125, "2 min 5 s"),
        (3780, "1 h 3 min"),
        (7200, "2 h"),
        (None, "undefined"),
        (math.nan, "undefined"),
    ],
)
def test_duration(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


def test_counts_and_decimals_have_separators() -> None:
    assert count(1003) == "1,003"
    assert share(31, 1003) == "31 of 1,003"
    assert decimal(1234.5) == "1,234.500"
    assert decimal(0.0) == "0.000"
    assert decimal(-1e-9) == "−1.0e−09"
    assert signed(0.01) == "+0.010"
    assert signed(-0.02) == "−0.020"
    assert signed(0.0) == "0.000"
    assert signed(None) == "undefined"


@given(st.floats(min_value=0, max_value=1))
def test_only_zero_looks_like_zero_and_only_one_like_one(rate: float) -> None:
    said = percent(rate)
    assert (said == "0.0%") == (rate == 0)
    assert (said == "100.0%") == (rate == 1)


@given(st.floats() | st.none())
def test_every_number_is_said_shortly(value: float | None) -> None:
    for said in (percent(value), decimal(value), signed(value), points(value)):
        assert 0 < len(said) < 40
        assert defined(value) is not None or said == "undefined"

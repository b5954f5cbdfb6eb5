from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_ci.tables.canonical import brief, canonical, same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (1, "1.000e+00"),
        ("1", " 1.0 "),
        ("+1", "01"),
        (0, "-0.0"),
        ("0.10", "1e-1"),
        (".5", 0.5),
        ("100", "1e2"),
        (1e30, "1" + "0" * 30),
        (True, "TRUE"),
        ("False", " false"),
        (" yes ", "yes"),
    ],
)
def test_equal(left: object, right: object) -> None:
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Yes", "yes"),
        (True, 1),
        ("true", "1"),
        ("nan", "0"),
        ("inf", "1e999"),
        ("1_0", "10"),
        ("12345678901234567890", "12345678901234567891"),
        ("1", "-1"),
        ("", "0"),
        ("1 2", "12"),
        ("١", "1"),
    ],
)
def test_different(left: object, right: object) -> None:
    assert canonical(left) != canonical(right)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_equals_itself_however_written(number: float) -> None:
    assert canonical(number) == canonical(repr(number))


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30))
def test_integers_are_equal_only_when_they_are(left: int, right: int) -> None:
    assert (canonical(left) == canonical(f"{right}.0")) == (left == right)


@given(st.text())
def test_canonical_is_its_own(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


def test_same() -> None:
    assert canonical("1e0") in same([1, "yes"])
    assert canonical("no") not in same([1, "yes"])


def test_brief() -> None:
    assert brief("short") == "'short'"
    assert brief("x" * 50) == repr("x" * 40) + "…"
